/* SPDX-License-Identifier: BSD-2-Clause */
#include "ctl/wanted.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "if/if.h"

bool
wanted_number(const json_t *req, const char *key, json_int_t least,
    json_int_t most, json_int_t *n)
{
	const json_t *v = json_object_get(req, key);

	if (v == NULL)
		return true;
	*n = json_integer_value(v);
	return json_is_integer(v) && *n >= least && *n <= most;
}

/* One instruction: [code, jt, jf, k]. */
static bool
wanted_insn(const json_t *v, struct filter_insn *fi)
{
	static const json_int_t most[4] = { UINT16_MAX, UINT8_MAX, UINT8_MAX,
		UINT32_MAX };
	json_int_t n[4];
	unsigned i;

	if (json_array_size(v) != 4)
		return false;
	for (i = 0; i < 4; i++) {
		const json_t *e = json_array_get(v, i);

		n[i] = json_integer_value(e);
		if (!json_is_integer(e) || n[i] < 0 || n[i] > most[i])
			return false;
	}
	*fi = (struct filter_insn){ (uint16_t)n[0], (uint8_t)n[1],
		(uint8_t)n[2], (uint32_t)n[3] };
	return true;
}

bool
wanted_filter(const json_t *req, struct filter **f)
{
	const json_t *v = json_object_get(req, "filter");
	size_t i, n = json_array_size(v);
	struct filter_insn *fi;

	*f = NULL;
	if (v == NULL)
		return true;
	if (n == 0 || n > FILTER_MAX || (fi = calloc(n, sizeof(*fi))) == NULL)
		return false;
	for (i = 0; i < n && wanted_insn(json_array_get(v, i), &fi[i]); i++)
		;
	if (i == n)
		*f = filter_create(fi, (unsigned)n);
	free(fi);
	return *f != NULL;
}

bool
wanted_name(const json_t *names, const char *name)
{
	size_t i;

	if (names == NULL)
		return true;
	for (i = 0; i < json_array_size(names); i++)
		if (strcmp(json_string_value(json_array_get(names, i)), name) ==
		    0)
			return true;
	return false;
}

static void ON_CTL
refuse_name(struct ctl *ctl, struct control_client *cc, const char *command,
    const char *name)
{
	char known[256] = "none";
	size_t len = 0;
	unsigned i;

	for (i = 1; i < IF_MAX; i++) {
		const struct ifnet *ifp = if_lookup(ctl->ctl_sp, i);

		if (ifp == NULL || len + IF_NAMELEN + 6 > sizeof(known))
			continue;
		len += (size_t)snprintf(known + len, sizeof(known) - len,
		    "%s%s", len > 0 ? ", " : "", ifp->if_name);
	}
	control_error(cc, "%s: no interface is named \"%s\"; there are: %s",
	    command, name, known);
}

bool
wanted_names(struct ctl *ctl, struct control_client *cc, const char *command,
    const json_t *names)
{
	const char *name = "";
	size_t i;

	if (names == NULL)
		return true;
	for (i = 0; i < json_array_size(names); i++) {
		name = json_string_value(json_array_get(names, i));
		if (name == NULL || if_find(ctl, name) == NULL)
			break;
	}
	if (i > 0 && i == json_array_size(names))
		return true;
	refuse_name(ctl, cc, command, name != NULL ? name : "");
	return false;
}
