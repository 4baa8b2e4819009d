/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages for people; see log.h.
 *
 * A message is formatted on the caller's stack and given to the sink whole:
 * no allocation, no lock, no state but the level.
 */
#include "base/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>

void
log_init(struct log *l, log_sink_fn *sink, void *arg, enum log_level level)
{
	l->l_sink = sink;
	l->l_arg = arg;
	atomic_init(&l->l_level, level);
}

void
log_set_level(struct log *l, enum log_level level)
{
	atomic_store_explicit(&l->l_level, level, memory_order_relaxed);
}

const char *
log_level_name(enum log_level level)
{
	static const char *const name[] = {
		[LOGL_ERROR] = "error",
		[LOGL_WARN] = "warning",
		[LOGL_INFO] = "info",
		[LOGL_DEBUG] = "debug",
	};

	return name[level];
}

void
log_sink_stderr(void *arg, enum log_level level, const char *text)
{
	(void)arg;
	fprintf(stderr, "%s: %s\n", log_level_name(level), text);
}

static void
log_vmsg(struct log *l, enum log_level level, const char *fmt, va_list ap)
{
	char line[LOG_LINE_MAX];

	if (level > atomic_load_explicit(&l->l_level, memory_order_relaxed))
		return;
	vsnprintf(line, sizeof(line), fmt, ap);
	l->l_sink(l->l_arg, level, line);
}

void
log_msg(struct log *l, enum log_level level, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vmsg(l, level, fmt, ap);
	va_end(ap);
}

void
log_error(struct log *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vmsg(l, LOGL_ERROR, fmt, ap);
	va_end(ap);
}

void
log_warn(struct log *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vmsg(l, LOGL_WARN, fmt, ap);
	va_end(ap);
}

void
log_info(struct log *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vmsg(l, LOGL_INFO, fmt, ap);
	va_end(ap);
}

void
log_debug(struct log *l, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_vmsg(l, LOGL_DEBUG, fmt, ap);
	va_end(ap);
}

bool
lograte_pass(
    struct lograte *lr, uint64_t now, uint64_t interval, uint64_t *held)
{
	if (now < lr->lr_next) {
		lr->lr_held++;
		return false;
	}
	*held = lr->lr_held;
	lr->lr_held = 0;
	lr->lr_next = now + interval;
	return true;
}

bool
logonce_pass(struct logonce *lo)
{
	bool first = !lo->lo_done;

	lo->lo_done = true;
	return first;
}

void
logonce_reset(struct logonce *lo)
{
	lo->lo_done = false;
}
