/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The tables of counters: complete, named, told apart, laid out without gaps.
 */
#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "cpu/stat.h"
#include "dev/dev_stat.h"
#include "ip/ip_stat.h"

static void
groups_are_laid_out(void **state)
{
	unsigned g, k, base = 0;

	for (g = 0; g < SG_N; g++) {
		assert_int_equal(stat_base(g), base);
		assert_non_null(stat_groups[g].sg_name);
		assert_true(stat_groups[g].sg_n > 0);
		for (k = 0; k < g; k++)
			assert_string_not_equal(stat_groups[g].sg_name,
			    stat_groups[k].sg_name);
		base += stat_groups[g].sg_n;
	}
	assert_int_equal(stat_total(), base);
	assert_int_equal(stat_groups[SG_PATH].sg_n, PKS_N);
	assert_int_equal(stat_groups[SG_CPU].sg_n, CPS_N);
	assert_int_equal(stat_groups[SG_DEV].sg_n, DVS_N);
	assert_int_equal(stat_groups[SG_IP].sg_n, IPS_N);
}

/* A name begins with letters and an underscore of its group, as "ips_". */
static void
check_desc(const struct stat_group_desc *sg, unsigned i)
{
	const struct stat_desc *sd = &sg->sg_desc[i];
	size_t prefix = strcspn(sg->sg_desc[0].sd_name, "_") + 1;
	unsigned k;

	assert_true(strlen(sd->sd_name) > prefix);
	assert_int_equal(
	    strncmp(sd->sd_name, sg->sg_desc[0].sd_name, prefix), 0);
	for (k = 0; k < i; k++)
		assert_string_not_equal(sd->sd_name, sg->sg_desc[k].sd_name);
	if (strcmp(sd->sd_name + prefix, "none") == 0)
		return; /* "no reason", which nobody sees */
	assert_true(strlen(sd->sd_text) > 2);
	assert_true(strlen(sd->sd_text) < 80);
	assert_false(
	    ispunct((unsigned char)sd->sd_text[strlen(sd->sd_text) - 1]) &&
	    sd->sd_text[strlen(sd->sd_text) - 1] == '.');
}

static void
counters_are_named(void **state)
{
	unsigned g, i;

	for (g = 0; g < SG_N; g++)
		for (i = 0; i < stat_groups[g].sg_n; i++)
			check_desc(&stat_groups[g], i);
	assert_string_equal(
	    stat_groups[SG_PATH].sg_desc[pks_handfull].sd_name, "pks_handfull");
	assert_true(stat_groups[SG_PATH].sg_desc[pks_handfull].sd_drop);
	assert_false(stat_groups[SG_PATH].sg_desc[pks_dropped].sd_drop);
	assert_true(stat_groups[SG_DEV].sg_desc[dvs_full].sd_drop);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_are_laid_out),
		cmocka_unit_test(counters_are_named),
	};

	return cmocka_run_group_tests_name("top/stat", tests, NULL, NULL);
}
