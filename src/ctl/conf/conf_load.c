/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * From a path to a configuration: files, what they include, and the order of
 * the steps (conf_int.h).
 */
#include "ctl/conf/conf_int.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int
read_stream(FILE *f, char **textp, size_t *lenp)
{
	char *text = NULL;
	char *more;
	size_t size = 0;
	size_t len = 0;
	size_t n;

	do {
		/* One byte beyond the limit shows that it is exceeded. */
		size = size == 0 ? 8192 : size * 2;
		if (size > CONF_FILE_MAX + 1)
			size = CONF_FILE_MAX + 1;
		if ((more = realloc(text, size)) == NULL) {
			free(text);
			return ENOMEM;
		}
		text = more;
		n = fread(text + len, 1, size - len, f);
		len += n;
	} while (n != 0 && len <= CONF_FILE_MAX);
	if (ferror(f)) {
		free(text);
		return errno != 0 ? errno : EIO;
	}
	*textp = text;
	*lenp = len;
	return 0;
}

int
conf_read_file(void *arg, const char *path, char **text, size_t *len)
{
	FILE *f;
	int error;

	if ((f = fopen(path, "re")) == NULL)
		return errno;
	errno = 0;
	error = read_stream(f, text, len);
	fclose(f);
	return error;
}

static bool
source_text(struct conf_ctx *ctx, const struct conf_source *src,
    const char *text, size_t len)
{
	struct conf_pos whole = { .cp_file = src->s_name };
	struct conf_parse p = {
		.p_ctx = ctx,
		.p_src = src,
		.p_cur = &ctx->x_top,
		.p_pos = { src->s_name, 1, 1 },
	};

	if (len > CONF_FILE_MAX)
		return conf_stop(ctx, &whole,
		    "the file is too large; expected at most %u bytes",
		    CONF_FILE_MAX);
	return conf_lex_file(&p, text, len);
}

static bool
source_read(struct conf_ctx *ctx, const struct conf_source *src,
    const struct conf_pos *at)
{
	const struct conf_env *env = ctx->x_env;
	char *text = NULL;
	size_t len = 0;
	bool ok;
	int error;

	if (env->ce_read != NULL)
		error = env->ce_read(env->ce_arg, src->s_name, &text, &len);
	else
		error = conf_read_file(NULL, src->s_name, &text, &len);
	if (error != 0)
		return conf_stop(ctx, at,
		    "%s cannot be read: %s; expected a file",
		    conf_quote(src->s_name).q_text, strerror(error));
	ok = source_text(ctx, src, text, len);
	free(text);
	return ok;
}

/* A path in a file is relative to the folder of that file. */
static char *
path_join(struct conf_mem *mem, const char *from, const char *path)
{
	const char *slash = strrchr(from, '/');
	size_t n = slash == NULL ? 0 : (size_t)(slash - from) + 1;
	size_t len;
	char *p;

	while (strncmp(path, "./", 2) == 0)
		path += 2;
	if (path[0] == '/')
		n = 0;
	len = strlen(path);
	if ((p = conf_alloc(mem, 1, n + len + 1)) == NULL)
		return NULL;
	memcpy(p, from, n);
	memcpy(p + n, path, len);
	return p;
}

static bool
include_refused(struct conf_ctx *ctx, const struct conf_source *src,
    const struct conf_word *w)
{
	const struct conf_source *s;

	for (s = src->s_up; s != NULL; s = s->s_up) {
		if (strcmp(s->s_name, src->s_name) == 0)
			return !conf_stop(ctx, &w->w_pos,
			    "%s is being read already; expected no loop of "
			    "includes", conf_quote(w->w_text).q_text);
	}
	if (src->s_depth > CONF_DEPTH_MAX)
		return !conf_stop(ctx, &w->w_pos,
		    "includes within includes are too deep; expected at most "
		    "%u", CONF_DEPTH_MAX);
	if (++ctx->x_nfiles > CONF_FILES_MAX)
		return !conf_stop(ctx, &w->w_pos,
		    "too many files are included; expected at most %u",
		    CONF_FILES_MAX);
	return false;
}

bool
conf_include(struct conf_parse *p, const struct conf_value *v)
{
	struct conf_ctx *ctx = p->p_ctx;
	const struct conf_word *w = v->v_first;
	struct conf_source src = {
		.s_up = p->p_src,
		.s_depth = p->p_src->s_depth + 1,
	};

	if (v->v_bad) {
		ctx->x_stop = true;
		return false;
	}
	if (v->v_n != 1 || w->w_text[0] == '\0')
		return conf_stop(ctx, &p->p_last[0].t_pos,
		    "include takes one file; expected include \"FILE\"");
	ctx->x_said = true;
	src.s_name = path_join(ctx->x_keep, p->p_src->s_name,
	    w->w_text);
	if (src.s_name == NULL)
		return false;
	if (include_refused(ctx, &src, w))
		return false;
	return source_read(ctx, &src, &w->w_pos);
}

/* All steps behind the reading; false is want of memory. */
static bool
finish(struct conf_ctx *ctx, const struct conf_pos *whole)
{
	struct conf_pos start = { whole->cp_file, 1, 1 };

	if (!ctx->x_said) {
		conf_error(ctx->x_errs, &start,
		    "there is nothing in the file; expected settings and "
		    "sections, see %s", ctx->x_table->ct_manual);
		return true;
	}
	conf_macros_check(ctx);
	return conf_build(ctx) && ctx->x_table->ct_check(ctx);
}

static bool
ctx_init(struct conf_ctx *ctx)
{
	const struct conf_table *ct = ctx->x_table;

	ctx->x_top.n_last = &ctx->x_top.n_first;
	if ((ctx->x_mem = conf_mem_create()) == NULL ||
	    (ctx->x_keep = conf_mem_create()) == NULL ||
	    (ctx->x_root = conf_alloc(ctx->x_keep, 1, ct->ct_size)) == NULL)
		return false;
	memcpy((char *)ctx->x_root + ct->ct_memoff, &ctx->x_keep,
	    sizeof(ctx->x_keep));
	return true;
}

int
conf_table_load(const struct conf_table *ct, const char *name,
    const char *text, size_t len, const struct conf_env *env, void **rootp,
    struct conf_errors *errs)
{
	static const struct conf_env none;
	struct conf_ctx ctx = {
		.x_table = ct,
		.x_env = env != NULL ? env : &none,
		.x_errs = errs,
	};
	struct conf_source src = { 0 };
	struct conf_pos whole = { .cp_file = name };
	bool ok = false;

	*rootp = NULL;
	memset(errs, 0, sizeof(*errs));
	if (ctx_init(&ctx) &&
	    (src.s_name = conf_strndup(ctx.x_keep, name, strlen(name))) !=
		NULL) {
		whole.cp_file = src.s_name;
		((struct conf_sec *)ctx.x_root)->cs_pos = whole;
		ok = text != NULL ? source_text(&ctx, &src, text, len) :
		    source_read(&ctx, &src, &whole);
		if (ok)
			ok = finish(&ctx, &whole);
	}
	conf_mem_destroy(ctx.x_mem);
	if (ok && errs->ce_n == 0) {
		*rootp = ctx.x_root;
		return 0;
	}
	if (!ok && !ctx.x_stop)
		conf_error(errs, &whole, "out of memory");
	conf_mem_destroy(ctx.x_keep);
	return !ok && !ctx.x_stop ? ENOMEM : EINVAL;
}

void
conf_table_free(const struct conf_table *ct, void *root)
{
	struct conf_mem *mem;

	if (root == NULL)
		return;
	memcpy(&mem, (const char *)root + ct->ct_memoff, sizeof(mem));
	conf_mem_destroy(mem);
}

int
conf_load(const char *path, const struct conf_env *env, struct conf **cfp,
    struct conf_errors *errs)
{
	void *root;
	int error;

	error = conf_table_load(&conf_table_spate, path, NULL, 0, env, &root,
	    errs);
	*cfp = root;
	return error;
}

int
conf_parse_text(const char *name, const char *text, size_t len,
    const struct conf_env *env, struct conf **cfp, struct conf_errors *errs)
{
	void *root;
	int error;

	error = conf_table_load(&conf_table_spate, name, text, len, env, &root,
	    errs);
	*cfp = root;
	return error;
}

void
conf_free(struct conf *cf)
{
	conf_table_free(&conf_table_spate, cf);
}
