/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A packet that told what became of it, as text.
 */
#ifndef CMD_TOLD_H
#define CMD_TOLD_H

#include <jansson.h>
#include <stdio.h>

/* One of the daemon's, as src/ctl/told.h says; what it lacks is left out. */
void told_print(const json_t *told, FILE *);

#endif
