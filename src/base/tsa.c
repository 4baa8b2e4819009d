/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The role markers; only their addresses matter, and only to the compiler.
 */
#include "base/tsa.h"

struct role on_cpu;
struct role on_ctl;
