/* SPDX-License-Identifier: BSD-2-Clause */
/* spate gen: the tester. */
#ifndef CMD_GEN_CMD_GEN_H
#define CMD_GEN_CMD_GEN_H

#include "cmd.h"

extern cmd_fn cmd_gen;

#endif
