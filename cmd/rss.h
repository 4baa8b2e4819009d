/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef CMD_RSS_H
#define CMD_RSS_H

#include "cmd.h"

cmd_fn cmd_rss;

#endif
