/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a privileged parent opens for its child, and what it does not.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/bytes.h"
#include "priv/permit.h"
#include "priv/priv.h"

/* In place of login.c: the user has come by eth0. */
static unsigned login_asked;

int
login_check(const char *device, bool cut, char *err, size_t errlen)
{
	login_asked++;
	if (cut || strcmp(device, "eth0") != 0)
		return 0;
	snprintf(err, errlen, "your login");
	return EPERM;
}

static const struct permit list[] = {
	{ OPEN_TAP, "tap0", NULL, false },
	{ OPEN_XDP, "eth0", NULL, false },
	{ OPEN_XDP, "eth1", NULL, false },
	{ OPEN_PACKET, "eth2", NULL, false },
	{ 0, "pair0", NULL, false },
	{ OPEN_MEMIF_LISTEN, "mem0", "/run/a", false },
	{ OPEN_MEMIF_CONNECT, "mem1", "@b", false },
	/* The same again: of a configuration that is on its way out. */
	{ OPEN_XDP, "eth1", NULL, true },
	{ OPEN_PACKET, "eth0", NULL, true },
};

static bool
list_get(const void *arg, unsigned i, struct permit *pm)
{
	const size_t *n = arg;

	if (i >= *n)
		return false;
	*pm = list[i];
	return true;
}

static int
ask(size_t n, enum open_kind kind, const char *name, const char *path,
    char err[static 160])
{
	struct permits ps = { "plan", list_get, &n };
	struct open_req req;

	err[0] = '\0';
	open_req_init(&req, kind, name);
	snprintf(req.or_path, sizeof(req.or_path), "%s", path);
	return permit_policy(&ps, &req, err, 160);
}

static void
named(void **state)
{
	static const struct {
		enum open_kind kind;
		const char *name;
		const char *path;
	} may[] = {
		{ OPEN_QUERY, "tap0", "" },
		{ OPEN_TAP, "tap0", "" },
		{ OPEN_RESTORE, "tap0", "" },
		{ OPEN_QUERY, "eth0", "" },
		{ OPEN_XDP, "eth1", "" },
		{ OPEN_RESTORE, "eth1", "" },
		{ OPEN_PACKET, "eth2", "" },
		{ OPEN_MEMIF_LISTEN, "mem0", "/run/a" },
		{ OPEN_MEMIF_REMOVE, "mem0", "/run/a" },
		{ OPEN_MEMIF_CONNECT, "mem1", "@b" },
		/* The socket counts; the interface's name is only told. */
		{ OPEN_MEMIF_CONNECT, "other", "@b" },
	};
	char err[160];
	size_t i;

	(void)state;
	for (i = 0; i < countof(may); i++) {
		assert_int_equal(ask(countof(list), may[i].kind, may[i].name,
		    may[i].path, err), 0);
		assert_string_equal(err, "");
	}
}

static void
refused(void **state)
{
	static const struct {
		enum open_kind kind;
		const char *name;
		const char *path;
		const char *err;
	} not [] = {
		{ OPEN_QUERY, "eth9", "",
		    "the plan does not name a device eth9" },
		{ OPEN_XDP, "eth", "", "the plan does not name a device eth" },
		/* Named, but not to be opened so. */
		{ OPEN_XDP, "tap0", "",
		    "the plan does not name a device tap0" },
		{ OPEN_TAP, "eth1", "",
		    "the plan does not name a device eth1" },
		{ OPEN_PACKET, "eth1", "",
		    "the plan does not name a device eth1" },
		{ OPEN_QUERY, "pair0", "",
		    "the plan does not name a device pair0" },
		{ OPEN_QUERY, "mem0", "/run/a",
		    "the plan does not name a device mem0" },
		{ OPEN_MEMIF_LISTEN, "mem0", "/run/b",
		    "the plan does not name a socket /run/b" },
		{ OPEN_MEMIF_CONNECT, "mem0", "/run/a",
		    "the plan does not name a socket /run/a" },
		{ OPEN_MEMIF_LISTEN, "mem1", "@b",
		    "the plan does not name a socket @b" },
		/* A client has nothing of the server's to remove. */
		{ OPEN_MEMIF_REMOVE, "mem1", "@b",
		    "the plan does not name a socket @b" },
		{ OPEN_MEMIF_LISTEN, "tap0", "",
		    "the plan does not name a socket " },
	};
	char err[160];
	size_t i;

	(void)state;
	for (i = 0; i < countof(not ); i++) {
		assert_int_equal(ask(countof(list), not [i].kind, not [i].name,
				     not [i].path, err),
		    EPERM);
		assert_string_equal(err, not [i].err);
	}
	assert_int_equal(ask(0, OPEN_TAP, "tap0", "", err), EPERM);
}

/* Only what takes a device from the kernel can cut a login. */
static void
login(void **state)
{
	char err[160];

	(void)state;
	login_asked = 0;
	assert_int_equal(ask(countof(list), OPEN_XDP, "eth0", "", err), EPERM);
	assert_string_equal(err, "your login");
	assert_int_equal(login_asked, 1);
	assert_int_equal(ask(countof(list), OPEN_PACKET, "eth0", "", err), 0);
	assert_int_equal(login_asked, 2);
	assert_int_equal(ask(countof(list), OPEN_QUERY, "eth0", "", err), 0);
	assert_int_equal(ask(countof(list), OPEN_RESTORE, "eth0", "", err), 0);
	assert_int_equal(ask(countof(list), OPEN_TAP, "tap0", "", err), 0);
	assert_int_equal(login_asked, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(named),
		cmocka_unit_test(refused),
		cmocka_unit_test(login),
	};

	return cmocka_run_group_tests_name("cmd/priv_permit", tests, NULL,
	    NULL);
}
