/* SPDX-License-Identifier: BSD-2-Clause */
#include "model.h"

#include <errno.h>
#include <math.h>
#include <string.h>

#include "gen/tpl.h"

#define TICK 100000000ull /* ns from one call of tc_tick to the next */

/* One sending port's part of a trial. */
struct flow {
	double sent, lost, backlog;
	uint64_t elapsed;
	uint64_t loss_last;
	uint64_t silence;
	bool overloaded;
};

static double
chance(struct model *mo)
{
	return (double)rnd_below(&mo->mo_rnd, 1u << 30) / (1u << 30);
}

double
model_capacity(const struct model *mo, unsigned size)
{
	double pps = mo->mo_pps > 0 ? mo->mo_pps : 1e15;
	double bps = mo->mo_bps > 0 ? mo->mo_bps / trial_bps(1, size, 1) : 1e15;

	return pps < bps ? pps : bps;
}

/* dt ns of a constant rate. */
static void
run_for(struct model *mo, struct flow *fl, double pps, double capacity,
    double dt)
{
	double in = pps * dt / 1e9, lost = 0, dead = 0;
	uint64_t now = mo->mo_now + fl->elapsed;

	fl->sent += in;
	/* It recovers only when the load lets it. */
	if (fl->overloaded && pps <= capacity) {
		mo->mo_down = now + mo->mo_dead;
		fl->overloaded = false;
	}
	if (mo->mo_down > now) {
		dead = fmin((double)(mo->mo_down - now), dt);
		lost += pps * dead / 1e9;
		fl->backlog = 0;
		fl->silence += (uint64_t)dead;
		fl->loss_last = fl->elapsed + (uint64_t)dead;
	}
	fl->backlog += (pps - capacity) * (dt - dead) / 1e9;
	fl->backlog = fmax(fl->backlog, 0);
	if (fl->backlog > mo->mo_buffer) {
		lost += fl->backlog - mo->mo_buffer;
		fl->backlog = mo->mo_buffer;
		fl->loss_last = fl->elapsed + (uint64_t)dt;
		fl->overloaded = mo->mo_dead > 0;
	}
	fl->lost += lost;
	fl->elapsed += (uint64_t)dt;
}

static bool
tick(const struct trial_conf *tc, struct pace_conf *pc, const struct flow *fl,
    unsigned nports)
{
	struct trial_tick tt = { .tt_now = fl->elapsed, .tt_phase = TPH_RUN,
		.tt_nports = nports };

	if (tc->tc_tick == NULL)
		return true;
	tt.tt_port[1].received =
	    (uint64_t)(fl->sent - fl->lost - fl->backlog);
	return tc->tc_tick(tc->tc_tickarg, &tt, pc);
}

/* The whole of a port's sending; false: tc_tick had enough. */
static bool
run_flow(struct model *mo, const struct trial_conf *tc, struct flow *fl,
    double capacity)
{
	struct pace_conf pc = tc->tc_pace;
	uint64_t length = tc->tc_duration;

	if (length == 0)
		length = (uint64_t)ceil((double)tc->tc_packets * 1e9 /
		    (double)pc.pc_rate.pr_num);
	while (fl->elapsed < length) {
		double pps;
		uint64_t dt = length - fl->elapsed;

		if (!tick(tc, &pc, fl, mo->mo_runner.rn_nports))
			return false;
		pps = (double)pc.pc_rate.pr_num;
		mo->mo_most = fmax(mo->mo_most, pps);
		run_for(mo, fl, pps, capacity, (double)(dt < TICK ? dt : TICK));
	}
	return true;
}

static unsigned
senders(const struct trial_conf *tc)
{
	unsigned i, k, n = 0;

	for (i = 0; i < tc->tc_nstreams; i++) {
		for (k = 0; k < i; k++)
			if (tc->tc_stream[k].ts_from ==
			    tc->tc_stream[i].ts_from)
				break;
		n += k == i;
	}
	return n;
}

static void
forget_old(struct model *mo)
{
	if (mo->mo_now - mo->mo_learned >= mo->mo_aging)
		mo->mo_known = mo->mo_others = 0;
}

/* Frames that teach it addresses, or ask for them; how many it flooded. */
static uint64_t
bridge(struct model *mo, const struct trial_conf *tc, uint64_t sent)
{
	const struct tpl_conf *t = tc->tc_stream[0].ts_tpl;
	double pps = (double)tc->tc_pace.pc_rate.pr_num;
	uint64_t room, n, first;

	if (mo->mo_table == 0 || t->tc_nvary == 0)
		return 0;
	forget_old(mo);
	if (tc->tc_learn && mo->mo_others == 0)
		mo->mo_others = 1;
	first = t->tc_vary[0].tv_from.i6_lo;
	n = t->tc_vary[0].tv_to.i6_lo - first + 1;
	n = n < sent ? n : sent;
	if (t->tc_vary[0].tv_field == TPL_F_SRC_MAC) {
		room = mo->mo_table - mo->mo_others - mo->mo_known;
		if (mo->mo_learn > 0 && pps > mo->mo_learn)
			n = (uint64_t)((double)n * mo->mo_learn / pps);
		mo->mo_first = first;
		mo->mo_known = n < room ? n : room;
		mo->mo_learned = mo->mo_now;
		return 0;
	}
	if (first != mo->mo_first)
		return n;
	return n > mo->mo_known ? n - mo->mo_known : 0;
}

static void
fill(struct model *mo, const struct trial_conf *tc, struct trial_result *tr,
    const struct flow *fl)
{
	static const uint8_t broadcast[MAC_LEN] = { 255, 255, 255, 255, 255,
		255 };
	struct trial_counts *n = &tr->tr_all;
	uint64_t flooded;
	unsigned k = senders(tc), i;

	n->tn_sent = k *
	    (tc->tc_duration == 0 ? tc->tc_packets :
	    (uint64_t)(fl->sent + 1e-6));
	n->tn_offered = n->tn_sent;
	n->tn_lost = k * (uint64_t)(fl->lost + 1e-3);
	n->tn_lost += (uint64_t)((double)n->tn_sent * mo->mo_floor);
	if (chance(mo) < mo->mo_noise && n->tn_lost < n->tn_sent)
		n->tn_lost++;
	n->tn_received = n->tn_sent - n->tn_lost;
	tr->tr_elapsed = fl->elapsed;
	tr->tr_loss_last = n->tn_lost > 0 ? fl->loss_last : 0;
	tr->tr_silence = fl->silence;
	tr->tr_size = tc->tc_size;
	tr->tr_seed = tc->tc_seed;
	hist_addn(tr->tr_latency, (uint64_t)mo->mo_latency,
	    n->tn_received / 2);
	hist_addn(tr->tr_latency, (uint64_t)(mo->mo_latency * 1.5),
	    n->tn_received - n->tn_received / 2);
	flooded = bridge(mo, tc, n->tn_sent);
	if (memcmp(tc->tc_stream[0].ts_tpl->tc_dst_mac, broadcast, MAC_LEN) ==
	    0)
		flooded = n->tn_received;
	for (i = 0; i < tr->tr_nports; i++)
		if (i != tc->tc_stream[0].ts_from &&
		    i != tc->tc_stream[0].ts_to)
			tr->tr_port[i].tp_astray = flooded;
}

/* What each port that is sent to gets of a stream's sender's 1. */
static double
share_of(const struct trial_conf *tc, unsigned i)
{
	unsigned k, n = 0;

	for (k = 0; k < tc->tc_nstreams; k++)
		n += tc->tc_stream[k].ts_from == tc->tc_stream[i].ts_from;
	return 1.0 / n;
}

/* Lost of what goes to this port, when each sender sends so much. */
static double
port_loss(const struct model *mo, const struct trial_conf *tc, unsigned port,
    double pps)
{
	double load = 0, capacity = model_capacity(mo, tc->tc_size);
	unsigned i;

	for (i = 0; i < tc->tc_nstreams; i++)
		if (tc->tc_stream[i].ts_to == port)
			load += pps * share_of(tc, i);
	return load > capacity * 1.000001 ? 1 - capacity / load : 0;
}

/* A switch whose ports carry so much, each. */
static void
switched(const struct model *mo, const struct trial_conf *tc,
    struct trial_result *tr)
{
	double pps = (double)tc->tc_pace.pc_rate.pr_num;
	double s = (double)tc->tc_duration / 1e9, worst = 0;
	unsigned i;

	memset(&tr->tr_all, 0, sizeof(tr->tr_all));
	for (i = 0; i < tc->tc_nstreams; i++)
		worst = fmax(worst,
		    port_loss(mo, tc, tc->tc_stream[i].ts_to, pps));
	for (i = 0; i < tc->tc_nstreams; i++) {
		struct trial_counts *n = &tr->tr_stream[i].sr_n;
		double loss = mo->mo_blocking ? worst :
		    port_loss(mo, tc, tc->tc_stream[i].ts_to, pps);

		loss = fmax(loss, mo->mo_floor);
		n->tn_offered = (uint64_t)(pps * s * share_of(tc, i));
		n->tn_sent = n->tn_offered;
		if (mo->mo_pressure && loss > 0) {
			n->tn_sent = (uint64_t)((double)n->tn_sent *
			    (1 - loss));
			loss = 0;
		}
		n->tn_unsent = n->tn_offered - n->tn_sent;
		n->tn_lost = (uint64_t)((double)n->tn_sent * loss);
		n->tn_received = n->tn_sent - n->tn_lost;
		trial_counts_add(&tr->tr_all, n);
	}
	tr->tr_port[0].tp_tx = tr->tr_all;
	if (tr->tr_all.tn_unsent == 0)
		return;
	tr->tr_port[0].tp_txfull = 1;
	trial_invalid(tr, "not sent in time");
}

static int
model_trial(void *arg, const struct trial_conf *tc, struct trial_result *tr)
{
	struct model *mo = arg;
	struct flow fl = { .sent = 0 };
	double pps = (double)tc->tc_pace.pc_rate.pr_num, capacity;

	mo->mo_trials++;
	mo->mo_last = *tc;
	if (mo->mo_trials == mo->mo_error ||
	    (mo->mo_mtu != 0 && tc->tc_size > mo->mo_mtu))
		return EMSGSIZE;
	if (mo->mo_trials == mo->mo_stop)
		mo->mo_stopped = true;
	if (trial_result_init(tr, mo->mo_runner.rn_nports, tc->tc_nstreams) !=
	    0)
		return ENOMEM;
	capacity = model_capacity(mo, tc->tc_size);
	if (mo->mo_worse > 0 && pps > capacity)
		capacity -= mo->mo_worse * (pps - capacity);
	if (!run_flow(mo, tc, &fl, capacity) ||
	    mo->mo_stopped)
		tr->tr_stopped = true;
	if (tr->tr_stopped)
		trial_invalid(tr, "stopped while running");
	fill(mo, tc, tr, &fl);
	if (mo->mo_switch)
		switched(mo, tc, tr);
	if (mo->mo_limit > 0 && pps * senders(tc) > mo->mo_limit) {
		tr->tr_port[0].tp_tx = tr->tr_all;
		tr->tr_port[0].tp_late = tr->tr_all.tn_offered / 4;
		trial_invalid(tr, "%.0f packets left late", pps);
	}
	if (chance(mo) < mo->mo_invalid)
		trial_invalid(tr, "bad luck");
	mo->mo_now += fl.elapsed + tc->tc_drain;
	return 0;
}

static const char *
model_error(void *arg)
{
	(void)arg;
	return "no such frames";
}

static bool
model_stopped(void *arg)
{
	return ((struct model *)arg)->mo_stopped;
}

static void
model_sleep(void *arg, uint64_t ns)
{
	((struct model *)arg)->mo_now += ns;
}

static uint64_t
model_now(void *arg)
{
	return ((struct model *)arg)->mo_now;
}

static int
model_event(void *arg, enum runner_event re)
{
	struct model *mo = arg;

	if (re == RE_FORGET && mo->mo_forgets) {
		mo->mo_known = mo->mo_others = 0;
		return 0;
	}
	if (re != RE_RESET || (mo->mo_reset == 0 && mo->mo_reset_error == 0))
		return ENOTSUP;
	if (!mo->mo_ideal)
		mo->mo_down = mo->mo_now + 2 * TICK * 10 + mo->mo_reset;
	return mo->mo_reset_error;
}

static int
model_limit(void *arg, const struct trial_conf *tc, double *pps)
{
	(void)tc;
	*pps = ((struct model *)arg)->mo_limit;
	return 0;
}

void
model_init(struct model *mo, uint64_t seed, unsigned nports, double bps)
{
	unsigned i;

	memset(mo, 0, sizeof(*mo));
	rnd_seed(&mo->mo_rnd, seed);
	mo->mo_latency = 10000;
	mo->mo_now = 1000000000;
	mo->mo_runner = (struct runner){
		.rn_trial = model_trial,
		.rn_error = model_error,
		.rn_stopped = model_stopped,
		.rn_sleep = model_sleep,
		.rn_now = model_now,
		.rn_event = model_event,
		.rn_limit = model_limit,
		.rn_nports = nports,
		.rn_arg = mo,
	};
	for (i = 0; i < nports; i++)
		mo->mo_runner.rn_linerate[i] = bps;
}

const struct trial_stream *
model_streams(bool ip6)
{
	static struct tpl_conf tc[4];
	static struct trial_stream ts[4];
	unsigned i;

	for (i = 0; i < 4; i++) {
		struct tpl_conf *t = &tc[i];

		t->tc_src.a_family = t->tc_dst.a_family = i < 2 ? ADDR_V4 :
		    ADDR_V6;
		if (i < 2) {
			t->tc_src.a_v4 = 0xc6120001 + i;
			t->tc_dst.a_v4 = 0xc6130001 + i;
		} else {
			t->tc_src.a_v6 = (struct in6){ 0x20010002ull << 32, i };
			t->tc_dst.a_v6 = (struct in6){ 0x20010002ull << 32,
				16 + i };
		}
		ts[i] = (struct trial_stream){ .ts_from = i % 2,
			.ts_to = 1 - i % 2, .ts_tpl = t };
	}
	return &ts[ip6 ? 2 : 0];
}

void
model_conf(struct model *mo, struct method_conf *mc, const unsigned *size)
{
	*mc = (struct method_conf){
		.mc_runner = &mo->mo_runner,
		.mc_profile = profile_quick,
		.mc_stream = model_streams(false),
		.mc_nstreams = 1,
		.mc_size = size,
		.mc_nsizes = 1,
		.mc_seed = 1,
	};
}
