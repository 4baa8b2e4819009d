/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Bridges (RFC 2889): address caching capacity (5.7) and learning rate (5.8).
 *
 * Three ports: from the learning port come frames with n source addresses to
 * the test port; then from the test port a frame to each of the n; what was
 * not learned is flooded and heard at the monitoring port.  Before each of
 * these the bridge forgets all addresses: by command, or by waiting.
 *
 * Addresses are local and unicast; they differ from try to try, so that what
 * was not forgotten is never taken for learned.
 */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "base/random.h"
#include "gen/method_int.h"
#include "gen/tpl.h"

#define S 1000000000ull

/* One try: n addresses, learned at a rate. */
struct table {
	uint64_t ta_addresses;
	uint64_t ta_learn_pps;
	uint64_t ta_test_pps;
	bool ta_passed;
	uint64_t ta_flooded; /* frames at the monitoring port */
	uint64_t ta_lost; /* learning or test frames */
};

struct frames {
	struct tpl_conf fr_conf;
	struct tpl_vary fr_vary;
	struct trial_stream fr_stream;
};

/* What the test port's own frames say; all zero: the engine fills it in. */
static const struct tpl_conf *
base_conf(const struct run *ru, unsigned from)
{
	const struct method_conf *mc = ru->ru_conf;
	unsigned i;

	for (i = 0; i < mc->mc_nstreams; i++)
		if (mc->mc_stream[i].ts_from == from)
			return mc->mc_stream[i].ts_tpl;
	return mc->mc_stream[0].ts_tpl;
}

static void
frames_init(struct frames *fr, const struct run *ru, unsigned from,
    unsigned to, unsigned field, uint64_t first, uint64_t n)
{
	memset(fr, 0, sizeof(*fr));
	fr->fr_conf = *base_conf(ru, from);
	fr->fr_conf.tc_flows = 1;
	fr->fr_conf.tc_vary = &fr->fr_vary;
	fr->fr_conf.tc_nvary = 1;
	memset(fr->fr_conf.tc_src_mac, 0, MAC_LEN);
	memset(fr->fr_conf.tc_dst_mac, 0, MAC_LEN);
	fr->fr_vary = (struct tpl_vary){
		.tv_field = (uint8_t)field,
		.tv_op = TPL_COUNT,
		.tv_from = { 0, first },
		.tv_to = { 0, first + n - 1 },
	};
	fr->fr_stream = (struct trial_stream){
		.ts_name = field == TPL_F_SRC_MAC ? "learning" : "test",
		.ts_from = from,
		.ts_to = to,
		.ts_tpl = &fr->fr_conf,
	};
}

/* Frames of a size whose addresses go from first on, each once. */
static enum ran
send_frames(struct run *ru, struct frames *fr, uint64_t n, uint64_t pps,
    bool announce, struct trial_result *tr)
{
	struct ask as = { .as_pps = pps, .as_packets = n,
		.as_quietly = !announce };
	enum ran ran;

	run_streams(ru, &fr->fr_stream, 1);
	ran = run_trial(ru, &as, tr);
	run_streams(ru, ru->ru_conf->mc_stream, ru->ru_conf->mc_nstreams);
	if (ran == RAN_INVALID) {
		run_blame(ru, tr);
		ran = RAN_FAILED;
	}
	return ran;
}

/* All addresses are forgotten afterwards; false: the point says why not. */
static bool
forget(struct run *ru)
{
	const struct runner *rn = ru->ru_runner;
	uint64_t aging = ru->ru_conf->mc_bridge.mb_aging;
	int error = rn->rn_event != NULL ?
	    rn->rn_event(rn->rn_arg, RE_FORGET) : ENOTSUP;

	if (error == 0)
		return true;
	if (error != ENOTSUP) {
		run_status(ru, MS_FAILED, "the bridge did not forget its "
		    "addresses: the command failed");
		return false;
	}
	aging = aging != 0 ? aging : ru->ru_profile->pf_aging;
	if (aging == 0) {
		run_status(ru, MS_IMPOSSIBLE, "say after which time the bridge "
		    "forgets addresses, or give a command that makes it");
		return false;
	}
	run_say(ru, "waiting %ju s for the bridge to forget",
	    (uintmax_t)(aging / S));
	if (!run_rest(ru, aging)) {
		run_status(ru, MS_PARTIAL, "stopped");
		return false;
	}
	return true;
}

/*
 * 02:xx:xx:00:00:00 on, of which the low 24 bits and more count.  Each try has
 * others.
 */
static uint64_t
first_address(const struct run *ru)
{
	struct rnd r;

	rnd_seed(&r, ru->ru_conf->mc_seed ^ ru->ru_me->me_ntrials);
	return 0x020000000000ull | (rnd_u64(&r) & 0xfffe) << 24;
}

static enum ran
table_try(struct run *ru, struct table *ta)
{
	const struct method_bridge *mb = &ru->ru_conf->mc_bridge;
	struct trial_result tr = { .tr_nports = 0 };
	uint64_t first = first_address(ru);
	struct frames fr;
	enum ran ran;

	ta->ta_passed = false;
	if (!forget(ru))
		return run_point(ru)->mp_status == MS_PARTIAL ? RAN_STOPPED :
		    RAN_FAILED;
	frames_init(&fr, ru, mb->mb_learn, mb->mb_test, TPL_F_SRC_MAC, first,
	    ta->ta_addresses);
	ran = send_frames(ru, &fr, ta->ta_addresses, ta->ta_learn_pps, true,
	    &tr);
	ta->ta_lost = tr.tr_all.tn_lost;
	trial_result_fini(&tr);
	if (ran != RAN_OK)
		return ran;
	frames_init(&fr, ru, mb->mb_test, mb->mb_learn, TPL_F_DST_MAC, first,
	    ta->ta_addresses);
	/* Announced hosts would take more room in the table: not again. */
	ran = send_frames(ru, &fr, ta->ta_addresses, ta->ta_test_pps, false,
	    &tr);
	if (ran == RAN_OK) {
		ta->ta_flooded = tr.tr_port[mb->mb_monitor].tp_astray;
		ta->ta_lost += tr.tr_all.tn_lost;
		ta->ta_passed = ta->ta_flooded == 0 && ta->ta_lost == 0;
	}
	trial_result_fini(&tr);
	return ran;
}

static bool
bridge_rates(struct run *ru, struct table *ta)
{
	uint64_t pps = ru->ru_conf->mc_bridge.mb_pps;

	if (!run_rates(ru))
		return false;
	pps = pps != 0 ? pps : 5000;
	ta->ta_learn_pps = ta->ta_test_pps = u64min(pps, ru->ru_highest);
	return true;
}

/* 5.7: the most addresses of which none is flooded. */
void
point_caching(struct run *ru)
{
	uint64_t most = ru->ru_conf->mc_bridge.mb_addresses;
	struct bisect_conf bc = { .bc_min = 1,
		.bc_max = most != 0 ? most : 131072 };
	struct bridge_result *br;
	struct table ta;
	struct bisect bi;
	enum ran ran = RAN_OK;

	if (!bridge_rates(ru, &ta))
		return;
	bisect_start(&bi, &bc);
	while (ran == RAN_OK && bisect_next(&bi, &ta.ta_addresses)) {
		run_say(ru, "Address caching capacity: %ju addresses",
		    (uintmax_t)ta.ta_addresses);
		ran = table_try(ru, &ta);
		if (ran == RAN_OK)
			bisect_told(&bi, ta.ta_passed,
			    ta.ta_addresses -
				u64min(ta.ta_flooded, ta.ta_addresses));
	}
	br = &run_point(ru)->mp_bridge;
	br->br_addresses = bi.bi_lower;
	br->br_failed = bi.bi_upper;
	br->br_others = 1;
	br->br_pps = (double)ta.ta_learn_pps;
	if (ran != RAN_OK)
		return;
	if (bi.bi_lower == bc.bc_max)
		run_status(ru, MS_LIMITED, "at least this: more addresses were "
		    "not allowed");
	if (bi.bi_lower == 0)
		run_status(ru, MS_FAILED, "not even one address was learned at "
		    "%ju frames/s", (uintmax_t)ta.ta_learn_pps);
}

/*
 * 5.8: the highest rate at which addresses are learned, as many as the
 * user says, or a thousand, which must fit into the table.
 */
void
point_learning(struct run *ru)
{
	uint64_t n = ru->ru_conf->mc_bridge.mb_addresses;
	struct bisect_conf bc = { .bc_min = 1,
		.bc_ppm = ru->ru_profile->pf_ppm };
	struct bridge_result *br;
	struct table ta;
	struct bisect bi;
	enum ran ran = RAN_OK;

	if (!bridge_rates(ru, &ta))
		return;
	ta.ta_addresses = n != 0 ? n : 1000;
	bc.bc_max = ru->ru_highest;
	bisect_start(&bi, &bc);
	while (ran == RAN_OK && bisect_next(&bi, &ta.ta_learn_pps)) {
		run_say(ru, "Address learning rate: %ju frames/s",
		    (uintmax_t)ta.ta_learn_pps);
		ran = table_try(ru, &ta);
		if (ran == RAN_OK)
			bisect_told(&bi, ta.ta_passed, 0);
	}
	br = &run_point(ru)->mp_bridge;
	br->br_addresses = ta.ta_addresses;
	br->br_others = 1;
	br->br_pps = (double)bi.bi_lower;
	br->br_failed_pps = (double)bi.bi_upper;
	if (ran != RAN_OK)
		return;
	run_near(ru, br->br_pps);
	if (bi.bi_lower == 0)
		run_status(ru, MS_FAILED, "%ju addresses were not learned at "
		    "any rate: are they more than fit?",
		    (uintmax_t)ta.ta_addresses);
	else if (bi.bi_lower == bc.bc_max && ru->ru_bytester)
		run_status(ru, MS_LIMITED, "at least this: the tester itself "
		    "can do no more");
}
