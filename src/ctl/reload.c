/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The steps of a reload, and its way back; control_int.h tells what they do.
 *
 *	IDLE -> FAREWELL -> MAKEWAY -> SWEEP -> IDLE
 *	                                     -> CONFIRM -> IDLE
 *
 * FAREWELL waits until the last words of interfaces that go have left, MAKEWAY
 * and SWEEP until the CPUs have let go of devices; mostly there is nothing to
 * wait for.  A failure turns the direction: the same steps, to the
 * configuration that ran before, and whatever fails then is only logged.
 * CONFIRM waits for the user; if nobody comes it goes the same way back.
 *
 *	C	ctl only
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "ctl/control.h"
#include "ctl/control_int.h"
#include "ctl/reload_int.h"
#include "route/route.h"

#define POLL_NS	   NS_MS
#define CLOSING_NS (10 * NS_S) /* for CPUs to let go of a device */

static void reload_timer(struct timer *, void *);

void
reload_init(struct ctl *ctl, struct reload_source *source)
{
	struct reload *rl = ctl->ctl_control->co_reload;

	if (rl != NULL)
		rl->rl_source = source;
}

int
reload_create(struct ctl *ctl)
{
	struct reload *rl = calloc(1, sizeof(*rl));

	if ((ctl->ctl_control->co_reload = rl) == NULL)
		return ENOMEM;
	timer_init(&rl->rl_timer, reload_timer);
	return 0;
}

void
reload_fini(struct ctl *ctl)
{
	struct reload *rl = ctl->ctl_control->co_reload;

	if (rl == NULL)
		return;
	timer_cancel(&ctl->ctl_wheel, &rl->rl_timer);
	conf_errors_free(&rl->rl_errs);
	byhand_free(rl->rl_hand);
	json_decref(rl->rl_lost);
	if (rl->rl_state == RLS_CONFIRM)
		conf_free(rl->rl_from);
	else if (rl->rl_state != RLS_IDLE)
		conf_free(ctl->ctl_control->co_conf == rl->rl_to ?
		    rl->rl_from : rl->rl_to);
	free(rl);
	ctl->ctl_control->co_reload = NULL;
}

static struct log *
reload_log(const struct ctl *ctl)
{
	return &ctl->ctl_sp->sp_env.env_log;
}

static void
reload_settled(struct reload *rl, bool isnew)
{
	if (rl->rl_source != NULL && rl->rl_source->rs_settled != NULL)
		rl->rl_source->rs_settled(rl->rl_source, isnew);
}

/* No way back any more. */
static void
reload_forget_former(struct reload *rl)
{
	byhand_free(rl->rl_hand);
	rl->rl_hand = NULL;
	conf_free(rl->rl_from);
}

/* Changes by hand that the way has undone are never lost in silence. */
static void ON_CTL
reload_tell_lost(struct ctl *ctl, struct reload *rl)
{
	const json_t *one;
	size_t i;

	json_decref(rl->rl_lost);
	rl->rl_lost = byhand_list(ctl, rl->rl_hand, true);
	json_array_foreach(rl->rl_lost, i, one) log_warn(reload_log(ctl),
	    "reload: undone by it, a change by "
	    "hand: %s %s",
	    json_string_value(json_object_get(one, "sign")),
	    json_string_value(json_object_get(one, "text")));
}

/* The way has ended: tell who waits, and let go of the other configuration. */
static void ON_CTL
reload_end(struct ctl *ctl, struct reload *rl)
{
	reload_done_fn *done = rl->rl_done;
	struct conf_errors errs = rl->rl_errs;
	int error = rl->rl_error;

	memset(&rl->rl_errs, 0, sizeof(rl->rl_errs));
	rl->rl_done = NULL;
	reload_tell_lost(ctl, rl);
	if (rl->rl_confirm > 0 && !rl->rl_back) {
		rl->rl_state = RLS_CONFIRM;
		rl->rl_until = ctl->ctl_now + rl->rl_confirm * NS_S;
		timer_set(&ctl->ctl_wheel, &rl->rl_timer, rl->rl_until);
	} else {
		rl->rl_state = RLS_IDLE;
		reload_forget_former(rl);
		reload_settled(rl, !rl->rl_back);
	}
	if (done != NULL)
		done(rl->rl_arg, error, &errs);
	conf_errors_free(&errs);
}

/* On the way back there is nobody to tell but the log. */
static void
reload_log_errors(struct ctl *ctl, struct conf_errors *errs)
{
	unsigned i;

	for (i = 0; i < errs->ce_n; i++)
		if (errs->ce_text[i] != NULL)
			log_error(reload_log(ctl), "%s", errs->ce_text[i]);
	conf_errors_free(errs);
}

static void ON_CTL reload_begin(struct ctl *, struct reload *);

/* A step has failed.  Returns whether to go on with the next one. */
static bool ON_CTL
reload_failed(struct ctl *ctl, struct reload *rl, int error,
    struct conf_errors *errs)
{
	struct conf *tried = rl->rl_to;

	if (rl->rl_back) {
		reload_log_errors(ctl, errs);
		return true;
	}
	rl->rl_error = error;
	rl->rl_errs = *errs;
	rl->rl_back = true;
	rl->rl_to = rl->rl_from;
	rl->rl_from = tried;
	reload_begin(ctl, rl);
	return false;
}

static void ON_CTL
reload_wait(struct ctl *ctl, struct reload *rl, enum reload_state state)
{
	rl->rl_state = state;
	rl->rl_until = ctl->ctl_now + CLOSING_NS;
	timer_set(&ctl->ctl_wheel, &rl->rl_timer, ctl->ctl_now + POLL_NS);
}

/* All devices are free, or nobody waits for them. */
static void ON_CTL
reload_finish(struct ctl *ctl, struct reload *rl)
{
	struct conf_errors errs = { 0 };
	int error, changed = 0;

	error = control_if_attach(ctl, rl->rl_to, &errs);
	if (error == 0 || rl->rl_back) {
		byhand_yield(ctl, rl->rl_hand, rl->rl_to);
		changed = control_change(ctl, rl->rl_from, rl->rl_to,
		    rl->rl_back, &errs);
	}
	if (error == 0)
		error = changed;
	if (error == 0 || rl->rl_back) {
		byhand_restore(ctl, rl->rl_hand, rl->rl_to, rl->rl_back);
		if (route_publish(ctl) != 0)
			log_error(reload_log(ctl), "reload: no memory for "
			    "the tables with the routes made by hand");
	}
	if (error != 0 && !reload_failed(ctl, rl, error, &errs))
		return;
	ctl->ctl_control->co_conf = rl->rl_to;
	control_if_sweep(ctl, rl->rl_to);
	control_if_adopt(ctl, rl->rl_to);
	if (if_closing(ctl))
		reload_wait(ctl, rl, RLS_SWEEP);
	else
		reload_end(ctl, rl);
}

static void ON_CTL
reload_makeway(struct ctl *ctl, struct reload *rl)
{
	control_if_makeway(ctl, rl->rl_to);
	if (if_closing(ctl))
		reload_wait(ctl, rl, RLS_MAKEWAY);
	else
		reload_finish(ctl, rl);
}

/* From rl_from to rl_to. */
static void ON_CTL
reload_begin(struct ctl *ctl, struct reload *rl)
{
	struct conf_errors errs = { 0 };
	int error;

	if (((error = control_set_early(ctl, rl->rl_to, &errs)) != 0 ||
		(error = control_if_attach(ctl, rl->rl_to, &errs)) != 0) &&
	    !reload_failed(ctl, rl, error, &errs))
		return;
	control_farewell(ctl, rl->rl_to);
	if (control_leaving(ctl))
		reload_wait(ctl, rl, RLS_FAREWELL);
	else
		reload_makeway(ctl, rl);
}

/* The running configuration to its former one. */
static void ON_CTL
reload_return(struct ctl *ctl, struct reload *rl)
{
	struct conf *tried = ctl->ctl_control->co_conf;

	timer_cancel(&ctl->ctl_wheel, &rl->rl_timer);
	rl->rl_back = true;
	rl->rl_error = 0;
	rl->rl_to = rl->rl_from;
	rl->rl_from = tried;
	reload_begin(ctl, rl);
}

/* A device that is not let go of is told, and may fail to open then. */
static void ON_CTL
reload_poll(struct ctl *ctl, struct reload *rl)
{
	bool farewell = rl->rl_state == RLS_FAREWELL;
	bool waits = farewell ? control_leaving(ctl) : if_closing(ctl);

	if (waits && ctl->ctl_now < rl->rl_until) {
		timer_set(&ctl->ctl_wheel, &rl->rl_timer,
		    ctl->ctl_now + POLL_NS);
		return;
	}
	if (farewell) {
		reload_makeway(ctl, rl);
		return;
	}
	if (waits)
		log_warn(reload_log(ctl), "reload: a device is still not "
		    "closed after %u s", (unsigned)(CLOSING_NS / NS_S));
	if (rl->rl_state == RLS_MAKEWAY)
		reload_finish(ctl, rl);
	else
		reload_end(ctl, rl);
}

static void
reload_timer(struct timer *t, void *ctx)
{
	struct reload *rl = container_of(t, struct reload, rl_timer);
	struct ctl *ctl = ctx;

	role_enter(&on_ctl);
	if (rl->rl_state != RLS_CONFIRM) {
		reload_poll(ctl, rl);
		return;
	}
	log_warn(reload_log(ctl), "reload: nobody confirmed it within %u s: "
	    "going back to the former configuration", rl->rl_confirm);
	reload_return(ctl, rl);
}

int
reload_busy(const struct ctl *ctl, char *why, size_t len)
{
	const struct reload *rl = ctl->ctl_control->co_reload;

	if (rl->rl_state == RLS_CONFIRM)
		snprintf(why, len, "a reload waits to be confirmed and goes "
		    "back in %u s; \"spate confirm\" keeps it, \"spate "
		    "confirm --undo\" goes back now",
		    (unsigned)((rl->rl_until - ctl->ctl_now) / NS_S));
	else if (rl->rl_state != RLS_IDLE)
		snprintf(why, len, "another reload is under way; try again");
	else
		return 0;
	return EBUSY;
}

int
reload_start(struct ctl *ctl, struct conf *conf, unsigned confirm_s,
    reload_done_fn *done, void *arg, struct conf_errors *errs)
{
	struct reload *rl = ctl->ctl_control->co_reload;
	char why[256];
	int error;

	memset(errs, 0, sizeof(*errs));
	if ((error = reload_busy(ctl, why, sizeof(why))) != 0)
		conf_error(errs, &conf->cf_sec.cs_pos, "%s", why);
	else if ((error = reload_check(ctl, conf, errs)) == 0 &&
	    (error = byhand_create(ctl, &rl->rl_hand)) != 0)
		conf_error(errs, &conf->cf_sec.cs_pos, "%s", strerror(error));
	if (error != 0) {
		conf_free(conf);
		return error;
	}
	rl->rl_from = ctl->ctl_control->co_conf;
	rl->rl_to = conf;
	rl->rl_back = false;
	rl->rl_error = 0;
	rl->rl_confirm = confirm_s;
	rl->rl_done = done;
	rl->rl_arg = arg;
	rl->rl_state = RLS_FAREWELL;
	reload_begin(ctl, rl);
	return 0;
}

int
reload_confirm(struct ctl *ctl)
{
	struct reload *rl = ctl->ctl_control->co_reload;

	if (rl->rl_state != RLS_CONFIRM)
		return ESRCH;
	timer_cancel(&ctl->ctl_wheel, &rl->rl_timer);
	rl->rl_state = RLS_IDLE;
	reload_forget_former(rl);
	reload_settled(rl, true);
	log_info(reload_log(ctl), "reload: confirmed");
	return 0;
}

int
reload_undo(struct ctl *ctl)
{
	struct reload *rl = ctl->ctl_control->co_reload;

	if (rl->rl_state != RLS_CONFIRM)
		return ESRCH;
	log_info(reload_log(ctl), "reload: undone: going back to the former "
	    "configuration");
	reload_return(ctl, rl);
	return 0;
}
