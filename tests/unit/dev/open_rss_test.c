/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Key and indirection table of devices of many kinds: what is set, what is
 * read back, what is put back.
 */
#include <errno.h>
#include <linux/ethtool.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "dev/open_rss.h"

#define QUEUES 4

/* A device, and the kernel before it. */
struct nic {
	struct hwrss n_is;
	int n_none; /* what it answers to everything */
	bool n_nokey; /* these are refused */
	bool n_notable;
	bool n_together; /* key and table in one command are refused */
	bool n_deaf; /* says yes, and does nothing */
	uint32_t n_large; /* queue that its table names first */
	unsigned n_sets;
};

static int
nic_get(const struct nic *n, struct ethtool_rxfh *er)
{
	unsigned i, ntable = er->indir_size, nkey = er->key_size;

	er->indir_size = n->n_is.hr_ntable;
	er->key_size = n->n_is.hr_nkey;
	er->hfunc = n->n_is.hr_func;
	er->rsvd8[0] = n->n_is.hr_xfrm;
	if (ntable == 0 && nkey == 0)
		return 0;
	assert_int_equal(ntable, er->indir_size);
	assert_int_equal(nkey, er->key_size);
	for (i = 0; i < ntable; i++)
		er->rss_config[i] = n->n_is.hr_table[i];
	if (n->n_large != 0)
		er->rss_config[0] = n->n_large;
	memcpy(&er->rss_config[ntable], n->n_is.hr_key, nkey);
	return 0;
}

static int
nic_set(struct nic *n, const struct ethtool_rxfh *er)
{
	bool table = er->indir_size != ETH_RXFH_INDIR_NO_CHANGE;
	bool key = er->key_size > 0;
	unsigned i, at = table ? er->indir_size : 0;

	n->n_sets++;
	assert_true(table || key);
	if ((table && n->n_notable) || (key && n->n_nokey) ||
	    (table && key && n->n_together))
		return EOPNOTSUPP;
	if (table)
		assert_int_equal(er->indir_size, n->n_is.hr_ntable);
	if (key)
		assert_int_equal(er->key_size, n->n_is.hr_nkey);
	if (n->n_deaf)
		return 0;
	for (i = 0; table && i < at; i++)
		n->n_is.hr_table[i] = (uint16_t)er->rss_config[i];
	if (key) {
		memcpy(n->n_is.hr_key, &er->rss_config[at], er->key_size);
		n->n_is.hr_func = er->hfunc;
		n->n_is.hr_xfrm = er->rsvd8[0];
	}
	return 0;
}

static int
nic_call(void *arg, void *command)
{
	struct nic *n = arg;

	if (n->n_none != 0)
		return n->n_none;
	return *(uint32_t *)command == ETHTOOL_GRSSH ? nic_get(n, command) :
	    nic_set(n, command);
}

static struct nic
nic_make(unsigned nkey, unsigned ntable)
{
	struct nic n = { .n_is = { .hr_func = 2 /* XOR */,
			     .hr_xfrm = 1,
			     .hr_nkey = (uint16_t)nkey,
			     .hr_ntable = (uint16_t)ntable } };
	unsigned i;

	memset(n.n_is.hr_key, 0xee, nkey);
	for (i = 0; i < ntable; i++)
		n.n_is.hr_table[i] = (uint16_t)(i / 2 % QUEUES);
	return n;
}

static void
programmed(void **state)
{
	static const struct {
		unsigned nkey, ntable;
		bool nokey, notable, together, deaf;
		bool key, turn; /* afterwards */
	} tab[] = {
		{ 40, 128, false, false, false, false, true, true },
		{ 52, 512, false, false, false, false, true, true },
		{ 64, 2048, false, false, false, false, true, true },
		{ 0, 128, false, false, false, false, false, true },
		{ 16, 128, false, false, false, false, false, true },
		{ 40, 0, false, false, false, false, true, false },
		{ 40, 128, true, false, false, false, false, true },
		{ 40, 128, false, true, false, false, true, false },
		{ 40, 128, false, false, true, false, true, true },
		{ 40, 128, true, true, false, false, false, false },
		{ 40, 128, false, false, false, true, false, false },
	};
	struct hwrss found, now;
	uint8_t key[HWRSS_OURKEY];
	bool changed;
	unsigned i;

	for (i = 0; i < countof(key); i++)
		key[i] = (uint8_t)i;
	for (i = 0; i < countof(tab); i++) {
		struct nic n = nic_make(tab[i].nkey, tab[i].ntable), was = n;

		n.n_nokey = tab[i].nokey;
		n.n_notable = tab[i].notable;
		n.n_together = tab[i].together;
		n.n_deaf = tab[i].deaf;
		assert_int_equal(hwrss_program(nic_call, &n, key, QUEUES,
				     &found, &now, &changed),
		    0);
		assert_true(changed);
		assert_memory_equal(&found, &was.n_is, sizeof(found));
		assert_memory_equal(&now, &n.n_is, sizeof(now));
		assert_int_equal(hwrss_has_key(&now, key), tab[i].key);
		assert_int_equal(hwrss_in_turn(&now, QUEUES), tab[i].turn);
		(void)hwrss_set(nic_call, &n, &found);
		assert_memory_equal(&n.n_is, &was.n_is, sizeof(found));
	}
}

/* Nothing is set that is there already. */
static void
again(void **state)
{
	struct nic n = nic_make(52, 128);
	struct hwrss found, now;
	const uint8_t key[HWRSS_OURKEY] = { 1 };
	bool changed;
	unsigned i;

	for (i = 0; i < 2; i++) {
		assert_int_equal(hwrss_program(nic_call, &n, key, QUEUES,
				     &found, &now, &changed),
		    0);
		assert_int_equal(changed, i == 0);
		assert_int_equal(n.n_sets, 1);
	}
}

static void
left_alone(void **state)
{
	static const struct {
		unsigned nkey, ntable;
		uint32_t large;
		int none, error;
	} tab[] = {
		{ 40, 128, 0, EOPNOTSUPP, EOPNOTSUPP },
		{ 40, 128, 0, EPERM, EPERM },
		{ 65, 128, 0, 0, E2BIG },
		{ 40, 2049, 0, 0, E2BIG },
		{ 40, 128, 65536, 0, E2BIG },
		{ 0, 0, 0, 0, 0 },
	};
	struct hwrss found, now;
	const uint8_t key[HWRSS_OURKEY] = { 1 };
	bool changed;
	unsigned i;

	for (i = 0; i < countof(tab); i++) {
		struct nic n = nic_make(1, 1);

		n.n_is.hr_nkey = (uint16_t)tab[i].nkey;
		n.n_is.hr_ntable = (uint16_t)tab[i].ntable;
		n.n_large = tab[i].large;
		n.n_none = tab[i].none;
		assert_int_equal(hwrss_program(nic_call, &n, key, QUEUES,
				     &found, &now, &changed),
		    tab[i].error);
		assert_false(changed);
		assert_int_equal(n.n_sets, 0);
		assert_false(hwrss_has_key(&now, key));
		assert_false(hwrss_in_turn(&now, QUEUES));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(programmed),
		cmocka_unit_test(again),
		cmocka_unit_test(left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
