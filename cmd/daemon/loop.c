/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The event loop around ctl.
 *
 * ctl is a stepped object.  Before the loop waits, ctl's rounds run until they
 * find nothing, then "asleep" is published as cpu/endpoint.h wants it: whoever
 * sends ctl a message from then on makes the engine's descriptor readable, and
 * a message that came between is seen by the last look.  After the wait ctl is
 * awake, and the next pass begins with its rounds, whatever woke it.
 */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>
#include <uv.h>

#include "ctl/link.h"
#include "daemon_int.h"
#include "server.h"
#include "source.h"

#define ROUNDS_MAX 64 /* of ctl before descriptors are looked at again */

struct loop {
	uv_loop_t lo_uv;
	uv_prepare_t lo_prepare; /* runs ctl before the loop waits */
	uv_check_t lo_check;	 /* and wakes it after */
	uv_timer_t lo_timer;	 /* ctl's next timer */
	uv_poll_t lo_woken;	 /* somebody sent ctl a message */
	uv_poll_t lo_parent;	 /* the parent hung up */
	uv_poll_t lo_link;	 /* a link of the system changed */
	struct link *lo_links;
	uv_signal_t lo_term;
	uv_signal_t lo_int;
	struct ctl *lo_ctl;
	struct engine *lo_engine;
	struct server *lo_server;
	struct source *lo_source;
	bool lo_orphan;
};

static void
loop_timer(uv_timer_t *h)
{
	(void)h; /* it has ended the wait */
}

/* Have the wait end when ctl wants to run. */
static void ON_CTL
loop_arm(struct loop *lo, uint64_t next)
{
	uint64_t now = lo->lo_ctl->ctl_now, ms;

	if (next == UINT64_MAX) {
		uv_timer_stop(&lo->lo_timer);
		return;
	}
	/* Up: a millisecond late beats waking in vain before. */
	ms = next > now ? (next - now + NS_MS - 1) / NS_MS : 0;
	uv_update_time(&lo->lo_uv);
	uv_timer_start(&lo->lo_timer, loop_timer, ms, 0);
}

static void
loop_prepare(uv_prepare_t *h)
{
	struct loop *lo = h->data;
	struct ctl *ctl = lo->lo_ctl;
	unsigned left = ROUNDS_MAX;

	role_enter(&on_ctl);
	do {
		endpoint_sleep_cancel(&ctl->ctl_ep);
		while (left > 0 && ctl_round(ctl))
			left--;
		endpoint_sleep_begin(&ctl->ctl_ep);
		/* What waits for room elsewhere is ctl_next()'s business. */
	} while (left > 0 && msg_arrived(&ctl->ctl_ep));
	loop_arm(lo, left > 0 ? ctl_next(ctl) : ctl->ctl_now);
}

static void
loop_check(uv_check_t *h)
{
	struct loop *lo = h->data;

	endpoint_sleep_cancel(&lo->lo_ctl->ctl_ep);
}

static void
loop_woken(uv_poll_t *h, int status, int events)
{
	struct loop *lo = h->data;

	engine_ctl_woken(lo->lo_engine);
}

static void
loop_parent(uv_poll_t *h, int status, int events)
{
	struct loop *lo = h->data;

	lo->lo_orphan = true;
	uv_stop(&lo->lo_uv);
}

static void
loop_link(uv_poll_t *h, int status, int events)
{
	struct loop *lo = h->data;

	role_enter(&on_ctl);
	link_check(lo->lo_links);
}

static int ON_CTL
loop_links(struct loop *lo)
{
	int error;

	if ((error = link_create(lo->lo_ctl, &lo->lo_links)) != 0)
		return -error;
	lo->lo_link.data = lo;
	error = uv_poll_init(&lo->lo_uv, &lo->lo_link, link_fd(lo->lo_links));
	return error != 0 ? error :
	    uv_poll_start(&lo->lo_link, UV_READABLE, loop_link);
}

static void
loop_signal(uv_signal_t *h, int signum)
{
	uv_stop(h->loop);
}

/* Every handle finds the loop in its data. */
static int ON_CTL
loop_init(struct loop *lo, const struct child_fds *cf)
{
	uv_loop_t *uv = &lo->lo_uv;
	int error;

	if ((error = uv_prepare_init(uv, &lo->lo_prepare)) != 0 ||
	    (error = uv_check_init(uv, &lo->lo_check)) != 0 ||
	    (error = uv_timer_init(uv, &lo->lo_timer)) != 0 ||
	    (error = uv_poll_init(uv, &lo->lo_parent, cf->cf_opener)) != 0 ||
	    (error = uv_signal_init(uv, &lo->lo_term)) != 0 ||
	    (error = uv_signal_init(uv, &lo->lo_int)) != 0)
		return error;
	lo->lo_prepare.data = lo->lo_check.data = lo->lo_parent.data = lo;
	lo->lo_woken.data = lo;
	if ((error = uv_prepare_start(&lo->lo_prepare, loop_prepare)) != 0 ||
	    (error = uv_check_start(&lo->lo_check, loop_check)) != 0 ||
	    (error = uv_poll_start(&lo->lo_parent, UV_DISCONNECT,
	    loop_parent)) != 0 ||
	    (error = uv_signal_start(&lo->lo_term, loop_signal,
	    SIGTERM)) != 0 ||
	    (error = uv_signal_start(&lo->lo_int, loop_signal, SIGINT)) != 0)
		return error;
	if ((error = loop_links(lo)) != 0)
		return error;
	error = source_create(uv, lo->lo_ctl, cf->cf_newconf, &lo->lo_source);
	if (error != 0)
		return error;
	return server_create(uv, lo->lo_ctl, cf->cf_listen, &lo->lo_server);
}

int
loop_create(struct ctl *ctl, const struct child_fds *cf, struct loop **lop)
{
	struct loop *lo;
	int error;

	if ((lo = calloc(1, sizeof(*lo))) == NULL)
		return ENOMEM;
	lo->lo_ctl = ctl;
	if ((error = uv_loop_init(&lo->lo_uv)) != 0) {
		free(lo);
		return -error;
	}
	if ((error = loop_init(lo, cf)) != 0) {
		loop_destroy(lo);
		return -error;
	}
	*lop = lo;
	return 0;
}

bool
loop_run(struct loop *lo, struct engine *en)
{
	int error;

	lo->lo_engine = en;
	error = uv_poll_init(&lo->lo_uv, &lo->lo_woken, engine_ctl_fd(en));
	if (error == 0)
		error = uv_poll_start(&lo->lo_woken, UV_READABLE, loop_woken);
	if (error != 0) {
		log_error(&lo->lo_ctl->ctl_sp->sp_env.env_log,
		    "event loop: %s", uv_strerror(error));
		return false;
	}
	uv_run(&lo->lo_uv, UV_RUN_DEFAULT);
	return !lo->lo_orphan;
}

static void
loop_close(uv_handle_t *h, void *arg)
{
	if (!uv_is_closing(h))
		uv_close(h, NULL);
}

void
loop_destroy(struct loop *lo)
{
	role_enter(&on_ctl);
	if (lo->lo_server != NULL)
		server_destroy(lo->lo_server);
	uv_walk(&lo->lo_uv, loop_close, NULL);
	uv_run(&lo->lo_uv, UV_RUN_DEFAULT); /* what closes, ends */
	uv_loop_close(&lo->lo_uv);
	source_destroy(lo->lo_source);
	if (lo->lo_links != NULL)
		link_destroy(lo->lo_links);
	free(lo);
}
