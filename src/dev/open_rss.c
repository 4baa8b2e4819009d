/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Key and indirection table of a device.
 *
 * A device that hashes with the instance's key, and whose table names its
 * queues in turn, puts a flow into the queue of the CPU that owns it, if it
 * has a queue for each.  What it does in fact is found out from packets
 * (netisr/trust.h): nothing depends on what is read back here.
 */
#include <assert.h>
#include <errno.h>
#include <linux/ethtool.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "dev/open_rss.h"

static_assert(HWRSS_OURKEY <= HWRSS_KEY, "ours fits");

bool
hwrss_sound(const struct hwrss *hr)
{
	return hr->hr_nkey <= HWRSS_KEY && hr->hr_ntable <= HWRSS_TABLE;
}

bool
hwrss_has_key(const struct hwrss *hr, const uint8_t key[static HWRSS_OURKEY])
{
	return hr->hr_nkey >= HWRSS_OURKEY && hr->hr_xfrm == 0 &&
	    hr->hr_func == HWRSS_TOEPLITZ &&
	    memcmp(hr->hr_key, key, HWRSS_OURKEY) == 0;
}

bool
hwrss_in_turn(const struct hwrss *hr, unsigned nqueues)
{
	unsigned i;

	for (i = 0; i < hr->hr_ntable; i++)
		if (hr->hr_table[i] != i % nqueues)
			return false;
	return hr->hr_ntable > 0;
}

/* A command with room for both; NULL without memory. */
static struct ethtool_rxfh *
rxfh_alloc(uint32_t cmd, unsigned ntable, unsigned nkey)
{
	struct ethtool_rxfh *er;

	er = calloc(1, sizeof(*er) + ntable * sizeof(uint32_t) + nkey);
	if (er != NULL) {
		er->cmd = cmd;
		er->indir_size = ntable;
		er->key_size = nkey;
	}
	return er;
}

/* Queues that a table names are at most what fits our own. */
static int
rxfh_read(const struct ethtool_rxfh *er, struct hwrss *hr)
{
	unsigned i;

	hr->hr_func = er->hfunc;
	hr->hr_xfrm = er->rsvd8[0]; /* input_xfrm of newer kernels */
	hr->hr_nkey = (uint16_t)er->key_size;
	hr->hr_ntable = (uint16_t)er->indir_size;
	for (i = 0; i < er->indir_size; i++) {
		if (er->rss_config[i] > UINT16_MAX)
			return E2BIG;
		hr->hr_table[i] = (uint16_t)er->rss_config[i];
	}
	memcpy(hr->hr_key, &er->rss_config[er->indir_size], er->key_size);
	return 0;
}

int
hwrss_get(ethtool_fn *call, void *arg, struct hwrss *hr)
{
	struct ethtool_rxfh size = { .cmd = ETHTOOL_GRSSH }, *er;
	int error;

	memset(hr, 0, sizeof(*hr));
	if ((error = call(arg, &size)) != 0)
		return error;
	if (size.indir_size > HWRSS_TABLE || size.key_size > HWRSS_KEY)
		return E2BIG;
	er = rxfh_alloc(ETHTOOL_GRSSH, size.indir_size, size.key_size);
	if (er == NULL)
		return ENOMEM;
	error = call(arg, er);
	/* The kernel says again how much there is. */
	if (error == 0 &&
	    (er->indir_size != size.indir_size ||
		er->key_size != size.key_size))
		error = EAGAIN;
	if (error == 0)
		error = rxfh_read(er, hr);
	if (error != 0)
		memset(hr, 0, sizeof(*hr));
	free(er);
	return error;
}

static int
hwrss_set_once(ethtool_fn *call, void *arg, const struct hwrss *hr)
{
	struct ethtool_rxfh *er;
	unsigned i;
	int error;

	er = rxfh_alloc(ETHTOOL_SRSSH, hr->hr_ntable, hr->hr_nkey);
	if (er == NULL)
		return ENOMEM;
	for (i = 0; i < hr->hr_ntable; i++)
		er->rss_config[i] = hr->hr_table[i];
	memcpy(&er->rss_config[hr->hr_ntable], hr->hr_key, hr->hr_nkey);
	/* A table of no entries would mean the driver's own. */
	if (hr->hr_ntable == 0)
		er->indir_size = ETH_RXFH_INDIR_NO_CHANGE;
	if (hr->hr_nkey > 0) {
		er->hfunc = hr->hr_func;
		er->rsvd8[0] = hr->hr_xfrm;
	}
	error = call(arg, er);
	free(er);
	return error;
}

/* Some devices take only one of the two, or one at a time. */
int
hwrss_set(ethtool_fn *call, void *arg, const struct hwrss *hr)
{
	struct hwrss key = *hr, table = *hr;
	int error;

	key.hr_ntable = table.hr_nkey = 0;
	error = hwrss_set_once(call, arg, hr);
	if (error == 0 || hr->hr_nkey == 0 || hr->hr_ntable == 0)
		return error;
	if (hwrss_set_once(call, arg, &key) == 0)
		error = 0;
	if (hwrss_set_once(call, arg, &table) == 0)
		error = 0;
	return error;
}

/* What the device should be like, as far as it has these things. */
static void
hwrss_want(struct hwrss *hr, const uint8_t key[static HWRSS_OURKEY],
    unsigned nqueues)
{
	unsigned i;

	for (i = 0; i < hr->hr_ntable; i++)
		hr->hr_table[i] = (uint16_t)(i % nqueues);
	if (hr->hr_nkey < HWRSS_OURKEY) {
		hr->hr_nkey = 0;
		return;
	}
	memset(hr->hr_key, 0, sizeof(hr->hr_key));
	memcpy(hr->hr_key, key, HWRSS_OURKEY);
	hr->hr_func = HWRSS_TOEPLITZ;
	hr->hr_xfrm = 0;
}

int
hwrss_program(ethtool_fn *call, void *arg,
    const uint8_t key[static HWRSS_OURKEY], unsigned nqueues,
    struct hwrss *found, struct hwrss *now, bool *changed)
{
	struct hwrss want;
	int error;

	*changed = false;
	memset(now, 0, sizeof(*now));
	if ((error = hwrss_get(call, arg, found)) != 0)
		return error;
	want = *found;
	hwrss_want(&want, key, nqueues);
	if ((want.hr_nkey == 0 || hwrss_has_key(found, key)) &&
	    (want.hr_ntable == 0 || hwrss_in_turn(found, nqueues))) {
		*now = *found;
		return 0;
	}
	*changed = true;
	(void)hwrss_set(call, arg, &want); /* what it is like is read back */
	return hwrss_get(call, arg, now);
}
