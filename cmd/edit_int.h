/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What edit.c and edit_batch.c share.
 */
#ifndef CMD_EDIT_INT_H
#define CMD_EDIT_INT_H

#include <jansson.h>

/*
 * The request that the words behind "spate route" are.  NULL: they are none,
 * which has been told on standard error, beginning with where they stand.
 */
json_t *edit_route_request(int argc, char **argv, const char *where);

/*
 * All changes of a file ("-": standard input).  path: of the control socket.
 * Returns the exit status.
 */
int edit_batch(const char *path, const char *file);

#endif
