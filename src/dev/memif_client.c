/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * memif, client: connects, and makes the shared memory.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "dev/memif_int.h"

#define RETRY_NS (1 * NS_S)

/* Errno value: nothing more can be said then. */
static void ON_CTL
client_send(struct memif_conn *mc, const struct memif_msg *mm, int fd)
{
	int error = memif_conn_send(mc, mm, fd);

	if (error != 0)
		memif_conn_end(mc, "cannot send %s: %s",
		    memif_msg_name(mm->mm_type), strerror(error));
}

static void ON_CTL
client_init(struct memif_conn *mc)
{
	const struct memif_softc *ms = mc->mc_sc;
	struct memif_msg mm = { .mm_type = MEMIF_INIT,
		.mm_version = MEMIF_VERSION,
		.mm_id = ms->ms_id,
		.mm_mode = MEMIF_ETHERNET };

	snprintf(mm.mm_name, sizeof(mm.mm_name), "Spate");
	memcpy(mm.mm_secret, ms->ms_secret, sizeof(mm.mm_secret));
	client_send(mc, &mm, -1);
}

/* What the server takes, and no more than that. */
static void ON_CTL
client_hello(struct memif_conn *mc)
{
	const struct memif_msg *mm = &mc->mc_msg;
	const struct memif_softc *ms = mc->mc_sc;
	unsigned ring = ms->ms_ring;
	int error = ENOMEM;

	if (mm->mm_version > MEMIF_VERSION ||
	    mm->mm_versionmax < MEMIF_VERSION) {
		memif_conn_end(mc, "the peer speaks versions %u.%u to %u.%u, "
		    "not 2.0", mm->mm_version >> 8, mm->mm_version & 0xffu,
		    mm->mm_versionmax >> 8, mm->mm_versionmax & 0xffu);
		return;
	}
	if (mm->mm_log2 == 0) {
		memif_conn_end(mc, "the peer takes no rings");
		return;
	}
	if (mm->mm_log2 < MEMIF_LOG2_MAX)
		ring = umin(ring, 1u << mm->mm_log2);
	memcpy(mc->mc_peer, mm->mm_name, sizeof(mc->mc_peer));
	mc->mc_link = memif_link_alloc(umin(ms->ms_nq, mm->mm_maxm2s + 1u),
	    umin(ms->ms_nq, mm->mm_maxs2m + 1u));
	if (mc->mc_link != NULL)
		error = memif_link_make(mc->mc_link, ring, ms->ms_buffer);
	if (error != 0) {
		memif_conn_end(mc, "no shared memory: %s", strerror(error));
		return;
	}
	client_init(mc);
	mc->mc_state = MEMIFS_ACK;
	mc->mc_step = 1;
}

static void ON_CTL
client_ring(struct memif_conn *mc, unsigned i)
{
	const struct memif_link *ml = mc->mc_link;
	bool s2m = i < ml->ml_ntx;
	const struct memif_ring *mr = s2m ? &ml->ml_tx[i] :
	    &ml->ml_rx[i - ml->ml_ntx];
	struct memif_msg mm = { .mm_type = MEMIF_ADD_RING,
		.mm_s2m = s2m,
		.mm_index = (uint16_t)(s2m ? i : i - ml->ml_ntx),
		.mm_offset = (uint32_t)((const uint8_t *)mr->mr_wire -
		    ml->ml_region[0].mg_base),
		.mm_log2 = (uint8_t)__builtin_ctz(mr->mr_size) };

	client_send(mc, &mm, mr->mr_fd);
}

/* The message behind the one that was acknowledged. */
static void ON_CTL
client_next(struct memif_conn *mc)
{
	const struct memif_link *ml = mc->mc_link;
	unsigned step = mc->mc_step++;
	struct memif_msg mm = { .mm_type = MEMIF_ADD_REGION,
		.mm_size = ml->ml_region[0].mg_size };

	if (step == 1) {
		client_send(mc, &mm, ml->ml_memfd);
	} else if (step - 2 < ml->ml_ntx + ml->ml_nrx) {
		client_ring(mc, step - 2);
	} else {
		mm.mm_type = MEMIF_CONNECT;
		snprintf(mm.mm_name, sizeof(mm.mm_name), "%s",
		    mc->mc_sc->ms_name);
		client_send(mc, &mm, -1);
		mc->mc_state = MEMIFS_CONNECTED;
	}
}

void
memif_client_input(struct ctl *ctl, struct memif_conn *mc)
{
	static const enum memif_type wanted[] = { [MEMIFS_HELLO] = MEMIF_HELLO,
		[MEMIFS_ACK] = MEMIF_ACK,
		[MEMIFS_CONNECTED] = MEMIF_CONNECTED };
	enum memif_type want = wanted[mc->mc_state];

	(void)ctl;
	if (mc->mc_msg.mm_type != want) {
		memif_conn_end(mc, "the peer sent %s, not %s",
		    memif_msg_name(mc->mc_msg.mm_type), memif_msg_name(want));
		return;
	}
	switch (want) {
	case MEMIF_HELLO:
		client_hello(mc);
		break;
	case MEMIF_ACK:
		client_next(mc);
		break;
	default:
		memcpy(mc->mc_peerif, mc->mc_msg.mm_name,
		    sizeof(mc->mc_peerif));
		memif_up(mc->mc_sc);
		break;
	}
}

void
memif_client_connect(struct ctl *ctl, struct memif_softc *ms)
{
	const struct opener *op = opener_of(ms->ms_sp);
	struct open_req req;
	struct open_res os;
	int error, fds[OPEN_MAXFDS];

	ms->ms_retry = ctl->ctl_now + RETRY_NS;
	open_req_init(&req, OPEN_MEMIF_CONNECT, ms->ms_name);
	memccpy(req.or_path, ms->ms_socket, '\0', sizeof(req.or_path));
	error = op->op_open(op, &req, -1, &os, fds, countof(fds));
	if (error != 0) {
		memif_trouble(ms, os.os_text);
		return;
	}
	ms->ms_conn = memif_conn_create(fds[0], MEMIFS_HELLO);
	if (ms->ms_conn == NULL)
		close(fds[0]);
	else
		ms->ms_conn->mc_sc = ms;
}
