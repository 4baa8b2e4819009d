/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the commands of edit.h share; private to ctl/.
 *
 * Functions that return false or NULL for a mistake have told the client of
 * it.  All of it is ctl's.
 */
#ifndef CTL_EDIT_INT_H
#define CTL_EDIT_INT_H

#include "ctl/edit.h"
#include "if/if.h"

enum edit_action { EDIT_ADD, EDIT_CHANGE, EDIT_DELETE };

struct edit {
	struct ctl *ed_ctl;
	struct control_client *ed_cc;
	const json_t *ed_req;
	enum edit_action ed_action;
};

/* Takes the request apart so far. */
bool edit_begin(struct edit *, struct ctl *, struct control_client *,
    const json_t *req) ON_CTL;

/* The text of a member; NULL if there is none, or (after a word) no text. */
const char *edit_text(struct edit *, const char *member, bool *bad);

/*
 * A member's text as the value of a section's key (NULL: its name) in the
 * configuration.  It must be there.
 */
bool edit_value(struct edit *, const char *member, const char *section,
    const char *key, void *out);
/* The same of a text. */
bool edit_parse(struct edit *, const char *text, const char *section,
    const char *key, void *out);

/* The interface a member names; there must be one, and a member if needed. */
struct ifnet *edit_interface(struct edit *, bool needed, bool *bad) ON_CTL;

/* The interface of a name; NULL: there is none, which has been refused. */
struct ifnet *edit_named(struct edit *, const char *name) ON_CTL;

/*
 * The interface, *ifp or else any of a routing table, on whose network the
 * neighbour is, in *ifp.
 */
bool edit_reach(struct edit *, const struct addr *, unsigned rtable,
    struct ifnet **ifp) ON_CTL;

/*
 * The change of a "route" request, not published.  *configured as in edit.h.
 * false: it is not made, and cc has been told why.
 */
bool edit_route_one(struct ctl *, struct control_client *cc,
    const json_t *req, bool *configured) ON_CTL;

/* Done; error is that of the last step, which has not been told. */
void edit_end(struct edit *, int error, bool configured);

#endif
