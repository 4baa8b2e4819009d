/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a program may do wrong in its memory.  It harms itself: its sockets are
 * closed and it is cut off.
 */
#ifndef SOCKET_APP_FAULT_H
#define SOCKET_APP_FAULT_H

#define APP_FAULTS(X)                                                          \
	X(APP_SOUND, "nothing wrong")                                          \
	X(APP_F_HEAD, "more in a pipe than fits, or less than there was")      \
	X(APP_F_REC, "a record in a pipe that goes beyond what was put")       \
	X(APP_F_TAIL, "more events taken than there were, or fewer than once") \
	X(APP_F_RCV, "more data consumed than came, or less than once")

#define X(name, text) name,
enum app_fault { APP_FAULTS(X) APP_NFAULTS };
#undef X

/* In words. */
const char *app_fault_text(enum app_fault);

#endif
