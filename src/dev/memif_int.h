/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Shared by the files of the memif driver.
 *
 * An interface is open whether or not there is a peer.  A control connection
 * (memif_conn) negotiates; when it is done, what was agreed on (memif_link:
 * regions and rings) is published to the CPUs and the carrier is up.  When the
 * peer goes, is cut off, or the interface closes, the pointers are taken away,
 * and the link is freed after a grace period.  All but the rings is ctl's.
 *
 *	I	immutable after memif_open(); of a link: after it is published
 *	C	ctl only
 *	P	published by ctl; valid until the end of the reader's round
 */
#ifndef DEV_MEMIF_INT_H
#define DEV_MEMIF_INT_H

#include <sys/un.h>

#include "dev/memif.h"
#include "dev/memif_msg.h"
#include "dev/memif_ring.h"
#include "dev/open.h"
#include "if/if.h"

#define MEMIF_WHY 160u /* a reason, in words */

struct memif_listener;
struct memif_softc;

/* What two sides agreed on. */
struct memif_link {
	struct memif_softc *ml_sc; /* [C] that waits for its end; or NULL */
	struct memif_region ml_region[MEMIF_REGIONS]; /* [I] */
	unsigned ml_nregion; /* [I] */
	unsigned ml_nrx; /* [I] rings to us … */
	unsigned ml_ntx; /* [I] … and from us */
	unsigned ml_ring; /* [I] descriptors of the first one */
	struct memif_ring *ml_rx; /* [I] IF_MAXQUEUES, or less */
	struct memif_ring *ml_tx; /* [I] */
	int ml_memfd; /* [C] client: the region; else -1 */
};

/* Which message a side waits for; a client sends the next by the count. */
enum memif_state {
	MEMIFS_HELLO, /* client: HELLO */
	MEMIFS_ACK, /* client: ACK of message mc_step */
	MEMIFS_CONNECTED, /* client: CONNECTED */
	MEMIFS_INIT, /* server: INIT */
	MEMIFS_SETUP, /* server: ADD_REGION, ADD_RING, CONNECT */
	MEMIFS_UP, /* either: DISCONNECT */
};

struct memif_conn {
	int mc_fd; /* [C] */
	enum memif_state mc_state; /* [C] */
	unsigned mc_step; /* [C] client: messages sent behind HELLO */
	uint64_t mc_until; /* [C] it must be up by then */
	struct memif_softc *mc_sc; /* [C] NULL: not yet known which */
	struct memif_link *mc_link; /* [C] in the making, or published */
	struct memif_listener *mc_listener; /* [C] server */
	struct memif_conn *mc_next; /* [C] of the listener's */
	bool mc_held; /* [C] mc_msg is to be looked at again */
	int mc_msgfd; /* [C] what came with mc_msg; or -1 */
	struct memif_msg mc_msg; /* [C] */
	char mc_peer[MEMIF_NAMELEN + 1]; /* [C] the peer's program … */
	char mc_peerif[MEMIF_NAMELEN + 1]; /* [C] … and interface */
	char mc_why[MEMIF_WHY]; /* [C] it ended; empty: it did not */
	bool mc_theirs; /* [C] it was the peer who ended it */
};

/* A socket that servers of one or more interfaces share. */
struct memif_listener {
	struct memif_listener *mn_next; /* [C] ctl_memif is the first */
	struct spate *mn_sp; /* [I] */
	char mn_socket[MEMIF_PATHLEN]; /* [I] */
	int mn_fd; /* [I] */
	struct memif_softc *mn_sc; /* [C] its interfaces, by ms_next */
	struct memif_conn *mn_new; /* [C] those that have not said INIT */
	unsigned mn_nnew; /* [C] */
	struct lograte mn_rate; /* [C] of messages about strangers */
};

struct memif_rxq {
	alignas(LINEPAIR) _Atomic(struct memif_ring *) mq_ring; /* [P] */
	int mq_epfd; /* [I] readable when the peer tells */
	struct memif_count mq_count; /* see there */
};

struct memif_txq {
	alignas(LINEPAIR) _Atomic(struct memif_ring *) mq_ring; /* [P] */
	struct memif_count mq_count; /* see there */
};

struct memif_softc {
	struct spate *ms_sp; /* [I] */
	struct memif_softc *ms_next; /* [C] of the listener's */
	struct memif_listener *ms_listener; /* [I] server */
	uint16_t ms_index; /* [I] of the interface */
	char ms_name[IF_NAMELEN]; /* [I] */
	char ms_socket[MEMIF_PATHLEN]; /* [I] */
	uint32_t ms_id; /* [I] */
	bool ms_client; /* [I] */
	unsigned ms_nq; /* [I] at most, each way */
	unsigned ms_ring; /* [I] client */
	unsigned ms_buffer; /* [I] client */
	uint8_t ms_secret[MEMIF_SECRETLEN]; /* [I] */
	struct memif_rxq *ms_rxq; /* [I] ms_nq of them */
	struct memif_txq *ms_txq; /* [I] ms_nq of them */
	struct timer ms_timer; /* [C] */
	struct memif_conn *ms_conn; /* [C] that may be, or is, up; or NULL */
	struct memif_link *ms_old; /* [C] of which CPUs may still know */
	uint64_t ms_retry; /* [C] client: when to connect again */
	uint64_t ms_connects; /* [C] how often it was up */
	uint64_t ms_cut; /* [C] peers that wrote rubbish */
	uint64_t ms_bad; /* [C] messages that made no sense */
	char ms_said[MEMIF_WHY]; /* [C] the last trouble */
	bool ms_quiet; /* [C] which was logged, and nothing good since */
};

/* memif_shm.c: memory. */

struct memif_link *memif_link_alloc(unsigned nrx, unsigned ntx);

/* Unmaps; closes events.  Nobody uses it any more. */
void memif_link_free(struct memif_link *);

/* Client: memory and events for all of its rings.  Errno value. */
int memif_link_make(struct memif_link *, unsigned ring, unsigned buffer);

/*
 * Server: map what the peer sent.  fd stays the caller's.  false: why says
 * what is wrong.
 */
bool memif_region_map(struct memif_link *, unsigned index, uint64_t size,
    int fd, char why[static MEMIF_WHY]);

/*
 * Server: a ring in mapped memory.  fd is the link's from then on if it
 * succeeds.
 */
bool memif_ring_place(struct memif_link *, const struct memif_msg *, int fd,
    char why[static MEMIF_WHY]);

/* memif_conn.c: a connection. */

struct memif_conn *memif_conn_create(int fd, enum memif_state) ON_CTL;

/* Tell the peer why, if that is known and not its own doing; close. */
void memif_conn_destroy(struct memif_conn *) ON_CTL;

/* Read and answer what came.  mc_why is set when it is at its end. */
void memif_conn_step(struct ctl *, struct memif_conn *) ON_CTL;

/* It ends, for a reason. */
void memif_conn_end(struct memif_conn *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* One message.  Errno value. */
int memif_conn_send(const struct memif_conn *, const struct memif_msg *,
    int fd);

/* memif_server.c, memif_client.c: a message in a state of that role. */
void memif_server_input(struct ctl *, struct memif_conn *) ON_CTL;
void memif_client_input(struct ctl *, struct memif_conn *) ON_CTL;

/* Server: the socket of sc, which may be another's too. */
int memif_listen(struct ctl *, struct memif_softc *, char *err,
    size_t errlen) ON_CTL;
void memif_unlisten(struct ctl *, struct memif_softc *) ON_CTL;

/* Take new connections, step them. */
void memif_listener_step(struct ctl *, struct memif_listener *) ON_CTL;

/* Client: try to connect. */
void memif_client_connect(struct ctl *, struct memif_softc *) ON_CTL;

/* memif_up.c: between connection and interface. */

/* The link of its connection is agreed on: CPUs may use it. */
void memif_up(struct memif_softc *) ON_CTL;

/* What becomes of an interface, now. */
void memif_step(struct ctl *, struct memif_softc *) ON_CTL;

/* Has its connection, if any, come to an end? */
void memif_look(struct ctl *, struct memif_softc *) ON_CTL;

/* The connection, if any, ends; CPUs lose its rings. */
void memif_down(struct memif_softc *) ON_CTL;

/* Something is wrong: remember it, log it if it is new. */
void memif_trouble(struct memif_softc *, const char *why) ON_CTL;

#endif
