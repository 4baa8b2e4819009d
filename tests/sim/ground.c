/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The ground under the protocols: messages between CPUs and ctl in any number
 * and order, and CPUs that sleep.
 */
#include "lab.h"
#include "spate.h"

#define FLOOD 2000

struct flood {
	struct sim	*fl_sim;
	unsigned	 fl_sent;
	unsigned	 fl_got[CPU_MAX];
	unsigned	 fl_next[CPU_MAX];	/* order by CPU */
	unsigned	 fl_home;
};

struct flood_msg {
	struct msg	 fm_msg;
	struct flood	*fm_flood;
	unsigned	 fm_number;
};

static void
flood_back(struct endpoint *ep, struct msg *msg)
{
	struct flood_msg *fm = container_of(msg, struct flood_msg, fm_msg);

	fm->fm_flood->fl_home++;
	msg_done(ep, msg);
}

static void
flood_got(struct endpoint *ep, struct msg *msg)
{
	struct flood_msg *fm = container_of(msg, struct flood_msg, fm_msg);
	struct flood *fl = fm->fm_flood;

	if (fm->fm_number != fl->fl_next[ep->ep_id]++)
		SIM_FAIL(fl->fl_sim, "a message overtook another");
	fl->fl_got[ep->ep_id]++;
	msg->msg_fn = flood_back;
	msg_send(ep, sp_ctl_id(ep->ep_sp), msg);
}

static void
flood_send(struct ctl *ctl, void *arg)
{
	struct flood *fl = arg;
	unsigned i, k;

	for (k = 0; k < FLOOD; k++)
		for (i = 0; i < ctl->ctl_sp->sp_ncpus; i++) {
			struct flood_msg *fm =
			    msg_alloc(&ctl->ctl_ep, sizeof(*fm));

			if (fm == NULL)
				SIM_FAIL(fl->fl_sim, "no memory");
			fm->fm_flood = fl;
			fm->fm_number = k;
			fm->fm_msg.msg_fn = flood_got;
			msg_send(&ctl->ctl_ep, i, &fm->fm_msg);
			fl->fl_sent++;
		}
}

/* Many times what the rings hold: nothing is lost, nothing overtakes. */
static void
messages(struct sim *s)
{
	struct host *h = sim_host(s, "h", 3);
	struct flood fl = { .fl_sim = s };

	host_ctl(h, flood_send, &fl);
	SIM_UNTIL(s, fl.fl_home == fl.fl_sent, 5 * NS_S);
	SIM_EQ(s, fl.fl_got[0], FLOOD);
	SIM_EQ(s, fl.fl_got[2], FLOOD);
}

/* Idle hosts sleep: the clock may go far with few steps. */
static void
idle(struct sim *s)
{
	struct lab l;
	uint64_t sleeps;

	lab_make(&l, s, 2, 0);
	lab_ping(&l, 1);
	sim_pass(s, 10 * NS_S);
	sleeps = host_stat(l.l_r, SG_CPU, cps_sleeps);
	sim_pass(s, 100 * NS_S);
	SIM_CHECK(s, host_stat(l.l_r, SG_CPU, cps_sleeps) - sleeps < 1000);
}

int
main(int argc, char **argv)
{
	static const struct scenario scenarios[] = {
		{ "messages", messages, 20 },
		{ "idle", idle, 20 },
		{ NULL, NULL, 0 },
	};

	return sim_main(argc, argv, scenarios);
}
