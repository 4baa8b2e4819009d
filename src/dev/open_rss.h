/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a device spreads packets by: the key of its hash and its indirection
 * table, read, set, and read back.
 *
 * All members are values, set by whoever fills one.
 */
#ifndef DEV_OPEN_RSS_H
#define DEV_OPEN_RSS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HWRSS_KEY    64 /* bytes of the longest key that is put back */
#define HWRSS_TABLE  2048 /* entries of the largest table, likewise */
#define HWRSS_TOEPLITZ 1 /* hr_func */
#define HWRSS_OURKEY 40 /* bytes of ours; what is longer has zeros behind */

struct hwrss {
	uint8_t hr_func; /* the kernel's number of the function */
	uint8_t hr_xfrm; /* what is done to tuples before; 0: nothing */
	uint16_t hr_nkey; /* 0: it has no key, or does not tell */
	uint16_t hr_ntable; /* 0: the same of the table */
	uint8_t hr_key[HWRSS_KEY];
	uint16_t hr_table[HWRSS_TABLE]; /* a queue each */
};

/* An ethtool command of an interface.  Errno value. */
typedef int ethtool_fn(void *arg, void *command);

/* EOPNOTSUPP: it has none.  E2BIG: larger than could be put back. */
int hwrss_get(ethtool_fn *, void *arg, struct hwrss *);

/*
 * Function, key and table, but those that have no length.  An errno value if
 * it takes neither.
 */
int hwrss_set(ethtool_fn *, void *arg, const struct hwrss *);

/*
 * Toeplitz with this key, and queues in turn; what it refuses stays.  It was
 * like found before, and is like now, as read back.  Whether anything may have
 * been changed is in *changed.  Errno value as of hwrss_get().
 */
int hwrss_program(ethtool_fn *, void *arg,
    const uint8_t key[static HWRSS_OURKEY], unsigned nqueues,
    struct hwrss *found, struct hwrss *now, bool *changed);

/* Whether it hashes by Toeplitz and this key; whether queues are in turn. */
bool hwrss_has_key(
    const struct hwrss *, const uint8_t key[static HWRSS_OURKEY]);
bool hwrss_in_turn(const struct hwrss *, unsigned nqueues);

/* Whether lengths are within bounds. */
bool hwrss_sound(const struct hwrss *);

#endif
