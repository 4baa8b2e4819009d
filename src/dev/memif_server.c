/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memif, server: listens, and uses the memory that clients bring.
 *
 * Interfaces that name the same socket share it; which of them a client wants
 * it says by the interface's id.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dev/memif_int.h"

#define STRANGERS 16u /* that have not said INIT, at a time */
#define RATE_NS	  (10 * NS_S) /* of messages about them */

static struct memif_softc *ON_CTL
server_find(const struct memif_listener *mn, uint32_t id)
{
	struct memif_softc *ms;

	for (ms = mn->mn_sc; ms != NULL; ms = ms->ms_next)
		if (ms->ms_id == id)
			break;
	return ms;
}

/* In the same time whatever it is. */
static bool
secret_same(const uint8_t a[static MEMIF_SECRETLEN],
    const uint8_t b[static MEMIF_SECRETLEN])
{
	unsigned i, differ = 0;

	for (i = 0; i < MEMIF_SECRETLEN; i++)
		differ |= a[i] ^ (unsigned)b[i];
	return differ == 0;
}

static void ON_CTL
server_send(struct memif_conn *mc, const struct memif_msg *mm)
{
	int error = memif_conn_send(mc, mm, -1);

	if (error != 0)
		memif_conn_end(mc, "cannot send %s: %s",
		    memif_msg_name(mm->mm_type), strerror(error));
}

static void ON_CTL
server_ack(struct memif_conn *mc)
{
	struct memif_msg mm = { .mm_type = MEMIF_ACK };

	server_send(mc, &mm);
}

/* Who it is, and whether it may; NULL: it ended, or has to wait. */
static struct memif_softc *ON_CTL
server_admit(struct ctl *ctl, struct memif_conn *mc)
{
	const struct memif_msg *mm = &mc->mc_msg;
	struct memif_softc *ms = server_find(mc->mc_listener, mm->mm_id);

	if (mm->mm_version >> 8 != MEMIF_VERSION >> 8)
		memif_conn_end(mc, "version %u.%u, not 2.0",
		    mm->mm_version >> 8, mm->mm_version & 0xffu);
	else if (mm->mm_mode != MEMIF_ETHERNET)
		memif_conn_end(mc, "mode %u, not 0 (Ethernet)", mm->mm_mode);
	else if (ms == NULL)
		memif_conn_end(mc, "no interface of id %u here", mm->mm_id);
	else if (!secret_same(ms->ms_secret, mm->mm_secret))
		memif_conn_end(mc, "another secret");
	if (mc->mc_why[0] != '\0')
		return NULL;
	/* Has the last one gone? */
	memif_look(ctl, ms);
	if (ms->ms_conn != NULL) {
		memif_conn_end(mc, "interface of id %u is connected already",
		    mm->mm_id);
		return NULL;
	}
	mc->mc_held = ms->ms_old != NULL;
	return mc->mc_held ? NULL : ms;
}

static void ON_CTL
server_init(struct ctl *ctl, struct memif_conn *mc)
{
	struct memif_softc *ms;

	if (mc->mc_msg.mm_type != MEMIF_INIT) {
		memif_conn_end(mc, "%s, not INIT",
		    memif_msg_name(mc->mc_msg.mm_type));
		return;
	}
	if ((ms = server_admit(ctl, mc)) == NULL)
		return;
	if ((mc->mc_link = memif_link_alloc(ms->ms_nq, ms->ms_nq)) == NULL) {
		memif_conn_end(mc, "no memory");
		return;
	}
	memcpy(mc->mc_peer, mc->mc_msg.mm_name, sizeof(mc->mc_peer));
	mc->mc_state = MEMIFS_SETUP;
	mc->mc_sc = ms;
	ms->ms_conn = mc;
	server_ack(mc);
}

/* How many rings there are, from the first on; UINT_MAX: there is a gap. */
static unsigned
server_rings(const struct memif_ring *mr, unsigned n)
{
	unsigned i, k;

	for (k = 0; k < n && mr[k].mr_wire != NULL; k++)
		continue;
	for (i = k; i < n; i++)
		if (mr[i].mr_wire != NULL)
			return UINT_MAX;
	return k;
}

static void ON_CTL
server_connect(struct memif_conn *mc)
{
	struct memif_link *ml = mc->mc_link;
	unsigned nrx = server_rings(ml->ml_rx, ml->ml_nrx);
	unsigned ntx = server_rings(ml->ml_tx, ml->ml_ntx);
	struct memif_msg mm = { .mm_type = MEMIF_CONNECTED };

	if (nrx == 0 || ntx == 0 || nrx == UINT_MAX || ntx == UINT_MAX) {
		memif_conn_end(mc, "the peer left out rings");
		return;
	}
	/* No more than these are closed in the end: the others have nothing. */
	ml->ml_nrx = nrx;
	ml->ml_ntx = ntx;
	ml->ml_ring = ml->ml_rx[0].mr_size;
	memcpy(mc->mc_peerif, mc->mc_msg.mm_name, sizeof(mc->mc_peerif));
	memif_up(mc->mc_sc);
	snprintf(mm.mm_name, sizeof(mm.mm_name), "%s", mc->mc_sc->ms_name);
	if (mc->mc_why[0] == '\0')
		server_send(mc, &mm);
}

static void ON_CTL
server_setup(struct memif_conn *mc)
{
	const struct memif_msg *mm = &mc->mc_msg;
	char why[MEMIF_WHY];
	bool good;

	switch (mm->mm_type) {
	case MEMIF_ADD_REGION:
		good = memif_region_map(mc->mc_link, mm->mm_index,
		    mm->mm_size, mc->mc_msgfd, why);
		break;
	case MEMIF_ADD_RING:
		good = memif_ring_place(mc->mc_link, mm, mc->mc_msgfd, why);
		if (good)
			mc->mc_msgfd = -1;
		break;
	case MEMIF_CONNECT:
		server_connect(mc);
		return;
	default:
		memif_conn_end(mc, "the peer sent %s while it set up",
		    memif_msg_name(mm->mm_type));
		return;
	}
	if (good)
		server_ack(mc);
	else
		memif_conn_end(mc, "%s", why);
}

void
memif_server_input(struct ctl *ctl, struct memif_conn *mc)
{
	if (mc->mc_state == MEMIFS_INIT)
		server_init(ctl, mc);
	else
		server_setup(mc);
}

static void ON_CTL
server_hello(struct memif_listener *mn, struct memif_conn *mc)
{
	struct memif_msg mm = { .mm_type = MEMIF_HELLO,
		.mm_version = MEMIF_VERSION,
		.mm_versionmax = MEMIF_VERSION,
		.mm_maxregion = MEMIF_REGIONS - 1,
		.mm_log2 = MEMIF_LOG2_MAX };
	const struct memif_softc *ms;
	unsigned nq = 1;

	/* Nobody knows yet which interface it is for. */
	for (ms = mn->mn_sc; ms != NULL; ms = ms->ms_next)
		nq = umax(nq, ms->ms_nq);
	mm.mm_maxm2s = mm.mm_maxs2m = (uint16_t)(nq - 1);
	snprintf(mm.mm_name, sizeof(mm.mm_name), "Spate");
	server_send(mc, &mm);
}

static void ON_CTL
listener_accept(struct memif_listener *mn)
{
	struct memif_conn *mc;
	int fd;

	while (mn->mn_nnew < STRANGERS && (fd = accept4(mn->mn_fd, NULL, NULL,
	    SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0) {
		if ((mc = memif_conn_create(fd, MEMIFS_INIT)) == NULL) {
			close(fd);
			return;
		}
		mc->mc_listener = mn;
		mc->mc_next = mn->mn_new;
		mn->mn_new = mc;
		mn->mn_nnew++;
		server_hello(mn, mc);
	}
}

/* A stranger, of whom no interface remembers anything. */
static void ON_CTL
listener_refused(struct ctl *ctl, struct memif_listener *mn,
    const struct memif_conn *mc)
{
	uint64_t held;

	if (!lograte_pass(&mn->mn_rate, ctl->ctl_now, RATE_NS, &held))
		return;
	log_warn(&mn->mn_sp->sp_env.env_log, "memif %s: a client was refused: "
	    "%s%s", mn->mn_socket, mc->mc_why,
	    held > 0 ? " (and others before)" : "");
}

void
memif_listener_step(struct ctl *ctl, struct memif_listener *mn)
{
	struct memif_conn **mcp, *mc;

	listener_accept(mn);
	for (mcp = &mn->mn_new; (mc = *mcp) != NULL;) {
		memif_conn_step(ctl, mc);
		if (mc->mc_sc == NULL && mc->mc_why[0] == '\0') {
			mcp = &mc->mc_next;
			continue;
		}
		*mcp = mc->mc_next;
		mn->mn_nnew--;
		if (mc->mc_sc != NULL)
			continue; /* the interface's from now on */
		if (!mc->mc_theirs)
			listener_refused(ctl, mn, mc);
		memif_conn_destroy(mc);
	}
}

static int ON_CTL
listener_open(struct memif_listener *mn, const struct memif_softc *ms,
    char *err, size_t errlen)
{
	const struct opener *op = opener_of(ms->ms_sp);
	struct open_req req;
	struct open_res os;
	int error, fds[OPEN_MAXFDS];

	open_req_init(&req, OPEN_MEMIF_LISTEN, ms->ms_name);
	memccpy(req.or_path, ms->ms_socket, '\0', sizeof(req.or_path));
	error = op->op_open(op, &req, -1, &os, fds, countof(fds));
	if (error != 0)
		snprintf(err, errlen, "%s", os.os_text);
	else
		mn->mn_fd = fds[0];
	return error;
}

static int ON_CTL
listener_create(struct ctl *ctl, const struct memif_softc *ms,
    struct memif_listener **mnp, char *err, size_t errlen)
{
	struct memif_listener *mn;
	int error;

	if ((mn = calloc(1, sizeof(*mn))) == NULL)
		return ENOMEM;
	mn->mn_sp = ms->ms_sp;
	memccpy(mn->mn_socket, ms->ms_socket, '\0', sizeof(mn->mn_socket));
	if ((error = listener_open(mn, ms, err, errlen)) != 0) {
		free(mn);
		return error;
	}
	mn->mn_next = ctl->ctl_memif;
	ctl->ctl_memif = mn;
	*mnp = mn;
	return 0;
}

int
memif_listen(struct ctl *ctl, struct memif_softc *ms, char *err, size_t errlen)
{
	struct memif_listener *mn;
	const struct memif_softc *other;
	int error;

	for (mn = ctl->ctl_memif; mn != NULL; mn = mn->mn_next)
		if (strcmp(mn->mn_socket, ms->ms_socket) == 0)
			break;
	if (mn == NULL) {
		error = listener_create(ctl, ms, &mn, err, errlen);
		if (error != 0)
			return error;
	}
	if ((other = server_find(mn, ms->ms_id)) != NULL) {
		snprintf(err, errlen, "%s: id %u on %s is interface %s",
		    ms->ms_name, ms->ms_id, ms->ms_socket, other->ms_name);
		return EBUSY;
	}
	ms->ms_listener = mn;
	ms->ms_next = mn->mn_sc;
	mn->mn_sc = ms;
	return 0;
}

static void ON_CTL
listener_destroy(struct ctl *ctl, struct memif_listener *mn,
    const struct memif_softc *ms)
{
	const struct opener *op = opener_of(ms->ms_sp);
	struct memif_listener **mnp;
	struct memif_conn *mc;
	struct open_req req;
	struct open_res os;

	for (mnp = &ctl->ctl_memif; *mnp != mn; mnp = &(*mnp)->mn_next)
		continue;
	*mnp = mn->mn_next;
	while ((mc = mn->mn_new) != NULL) {
		mn->mn_new = mc->mc_next;
		memif_conn_destroy(mc);
	}
	/* Closed first: the file is removed if nobody listens. */
	close(mn->mn_fd);
	open_req_init(&req, OPEN_MEMIF_REMOVE, ms->ms_name);
	memccpy(req.or_path, mn->mn_socket, '\0', sizeof(req.or_path));
	(void)op->op_open(op, &req, -1, &os, NULL, 0);
	free(mn);
}

void
memif_unlisten(struct ctl *ctl, struct memif_softc *ms)
{
	struct memif_listener *mn = ms->ms_listener;
	struct memif_softc **msp;

	for (msp = &mn->mn_sc; *msp != ms; msp = &(*msp)->ms_next)
		continue;
	*msp = ms->ms_next;
	ms->ms_listener = NULL;
	if (mn->mn_sc == NULL)
		listener_destroy(ctl, mn, ms);
}
