/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Messages for people.
 *
 * The sink enters through the instance: standard error, syslog, a test's
 * buffer.  It may be called from every thread of the instance and must bear
 * that.  Nothing is logged per packet: what the wire can provoke goes through
 * a limiter below, on the caller's clock.
 *
 * Who may touch a member, in this file:
 *	I	immutable after the event named in the comment
 *	A	atomic; a level may change at run time, no order is needed
 *	o	the owner of the limiter only
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

/* Not LOG_*: those belong to <syslog.h>. */
enum log_level { LOGL_ERROR, LOGL_WARN, LOGL_INFO, LOGL_DEBUG };

#define LOG_LINE_MAX 512 /* with its NUL; longer messages are cut */

/* text is one message without a newline, valid during the call. */
typedef void log_sink_fn(void *arg, enum log_level, const char *text);

struct log {
	log_sink_fn *l_sink; /* [I] log_init() */
	void *l_arg; /* [I] log_init() */
	_Atomic(enum log_level) l_level; /* [A] what is above is not made */
};

/* At most one message an interval; what was held back is counted. */
struct lograte {
	uint64_t lr_next; /* [o] ns; nothing passes before */
	uint64_t lr_held; /* [o] since the last that passed */
};

/* One message until logonce_reset(). */
struct logonce {
	bool lo_done; /* [o] */
};

void log_init(struct log *, log_sink_fn *, void *arg, enum log_level);
void log_set_level(struct log *, enum log_level);

/* A sink for standard error: "level: text". */
void log_sink_stderr(void *arg, enum log_level, const char *text);

/* "error", "warning", "info", "debug". */
const char *log_level_name(enum log_level);

void log_msg(struct log *, enum log_level, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void log_error(struct log *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void log_warn(struct log *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void log_info(struct log *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void log_debug(struct log *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Whether a message may pass now.  If so, *held is how many were held back
 * since the last one, for the message to tell.  A zeroed limiter is ready.
 */
bool lograte_pass(
    struct lograte *, uint64_t now_ns, uint64_t interval_ns, uint64_t *held);

/* True the first time.  A zeroed one is ready. */
bool logonce_pass(struct logonce *);
void logonce_reset(struct logonce *);

#endif
