/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reports as files: the old one stays until the new one is whole, and two runs
 * do not write one.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "gen/files.h"
#include "gen/plan.h"

#define NFILES 3

static const char *const names[NFILES] = { "report.json", "report.csv",
	"report.html" };
static char dir[] = "/tmp/spate-files-XXXXXX";
static struct plan_report where = { .po_dir = dir };
static const struct plan plan = { .pl_report = &where };

static char *
path(const char *name, const char *more)
{
	static char text[256];

	snprintf(text, sizeof(text), "%s/%s%s", dir, name, more);
	return text;
}

static void
print(const struct gen_files *fs, const char *text)
{
	unsigned i;

	for (i = 0; i < fs->fs_n; i++)
		assert_int_equal(write(fs->fs_file[i].gf_fd, text,
		    strlen(text)), strlen(text));
}

/* What each of the reports is; NULL: there is none. */
static void
reports_are(const char *text)
{
	char buf[64];
	unsigned i;
	FILE *f;

	for (i = 0; i < NFILES; i++) {
		f = fopen(path(names[i], ""), "r");
		if (text == NULL) {
			assert_null(f);
			continue;
		}
		assert_non_null(f);
		assert_non_null(fgets(buf, sizeof(buf), f));
		assert_string_equal(buf, text);
		fclose(f);
	}
}

static void
no_parts(void)
{
	unsigned i;

	for (i = 0; i < NFILES; i++)
		assert_int_equal(access(path(names[i], ".part"), F_OK), -1);
}

static int
set_up(void **state)
{
	return mkdtemp(strcpy(dir, "/tmp/spate-files-XXXXXX")) == NULL;
}

static int
tear_down(void **state)
{
	unsigned i;

	for (i = 0; i < NFILES; i++) {
		unlink(path(names[i], ""));
		unlink(path(names[i], ".part"));
	}
	return rmdir(dir);
}

static void
old_stays_until_new_is_whole(void **state)
{
	struct gen_files fs;

	assert_int_equal(files_open(&plan, &fs), 0);
	assert_int_equal(fs.fs_n, NFILES);
	print(&fs, "first");
	reports_are(NULL);
	assert_int_equal(files_finish(&fs, false), 0);
	reports_are("first");

	assert_int_equal(files_open(&plan, &fs), 0);
	print(&fs, "again");
	reports_are("first");
	assert_int_equal(files_finish(&fs, false), 0);
	reports_are("again");

	/* Nothing was measured. */
	assert_int_equal(files_open(&plan, &fs), 0);
	assert_int_equal(files_finish(&fs, false), 0);
	reports_are("again");
	no_parts();
}

/* The second is refused, and takes nothing from the first. */
static void
two_runs(void **state)
{
	struct gen_files fs, second;

	assert_int_equal(files_open(&plan, &fs), 0);
	print(&fs, "one");
	assert_int_equal(files_open(&plan, &second), -1);
	assert_int_equal(second.fs_n, 0);
	print(&fs, " and the rest");
	assert_int_equal(files_finish(&fs, false), 0);
	reports_are("one and the rest");
	no_parts();
	assert_int_equal(files_open(&plan, &second), 0);
	assert_int_equal(files_finish(&second, false), 0);
}

/* Only the last of its reports is another run's: all of them stay closed. */
static void
one_of_two_runs(void **state)
{
	struct plan_report html = { .po_html = strdup(path(names[2], "")) };
	const struct plan alone = { .pl_report = &html };
	struct gen_files fs, second;

	assert_non_null(html.po_html);
	assert_int_equal(files_open(&alone, &fs), 0);
	assert_int_equal(files_open(&plan, &second), -1);
	assert_int_equal(access(path(names[0], ".part"), F_OK), -1);
	assert_int_equal(access(path(names[1], ".part"), F_OK), -1);
	assert_int_equal(access(path(names[2], ".part"), F_OK), 0);
	assert_int_equal(files_finish(&fs, false), 0);
	free((void *)(uintptr_t)html.po_html);
}

static void
one_file_named_twice(void **state)
{
	struct plan_report twice = { .po_dir = dir,
		.po_json = strdup(path(names[0], "")) };
	const struct plan both = { .pl_report = &twice };
	struct gen_files fs;

	assert_non_null(twice.po_json);
	assert_int_equal(files_open(&both, &fs), -1);
	no_parts();
	free((void *)(uintptr_t)twice.po_json);
}

/* A run that was killed leaves its part, which nobody has locked. */
static void
after_one_that_was_killed(void **state)
{
	struct gen_files fs;
	FILE *f;

	assert_non_null(f = fopen(path(names[0], ".part"), "w"));
	fputs("much more than comes after it", f);
	fclose(f);
	assert_int_equal(files_open(&plan, &fs), 0);
	print(&fs, "whole");
	assert_int_equal(files_finish(&fs, false), 0);
	reports_are("whole");
	no_parts();
}

static void
through_a_link(void **state)
{
	struct gen_files fs;

	assert_int_equal(symlink("/dev/null", path(names[1], ".part")), 0);
	assert_int_equal(files_open(&plan, &fs), -1);
	assert_int_equal(access(path(names[0], ".part"), F_OK), -1);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(old_stays_until_new_is_whole),
		T(two_runs),
		T(one_of_two_runs),
		T(one_file_named_twice),
		T(after_one_that_was_killed),
		T(through_a_link),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
