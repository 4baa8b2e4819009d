/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Where the child gets a new configuration: from the parent (newconf.h).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/control.h"
#include "newconf.h"
#include "source.h"

struct source {
	struct reload_source so_source;
	uv_poll_t so_poll;
	int so_sock;
	struct ctl *so_ctl;
	char so_path[4096];
};

/* What the parent has read: all its files, one behind the other. */
struct files {
	char *fi_data;
	size_t fi_len;
};

/* All of it, and a NUL behind.  0 or an errno value. */
static int
files_read(struct files *fi, int fd, uint64_t size)
{
	ssize_t n;

	fi->fi_len = 0;
	if ((fi->fi_data = malloc(size + 1)) == NULL)
		return ENOMEM;
	while (fi->fi_len < size) {
		n = read(fd, fi->fi_data + fi->fi_len, size - fi->fi_len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? errno : EIO;
		fi->fi_len += (size_t)n;
	}
	fi->fi_data[fi->fi_len] = '\0';
	return 0;
}

/* ce_read: the file of this name. */
static int
files_find(void *arg, const char *path, char **text, size_t *len)
{
	const struct files *fi = arg;
	const char *p = fi->fi_data, *end = p + fi->fi_len, *name;
	uint64_t n;

	while (p < end) {
		name = p;
		p += strnlen(p, (size_t)(end - p)) + 1;
		if (p > end || (size_t)(end - p) < sizeof(n))
			break;
		memcpy(&n, p, sizeof(n));
		p += sizeof(n);
		if (n > (size_t)(end - p))
			break;
		if (strcmp(name, path) == 0) {
			if ((*text = malloc(n + 1)) == NULL)
				return ENOMEM;
			memcpy(*text, p, n);
			*len = n;
			return 0;
		}
		p += n;
	}
	return ENOENT;
}

static void ON_CTL
source_failed(struct source *so, int error)
{
	struct conf_pos whole = { .cp_file = so->so_path };
	struct conf_errors errs = { 0 };

	conf_error(&errs, &whole, "cannot be read again: %s",
	    strerror(error));
	reload_fetched(so->so_ctl, NULL, &errs);
	conf_errors_free(&errs);
}

static void ON_CTL
source_files(struct source *so, struct files *fi)
{
	struct conf_env env = control_conf_env;
	struct conf_errors errs;
	struct conf *conf;

	env.ce_read = files_find;
	env.ce_arg = fi;
	(void)conf_load(so->so_path, &env, &conf, &errs);
	reload_fetched(so->so_ctl, conf, &errs);
	conf_errors_free(&errs);
}

/* The parent's messages have their places in them already. */
static void ON_CTL
source_errors(struct source *so, const struct files *fi)
{
	struct conf_errors errs = { 0 };
	char *line, *rest = fi->fi_data;

	while ((line = strsep(&rest, "\n")) != NULL)
		if (line[0] == '\0')
			continue;
		else if (errs.ce_n < CONF_ERRORS_MAX)
			errs.ce_text[errs.ce_n++] = strdup(line);
		else
			errs.ce_more++;
	reload_fetched(so->so_ctl, NULL, &errs);
	conf_errors_free(&errs);
}

static void ON_CTL
source_message(struct source *so, const struct newconf_msg *nm, int fd)
{
	struct files fi = { 0 };
	int error = nm->nm_kind == NEWCONF_FAILED ? (int)nm->nm_error : 0;

	if (nm->nm_kind == NEWCONF_SIGNAL) {
		reload_signal(so->so_ctl);
		return;
	}
	if (error == 0)
		error = files_read(&fi, fd, nm->nm_size);
	if (error != 0)
		source_failed(so, error);
	else if (nm->nm_kind == NEWCONF_FILES)
		source_files(so, &fi);
	else
		source_errors(so, &fi);
	free(fi.fi_data);
}

static void
source_readable(uv_poll_t *h, int status, int events)
{
	struct source *so = h->data;
	struct newconf_msg nm;
	int fd;

	role_enter(&on_ctl);
	ctl_round(so->so_ctl); /* its clock */
	if (newconf_receive(so->so_sock, &nm, &fd) != 0) {
		uv_poll_stop(h); /* the parent is gone: the loop sees it */
		return;
	}
	source_message(so, &nm, fd);
	if (fd >= 0)
		close(fd);
}

static int
source_fetch(struct reload_source *rs)
{
	struct source *so = container_of(rs, struct source, so_source);
	struct newconf_msg nm = { .nm_kind = NEWCONF_FETCH };

	return newconf_send(so->so_sock, &nm, -1);
}

static void
source_settled(struct reload_source *rs, bool isnew)
{
	struct source *so = container_of(rs, struct source, so_source);
	struct newconf_msg nm = {
		.nm_kind = isnew ? NEWCONF_KEEPNEW : NEWCONF_KEEPOLD };

	(void)newconf_send(so->so_sock, &nm, -1);
}

int
source_create(uv_loop_t *uv, struct ctl *ctl, int sock, struct source **sop)
{
	const char *path = control_conf(ctl)->cf_sec.cs_pos.cp_file;
	struct source *so;
	int error;

	if ((so = calloc(1, sizeof(*so))) == NULL)
		return UV_ENOMEM;
	*sop = so;
	snprintf(so->so_path, sizeof(so->so_path), "%s", path);
	so->so_ctl = ctl;
	so->so_sock = sock;
	so->so_source.rs_fetch = source_fetch;
	so->so_source.rs_settled = source_settled;
	so->so_poll.data = so;
	reload_init(ctl, &so->so_source);
	if ((error = uv_poll_init(uv, &so->so_poll, sock)) == 0)
		error = uv_poll_start(&so->so_poll, UV_READABLE,
		    source_readable);
	return error;
}

void
source_destroy(struct source *so)
{
	free(so);
}
