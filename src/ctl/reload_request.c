/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Asking for a reload: by a client's request, or by a signal.  The source gets
 * the configuration, reload.c applies it, and the answer is given when that
 * has ended, whoever is still there to hear it.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "ctl/control_int.h"
#include "ctl/reload_int.h"

static struct reload *
reload_of(struct ctl *ctl)
{
	return ctl->ctl_control != NULL ? ctl->ctl_control->co_reload : NULL;
}

static struct log *
reload_log(const struct ctl *ctl)
{
	return &ctl->ctl_sp->sp_env.env_log;
}

/* Whoever asked is answered; nobody asks any more. */
static struct control_client *
reload_answer(struct reload *rl)
{
	struct control_client *cc = rl->rl_client;

	rl->rl_client = NULL;
	rl->rl_asked = false;
	return cc;
}

static void
reload_refused(struct ctl *ctl, struct reload *rl, int status,
    const struct conf_errors *errs)
{
	struct control_client *cc = reload_answer(rl);
	unsigned i;

	if (cc != NULL)
		control_errors(cc, status, errs);
	if (cc != NULL && !rl->rl_signal)
		return;
	log_error(reload_log(ctl), "reload: %s", status == CONTROL_REFUSED ?
	    "refused; nothing has changed" :
	    "failed; the former configuration runs");
	for (i = 0; i < errs->ce_n; i++)
		if (errs->ce_text[i] != NULL)
			log_error(reload_log(ctl), "%s", errs->ce_text[i]);
}

static void
reload_good(struct ctl *ctl, struct reload *rl)
{
	struct control_client *cc = reload_answer(rl);
	const char *file = ctl->ctl_control->co_conf->cf_sec.cs_pos.cp_file;

	if (cc != NULL)
		control_reply(cc, json_pack("{s:s, s:b, s:b, s:i, s:O*}",
		    "file", file, "applied", (int)!rl->rl_checkonly,
		    "changed", (int)rl->rl_changed, "confirm",
		    rl->rl_checkonly ? 0 : (int)rl->rl_confirm, "undone",
		    rl->rl_checkonly ? NULL : rl->rl_lost), true);
	if (!rl->rl_checkonly)
		log_info(reload_log(ctl), "reload: %s is applied%s", file,
		    rl->rl_confirm > 0 ? ", to be confirmed" : "");
}

static void
reload_ended(void *arg, int error, const struct conf_errors *errs)
{
	struct ctl *ctl = arg;
	struct reload *rl = reload_of(ctl);

	if (error != 0)
		reload_refused(ctl, rl, CONTROL_FAILED, errs);
	else
		reload_good(ctl, rl);
}

/* The former one is all that is needed: nothing was begun. */
static void
reload_forget(struct reload *rl)
{
	if (rl->rl_source->rs_settled != NULL)
		rl->rl_source->rs_settled(rl->rl_source, false);
}

void
reload_fetched(struct ctl *ctl, struct conf *conf,
    const struct conf_errors *errs)
{
	struct reload *rl = reload_of(ctl);
	struct conf_errors wrong = { 0 };
	int error = EINVAL;

	if (conf == NULL) {
		reload_refused(ctl, rl, CONTROL_REFUSED, errs);
		return;
	}
	rl->rl_changed = !conf_equal(ctl->ctl_control->co_conf, conf);
	if (!rl->rl_checkonly)
		error = reload_start(ctl, conf, rl->rl_wantconfirm,
		    reload_ended, ctl, &wrong);
	else if ((error = reload_check(ctl, conf, &wrong)) == 0)
		reload_good(ctl, rl);
	if (error != 0)
		reload_refused(ctl, rl, CONTROL_REFUSED, &wrong);
	if (error != 0 || rl->rl_checkonly)
		reload_forget(rl);
	if (rl->rl_checkonly)
		conf_free(conf);
	conf_errors_free(&wrong);
}

/* 0, or an errno value and why not. */
static int ON_CTL
reload_ask(struct ctl *ctl, struct reload *rl, char *why, size_t len)
{
	int error;

	if (rl == NULL || rl->rl_source == NULL) {
		snprintf(why, len, "this instance was not started from a file");
		return ENOENT;
	}
	if ((error = reload_busy(ctl, why, len)) != 0)
		return error;
	if (rl->rl_asked) {
		snprintf(why, len, "another reload is under way; try again");
		return EBUSY;
	}
	rl->rl_asked = true;
	if ((error = rl->rl_source->rs_fetch(rl->rl_source)) != 0) {
		rl->rl_asked = false;
		snprintf(why, len, "cannot get the new configuration: %s",
		    strerror(error));
	}
	return error;
}

/* -1: it is no number, or out of bounds. */
static int
reload_seconds(const json_t *req)
{
	const json_t *v = json_object_get(req, "confirm");

	if (v == NULL)
		return 0;
	if (!json_is_integer(v) || json_integer_value(v) < 1 ||
	    json_integer_value(v) > RELOAD_CONFIRM_MAX)
		return -1;
	return (int)json_integer_value(v);
}

void
reload_request(struct ctl *ctl, struct control_client *cc, const json_t *req)
{
	struct reload *rl = reload_of(ctl);
	int seconds = reload_seconds(req);
	char why[256];

	if (seconds < 0) {
		control_refuse(cc, "confirm is a number of seconds from 1 to "
		    "%d", RELOAD_CONFIRM_MAX);
		return;
	}
	/* Before asking: the source may answer at once. */
	if (rl != NULL && rl->rl_state == RLS_IDLE && !rl->rl_asked) {
		rl->rl_client = cc;
		rl->rl_signal = false;
		rl->rl_checkonly = json_is_true(json_object_get(req, "check"));
		rl->rl_wantconfirm = (unsigned)seconds;
	}
	if (reload_ask(ctl, rl, why, sizeof(why)) == 0)
		return;
	if (rl != NULL && rl->rl_client == cc && !rl->rl_asked)
		rl->rl_client = NULL;
	control_error(cc, "%s", why);
}

void
reload_signal(struct ctl *ctl)
{
	struct reload *rl = reload_of(ctl);
	char why[256];

	if (rl != NULL && rl->rl_state == RLS_IDLE && !rl->rl_asked) {
		rl->rl_client = NULL;
		rl->rl_signal = true;
		rl->rl_checkonly = false;
		rl->rl_wantconfirm = 0;
	}
	if (reload_ask(ctl, rl, why, sizeof(why)) != 0)
		log_error(reload_log(ctl), "reload: %s", why);
}

void
reload_confirm_request(struct ctl *ctl, struct control_client *cc,
    const json_t *req)
{
	bool undo = json_is_true(json_object_get(req, "undo"));
	int error;

	if (reload_of(ctl) == NULL)
		error = ESRCH;
	else
		error = undo ? reload_undo(ctl) : reload_confirm(ctl);
	if (error != 0)
		control_error(cc, "no reload waits to be confirmed");
	else
		control_reply(cc, json_pack("{s:b}", "confirmed", (int)!undo),
		    true);
}

void
reload_gone(struct ctl *ctl, struct control_client *cc)
{
	struct reload *rl = reload_of(ctl);

	if (rl != NULL && rl->rl_client == cc)
		rl->rl_client = NULL;
}
