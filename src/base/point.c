/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The hook of the interleaving points; see point.h.
 */
#include "base/point.h"

_Thread_local void (*sim_point_hook)(enum sim_point);
