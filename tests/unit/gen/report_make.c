/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Writes reports of made-up results in all forms into a folder, for tests by
 * other programs (report_forms_test.py).
 * usage: report_make FOLDER
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "made.h"

static const char *folder;

static void
save(struct report *rp, const char *name)
{
	static const char *const ends[] = { [REPORT_JSON] = "json",
		[REPORT_CSV] = "csv", [REPORT_HTML] = "html",
		[REPORT_TEXT] = "txt" };
	char path[4096];
	unsigned i;

	for (i = 0; i < 4; i++) {
		snprintf(path, sizeof(path), "%s/%s.%s", folder, name,
		    ends[i]);
		if (report_save(rp, i, path) != 0) {
			perror(path);
			exit(1);
		}
	}
	report_destroy(rp);
}

static void
add(struct report *rp, enum method method, unsigned nsizes)
{
	struct method_result me;

	made_method(rp, method, nsizes, &me);
	if (report_add(rp, NULL, &me) != 0)
		exit(1);
	made_free(&me);
}

static void
make_all(void)
{
	struct report *rp = made_report(&profile_quick);
	struct trial_result tr;
	unsigned method;

	for (method = 0; method < MT_N; method++)
		add(rp, method, method <= MT_LATENCY ? 7 : 2);
	report_expect(rp, "throughput > 500 kpps at 64", REPORT_PASS,
	    "810 kpps");
	report_expect(rp, "latency p99 < 10 us", REPORT_FAIL, "12.1 us");
	report_expect(rp, "reset < 1 s", REPORT_UNKNOWN, NULL);
	made_trial(&tr, 0, 1e5, true);
	report_add_trial(rp, "warm \"up\"", &tr);
	trial_result_fini(&tr);
	report_end(rp, NULL);
	save(rp, "all");
}

static void
make_partial(void)
{
	struct report *rp = made_report(&profile_rfc);
	struct method_result me;
	struct trial_result tr;
	unsigned i;

	made_method(rp, MT_THROUGHPUT, 4, &me);
	me.me_status = MS_PARTIAL;
	strcpy(me.me_why, "stopped");
	me.me_nnotes = 1;
	strcpy(me.me_note[0], "ports share a CPU");
	me.me_point[0].mp_near = true;
	me.me_point[0].mp_status = MS_LIMITED;
	strcpy(me.me_point[0].mp_why, "the tester could not send faster");
	me.me_point[1].mp_status = MS_IMPOSSIBLE;
	strcpy(me.me_point[1].mp_why, "MTU of \"left\" is 68, not 128");
	me.me_point[2].mp_status = MS_FAILED;
	strcpy(me.me_point[2].mp_why, "left: gateway 10.0.1.1 is silent");
	me.me_point[3].mp_status = MS_PARTIAL;
	report_add(rp, "first", &me);
	made_free(&me);
	made_trial(&tr, 64, 1e6, false);
	tr.tr_stopped = true;
	tr.tr_phase = TPH_RUN;
	for (i = 0; i < TRIAL_REASONS + 3; i++)
		trial_invalid(&tr, "reason %u", i);
	report_add_trial(rp, NULL, &tr);
	trial_result_fini(&tr);
	report_end(rp, "interrupted by SIGINT");
	save(rp, "partial");
}

/* Names that mean something to whoever reads them. */
static void
make_strange(void)
{
	static const char strange[] = "</script><b a='\"'>&amp;,\r\n=1+1;"
				      "\xff\xc3(\x1b[31m\x07 日本 \xe2\x80";
	static char *const argv[] = { (char *)strange };
	struct report_port port = { strange, strange, strange, strange,
		strange, 1e300, 1, 1 };
	struct report_stream stream = { strange, strange, strange, strange, 1,
		1 };
	struct report_conf rc = { .rc_title = strange,
		.rc_profile = &profile_quick, .rc_argc = 1, .rc_argv = argv,
		.rc_plan_file = strange, .rc_plan_text = strange,
		.rc_dut_name = strange, .rc_dut_version = strange,
		.rc_dut_notes = strange, .rc_port = &port, .rc_nports = 1,
		.rc_stream = &stream, .rc_nstreams = 1, .rc_cpus = strange,
		.rc_clock = strange };
	struct method_result me;
	struct report *rp;

	if (report_create(&rc, &rp) != 0)
		exit(1);
	made_method(NULL, MT_THROUGHPUT, 3, &me);
	snprintf(me.me_why, sizeof(me.me_why), "%s", strange);
	snprintf(me.me_point[0].mp_variant, sizeof(me.me_point[0].mp_variant),
	    "%s", strange);
	snprintf(me.me_point[0].mp_why, sizeof(me.me_point[0].mp_why), "%s",
	    strange);
	report_add(rp, strange, &me);
	report_expect(rp, strange, REPORT_FAIL, strange);
	made_free(&me);
	report_end(rp, strange);
	save(rp, "strange");
}

/* As much as there can be of everything, and numbers at their end. */
static void
make_huge(void)
{
	struct report *rp = made_report(&profile_quick);
	struct method_result me;
	struct trial_result tr;
	unsigned i;

	made_method(NULL, MT_LATENCY, METHOD_SIZES, &me);
	for (i = 0; i < me.me_npoints; i++) {
		struct method_point *mp = &me.me_point[i];

		mp->mp_ns = UINT64_MAX;
		mp->mp_limit_pps = 1e300;
		mp->mp_latency.la_pps = 1.0 / 0.0;
		mp->mp_latency.la_all.lb_max = UINT64_MAX;
		mp->mp_latency.la_all.lb_mean = 0.0 / 0.0;
	}
	report_add(rp, NULL, &me);
	made_free(&me);
	memset(&tr, 0, sizeof(tr));
	if (trial_result_init(&tr, GEN_PORTS, TRIAL_STREAMS) != 0)
		exit(1);
	for (i = 0; i < TRIAL_STREAMS; i++)
		memset(&tr.tr_stream[i].sr_n, 0xff,
		    sizeof(tr.tr_stream[i].sr_n));
	memset(&tr.tr_all, 0xff, sizeof(tr.tr_all));
	tr.tr_started = UINT64_MAX;
	report_add_trial(rp, NULL, &tr);
	trial_result_fini(&tr);
	save(rp, "huge");
}

int
main(int argc, char **argv)
{
	if (argc != 2) {
		fputs("usage: report_make FOLDER\n", stderr);
		return 2;
	}
	folder = argv[1];
	make_all();
	make_partial();
	make_strange();
	make_huge();
	/* Nothing was measured at all. */
	save(made_report(&profile_rfc), "empty");
	return 0;
}
