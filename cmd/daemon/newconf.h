/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How a new configuration comes to the child, which can open no file: it asks
 * the parent, over a socket of their own; the parent reads the file and what
 * it includes, checks it, and sends what it has read, in a file without a name.
 * The child reads that as if it were the files themselves, so that each thing
 * of it still knows its place.  The parent keeps what it has read: it opens the
 * devices that are named there, and takes no word of the child's for it.
 */
#ifndef CMD_DAEMON_NEWCONF_H
#define CMD_DAEMON_NEWCONF_H

#include <stdint.h>

#include "ctl/conf/conf.h"

/* Messages, each a datagram. */
enum newconf_kind {
	/* of the child */
	NEWCONF_FETCH = 1, /* read the file again */
	NEWCONF_KEEPNEW, /* the one read last runs for good */
	NEWCONF_KEEPOLD, /* it will not run, or not any more */
	/* of the parent */
	NEWCONF_FILES, /* a descriptor: what was read, and is right */
	NEWCONF_ERRORS, /* a descriptor: what is wrong, lines of text */
	NEWCONF_FAILED, /* nm_error: it could not be sent */
	NEWCONF_SIGNAL, /* somebody wishes a reload by SIGHUP */
};

struct newconf_msg {
	uint32_t nm_kind; /* enum newconf_kind */
	uint32_t nm_error;
	uint64_t nm_size; /* of the file */
};

/*
 * Send or receive one message; fd: of a file, or -1.  A received descriptor
 * is the caller's.  0 or an errno value; EPIPE: the other side is gone.
 */
int newconf_send(int sock, const struct newconf_msg *, int fd);
int newconf_receive(int sock, struct newconf_msg *, int *fd);

/* The parent's side. */
struct newconf {
	const char *nc_path; /* of the file */
	int nc_sock; /* -1: the child is gone */
	struct conf *nc_conf; /* runs, as far as is known */
	struct conf *nc_next; /* was read last and may run; or NULL */
};

/* The child has said something.  0, or an errno value: it is gone. */
int newconf_serve(struct newconf *);

/* Tell the child that SIGHUP came. */
void newconf_signal(const struct newconf *);

void newconf_fini(struct newconf *);

#endif
