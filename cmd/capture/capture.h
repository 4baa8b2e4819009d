/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CMD_CAPTURE_CAPTURE_H
#define CMD_CAPTURE_CAPTURE_H

#include "cmd.h"

cmd_fn cmd_capture;

#endif
