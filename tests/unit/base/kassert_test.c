/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A broken invariant ends the program and says where; see base/kassert.h.
 */
#ifndef SPATE_KASSERT
#define SPATE_KASSERT
#endif
#include "base/kassert.h"

#include <sys/wait.h>

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Run fn in a child; its standard error comes back in text. */
static int
child(void (*fn)(void), char *text, size_t room)
{
	int fds[2];
	int status;
	size_t n = 0;
	ssize_t got;
	pid_t pid;

	assert_int_equal(pipe(fds), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		dup2(fds[1], STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		fn();
		_exit(0);
	}
	close(fds[1]);
	while ((got = read(fds[0], text + n, room - 1 - n)) > 0)
		n += (size_t)got;
	text[n] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
break_it(void)
{
	int apples = 3;

	KASSERT(apples == 4);
}

static void
keep_it(void)
{
	const char *p = "x";

	KASSERT(p);
	KASSERT(1 + 1 == 2);
}

static void
do_panic(void)
{
	panic("bucket %d has no owner", 7);
}

static void
false_aborts_and_tells(void **state)
{
	char text[1024];
	int status = child(break_it, text, sizeof(text));

	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
	assert_non_null(strstr(text, "kassert_test.c:"));
	assert_non_null(strstr(text, "assertion failed: apples == 4"));
}

static void
true_goes_on(void **state)
{
	char text[1024];
	int status = child(keep_it, text, sizeof(text));

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
	assert_string_equal(text, "");
}

static void
panic_formats(void **state)
{
	char text[1024];
	int status = child(do_panic, text, sizeof(text));

	assert_true(WIFSIGNALED(status));
	assert_string_equal(text, "panic: bucket 7 has no owner\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(false_aborts_and_tells),
		cmocka_unit_test(true_goes_on),
		cmocka_unit_test(panic_formats),
	};

	return cmocka_run_group_tests_name("base/kassert", tests, NULL, NULL);
}
