/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Services of the daemon's own: echo, discard, daytime, chargen.
 */
#include <string.h>

#include "ctl/control_int.h"
#include "udp/udp_service.h"

static_assert(CONF_SERVICE_ECHO == (int)UDPS_ECHO &&
	CONF_SERVICE_CHARGEN == (int)UDPS_CHARGEN, "one value for both");

/* An object for each address; one, without an item, if any is meant. */
static struct control_obj
service_obj(
    const struct conf *conf, const struct conf_service *sv, unsigned k)
{
	const struct conf_addr *ca =
	    sv->sv_naddr != 0 ? &sv->sv_addr[k] : NULL;

	return (struct control_obj){ .o_conf = conf, .o_sec = sv,
		.o_item = ca,
		.o_pos = ca != NULL ? &ca->ca_pos : &sv->sv_sec.cs_pos };
}

static unsigned
service_list(const struct conf *conf, struct control_obj *out)
{
	const struct conf_service *sv;
	unsigned i, k, n = 0;

	for (i = 0; i < conf->cf_nservice; i++) {
		sv = &conf->cf_service[i];
		for (k = 0; k == 0 || k < sv->sv_naddr; k++, n++)
			if (out != NULL)
				out[n] = service_obj(conf, sv, k);
	}
	return n;
}

static struct in_key
service_key(const struct control_obj *o)
{
	const struct conf_service *sv = o->o_sec;
	const struct conf_addr *ca = o->o_item;
	struct in_key ik = { .ik_lport = udp_service_ports[sv->sv_what] };

	if (sv->sv_port != 0)
		ik.ik_lport = (uint16_t)sv->sv_port;
	if (ca != NULL)
		in_key_bind(&ik, &ca->ca_addr, addr_bits(ca->ca_addr.a_family));
	ik.ik_rtable = (uint8_t)conf_rtable(o->o_conf, sv->sv_vrf);
	return ik;
}

static int
service_cmp(const struct control_obj *a, const struct control_obj *b)
{
	const struct conf_service *sa = a->o_sec, *sb = b->o_sec;
	struct in_key ka = service_key(a), kb = service_key(b);

	if (sa->sv_what != sb->sv_what)
		return sa->sv_what < sb->sv_what ? -1 : 1;
	return memcmp(&ka, &kb, sizeof(ka));
}

static bool ON_CTL
service_there(struct ctl *ctl, const struct control_obj *o)
{
	const struct conf_service *sv = o->o_sec;
	const struct in_key ik = service_key(o);

	return udp_service_there(ctl, (enum udp_service)sv->sv_what, &ik);
}

static int ON_CTL
service_set(struct ctl *ctl, const struct control_obj *o,
    struct conf_errors *errs)
{
	const struct conf_service *sv = o->o_sec;
	const struct in_key ik = service_key(o);

	(void)errs;
	return udp_service_start(ctl, (enum udp_service)sv->sv_what, &ik);
}

static void ON_CTL
service_clear(struct ctl *ctl, const struct control_obj *o)
{
	const struct conf_service *sv = o->o_sec;
	const struct in_key ik = service_key(o);

	udp_service_stop(ctl, (enum udp_service)sv->sv_what, &ik);
}

const struct control_kind control_service_kind = {
	.ck_name = "service",
	.ck_list = service_list,
	.ck_cmp = service_cmp,
	.ck_there = service_there,
	.ck_set = service_set,
	.ck_clear = service_clear,
};
