/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the layers keep for each bucket, and what moves with it.
 */
#include <assert.h>

#include "base/bytes.h"
#include "ip/reass_table.h"
#include "netisr/move.h"
#include "udp/udp.h"

const struct bucket_state bucket_states[] = {
	{ "reassembly", reass_detach_bucket, reass_attach_bucket },
	{ "udp", udp_detach_bucket, udp_attach_bucket },
};
const unsigned bucket_nstates = countof(bucket_states);
static_assert(countof(bucket_states) <= BUCKET_STATES_MAX, "room in a move");
