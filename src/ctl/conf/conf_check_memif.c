/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the configuration of a memif must be like, and those of several.
 */
#include "ctl/conf/conf_int.h"

#include <string.h>

#include "base/bytes.h"
#include "dev/memif.h"

/* What bounds do not say of a memif. */
bool
conf_check_memif(struct conf_ctx *ctx, const struct conf_if *ci)
{
	unsigned queues = ci->ci_queues != 0 ? ci->ci_queues :
	    umax(ctx->x_conf->cf_cpus, 1);

	if (!is_pow2(ci->ci_ring)) {
		conf_error(ctx->x_errs, conf_where(&ci->ci_sec, "ring_size"),
		    "ring_size is %u; expected a power of 2, from 2 to 16384",
		    ci->ci_ring);
		return false;
	}
	if (ci->ci_buffer % CACHELINE != 0) {
		conf_error(ctx->x_errs,
		    conf_where(&ci->ci_sec, "buffer_size"),
		    "buffer_size is %u; expected a multiple of 64, from 256 "
		    "to 65536",
		    ci->ci_buffer);
		return false;
	}
	if (ci->ci_role == CONF_CLIENT && memif_shared_size(queues,
	    ci->ci_ring, ci->ci_buffer) > MEMIF_SHARED_MAX) {
		conf_error(ctx->x_errs, &ci->ci_sec.cs_pos,
		    "%u queues of 2 * %u buffers of %u bytes are more than "
		    "can be shared; expected at most 4 GiB in all", queues,
		    ci->ci_ring, ci->ci_buffer);
		return false;
	}
	return true;
}

/* The same end of the same memif? */
static bool
memif_same(const struct conf_if *a, const struct conf_if *b)
{
	return a->ci_socket != NULL && b->ci_socket != NULL &&
	    strcmp(a->ci_socket, b->ci_socket) == 0 &&
	    a->ci_memid == b->ci_memid && a->ci_role == b->ci_role;
}

/* Whether two interfaces, of whatever name, are of the same device. */
bool
conf_same_device(const struct conf_if *a, const struct conf_if *b)
{
	if (a->ci_device != NULL && b->ci_device != NULL)
		return strcmp(a->ci_device, b->ci_device) == 0;
	return memif_same(a, b);
}

void
conf_check_memifs(struct conf_ctx *ctx)
{
	const struct conf *cf = ctx->x_conf;
	const struct conf_pos *pos;
	unsigned i, k;

	for (i = 0; i < cf->cf_nif; i++) {
		pos = conf_where(&cf->cf_if[i].ci_sec, "socket");
		for (k = 0; k < i; k++)
			if (memif_same(&cf->cf_if[i], &cf->cf_if[k]))
				break;
		if (k < i)
			conf_error(ctx->x_errs, pos, "id %u of this socket is "
			    "taken by %s (%s); expected another id, or another "
			    "socket",
			    cf->cf_if[i].ci_memid, cf->cf_if[k].ci_name,
			    conf_ref(
				pos, conf_where(&cf->cf_if[k].ci_sec, "socket"))
				.r_text);
	}
}
