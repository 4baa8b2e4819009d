/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Many routes by hand in one request: each is what "route" makes of it, and
 * they are published together.
 */
#include <errno.h>
#include <string.h>

#include "base/bytes.h"
#include "ctl/edit_int.h"
#include "route/route.h"

/* Takes what one of the changes has to say, which is always a mistake. */
struct batch {
	struct control_client b_cc;
	json_t *b_said;
};

static void
batch_send(struct control_client *cc, const json_t *reply)
{
	struct batch *b = container_of(cc, struct batch, b_cc);

	json_decref(b->b_said);
	b->b_said = json_deep_copy(reply);
}

/* The mistake in the entry after n that were made. */
static void
batch_fail(struct control_client *cc, struct batch *b, size_t n)
{
	if (b->b_said == NULL) {
		control_error(cc, "it failed: %s", strerror(ENOMEM));
		return;
	}
	json_object_set_new(b->b_said, "entry", json_integer((json_int_t)n));
	cc->cc_send(cc, b->b_said);
	json_decref(b->b_said);
}

void
edit_routes(struct ctl *ctl, struct control_client *cc, const json_t *req)
{
	const json_t *edits = json_object_get(req, "edits"), *one;
	struct batch b = { .b_cc = { .cc_send = batch_send } };
	json_int_t configured = 0;
	bool ok = true, is = false;
	size_t i = 0, n = json_array_size(edits);
	int error;

	if (!json_is_array(edits)) {
		control_refuse(cc, "\"edits\" is a list of changes");
		return;
	}
	for (; i < n && ok; i++) {
		one = json_array_get(edits, i);
		ok = edit_route_one(ctl, &b.b_cc, one, &is);
		configured += ok && is;
	}
	error = route_publish(ctl); /* also of those before a mistake */
	if (!ok)
		batch_fail(cc, &b, i - 1);
	else if (error != 0)
		control_error(cc, "it failed: %s", strerror(error));
	else
		control_reply(cc, json_pack("{s:I}", "configured", configured),
		    true);
}
