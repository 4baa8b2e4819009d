/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CMD_TRACE_H
#define CMD_TRACE_H

#include "cmd.h"

cmd_fn cmd_explain;
cmd_fn cmd_trace;

#endif
