/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The files of a report.  They are opened while that is still allowed, beside
 * where they will be, and put there once they are whole: a file of an earlier
 * run stays until there is a new one.  Until then they are locked, so that two
 * runs at a time do not mix in one report; the second is refused.
 */
#ifndef CMD_GEN_FILES_H
#define CMD_GEN_FILES_H

#include <stdbool.h>
#include <stdio.h>

#include "gen/report.h"

struct plan;

#define FILES_MAX 6

struct gen_file {
	enum report_form gf_form;
	char	*gf_path;	/* NULL: standard output */
	char	*gf_part;	/* its name until it is whole */
	int	 gf_fd;
};

struct gen_files {
	struct gen_file	fs_file[FILES_MAX];
	unsigned fs_n;
};

/* 0, or -1 after a message; then nothing is left behind. */
int	 files_open(const struct plan *, struct gen_files *);
/* Whether one of them is standard output. */
bool	 files_stdout(const struct gen_files *);
/* In the child: print into each; an errno value after a message. */
int	 files_print(const struct gen_files *, const struct report *);
/*
 * In the parent: those that something was printed into get their names, the
 * others go.  Returns how many failed, after messages.
 */
int	 files_finish(struct gen_files *, bool tell);

#endif
