/* SPDX-License-Identifier: BSD-2-Clause */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gen/plan.h"

#define PART_TRIES 16	/* runs that end just then */

static int
file_fail(const char *path)
{
	fprintf(stderr, "spate gen: %s: %s\n", path, strerror(errno));
	return -1;
}

/*
 * The file is this run's alone, and still the one of that name: a run that
 * ended meanwhile has given it another, or taken it away (ESTALE).
 */
static int
part_lock(int fd, const char *part)
{
	struct stat mine, there;

	if (flock(fd, LOCK_EX | LOCK_NB) != 0 || fstat(fd, &mine) != 0)
		return errno;
	if (lstat(part, &there) != 0 || mine.st_dev != there.st_dev ||
	    mine.st_ino != there.st_ino)
		return ESTALE;
	return ftruncate(fd, 0) != 0 ? errno : 0;
}

/* A file of which no other run takes anything away; -1 after a message. */
static int
part_open(const char *part)
{
	unsigned tries = PART_TRIES;
	int error, fd;

	do {
		fd = open(part, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		    0666);
		if (fd < 0)
			return file_fail(part);
		if ((error = part_lock(fd, part)) == 0)
			return fd;
		close(fd);
	} while (error == ESTALE && --tries > 0);
	if (error == EWOULDBLOCK)
		fprintf(stderr, "spate gen: %s: another run writes this "
		    "report, or it is named twice; choose another place, or "
		    "wait for that run\n",
		    part);
	else
		fprintf(stderr, "spate gen: %s: %s\n", part, strerror(error));
	return -1;
}

/* path is malloc'ed and taken. */
static int
file_open(struct gen_files *fs, enum report_form form, char *path)
{
	struct gen_file *gf = &fs->fs_file[fs->fs_n];

	if (path == NULL)
		return file_fail("report");
	*gf = (struct gen_file) { .gf_form = form, .gf_path = path,
		.gf_fd = STDOUT_FILENO };
	if (strcmp(path, "-") == 0) {
		free(path);
		gf->gf_path = NULL;
		fs->fs_n++;
		return 0;
	}
	if (asprintf(&gf->gf_part, "%s.part", path) < 0) {
		free(path);
		return file_fail("report");
	}
	if ((gf->gf_fd = part_open(gf->gf_part)) < 0) {
		free(gf->gf_part);
		free(path);
		return -1;
	}
	fs->fs_n++;
	return 0;
}

static char *
in_dir(const char *dir, const char *name)
{
	char *path;

	return asprintf(&path, "%s/%s", dir, name) < 0 ? NULL : path;
}

static int
files_in_dir(const char *dir, struct gen_files *fs)
{
	if (mkdir(dir, 0777) != 0 && errno != EEXIST)
		return file_fail(dir);
	if (file_open(fs, REPORT_JSON, in_dir(dir, "report.json")) != 0 ||
	    file_open(fs, REPORT_CSV, in_dir(dir, "report.csv")) != 0 ||
	    file_open(fs, REPORT_HTML, in_dir(dir, "report.html")) != 0)
		return -1;
	return 0;
}

int
files_open(const struct plan *pl, struct gen_files *fs)
{
	const struct plan_report *po = pl->pl_report;

	memset(fs, 0, sizeof(*fs));
	if ((po->po_dir != NULL && files_in_dir(po->po_dir, fs) != 0) ||
	    (po->po_json != NULL &&
		file_open(fs, REPORT_JSON, strdup(po->po_json)) != 0) ||
	    (po->po_csv != NULL &&
		file_open(fs, REPORT_CSV, strdup(po->po_csv)) != 0) ||
	    (po->po_html != NULL &&
		file_open(fs, REPORT_HTML, strdup(po->po_html)) != 0)) {
		files_finish(fs, false);
		return -1;
	}
	return 0;
}

bool
files_stdout(const struct gen_files *fs)
{
	unsigned i;

	for (i = 0; i < fs->fs_n; i++) {
		if (fs->fs_file[i].gf_path == NULL)
			return true;
	}
	return false;
}

static int
file_print(const struct gen_file *gf, const struct report *rp)
{
	FILE *f;
	int fd;
	int error;

	if ((fd = fcntl(gf->gf_fd, F_DUPFD_CLOEXEC, 0)) < 0)
		return errno;
	if ((f = fdopen(fd, "w")) == NULL) {
		close(fd);
		return errno;
	}
	error = report_print(rp, gf->gf_form, f);
	if (fclose(f) != 0 && error == 0)
		error = errno;
	return error;
}

int
files_print(const struct gen_files *fs, const struct report *rp)
{
	const struct gen_file *gf;
	unsigned i;
	int worst = 0;
	int error;

	for (i = 0; i < fs->fs_n; i++) {
		gf = &fs->fs_file[i];
		if ((error = file_print(gf, rp)) == 0)
			continue;
		fprintf(stderr, "spate gen: %s: %s\n", gf->gf_path != NULL ?
		    gf->gf_path : "standard output", strerror(error));
		worst = error;
	}
	return worst;
}

/* Whether the file has its name, or there was nothing to name. */
static bool
file_finish(struct gen_file *gf, bool tell)
{
	struct stat st;
	bool ok = true;

	if (gf->gf_path == NULL)
		return true;
	if (fstat(gf->gf_fd, &st) == 0 && st.st_size > 0) {
		ok = rename(gf->gf_part, gf->gf_path) == 0;
		if (!ok)
			file_fail(gf->gf_path);
		else if (tell)
			fprintf(stderr, "report: %s\n", gf->gf_path);
	} else {
		unlink(gf->gf_part);
	}
	close(gf->gf_fd);
	free(gf->gf_part);
	free(gf->gf_path);
	return ok;
}

int
files_finish(struct gen_files *fs, bool tell)
{
	int failed = 0;
	unsigned i;

	for (i = 0; i < fs->fs_n; i++)
		failed += !file_finish(&fs->fs_file[i], tell);
	fs->fs_n = 0;
	return failed;
}
