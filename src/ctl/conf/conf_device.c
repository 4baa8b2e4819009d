/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What every kind of file says of devices in the same way: names, paths, and
 * words.
 */
#include "ctl/conf/conf_schema.h"

#include <string.h>

#define LETTERS "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
#define DIGITS	"0123456789"

static bool
only_of(const char *s, const char *set)
{
	return s[0] != '\0' && strspn(s, set) == strlen(s);
}

const char *
conf_ok_name(const char *s)
{
	if (!only_of(s, LETTERS DIGITS "._-") ||
	    strchr(LETTERS DIGITS, s[0]) == NULL)
		return "a name of letters, digits, \".\", \"_\" and \"-\"";
	return NULL;
}

/* What the kernel takes for an interface. */
const char *
conf_ok_device(const char *s)
{
	size_t i;

	if (s[0] == '\0' || strcmp(s, ".") == 0 || strcmp(s, "..") == 0)
		return "the name of a network device, as \"eth1\"";
	for (i = 0; s[i] != '\0'; i++) {
		if (s[i] <= ' ' || s[i] > '~' || s[i] == '/' || s[i] == ':')
			return "a name without blanks, \"/\" and \":\"";
	}
	return NULL;
}

const char *
conf_ok_user(const char *s)
{
	if (!only_of(s, LETTERS DIGITS "._-") || s[0] == '-')
		return "a name or number as in /etc/passwd or /etc/group";
	return NULL;
}

const char *
conf_ok_path(const char *s)
{
	return s[0] == '\0' ? "the name of a file" : NULL;
}

/* Of a UNIX socket; with "@" it has no file. */
const char *
conf_ok_socket(const char *s)
{
	if ((s[0] != '/' && s[0] != '@') || s[1] == '\0')
		return "a path from the root, as \"/run/spate/memif.sock\", "
		       "or \"@NAME\", an abstract one";
	return NULL;
}

const char *
conf_ok_secret(const char *s)
{
	return s[0] == '\0' ? "a text of 1 to 24 bytes" : NULL;
}

const char *const conf_mode_names[] = {
	[CONF_MODE_AUTO] = "auto",
	[CONF_MODE_COPY] = "copy",
	[CONF_MODE_ZEROCOPY] = "zerocopy",
	NULL };

const char *const conf_login_names[] = {
	[CONF_LOGIN_KEEP] = "keep",
	[CONF_LOGIN_CUT] = "cut",
	NULL
};

const char *const conf_role_names[] = {
	[CONF_SERVER] = "server",
	[CONF_CLIENT] = "client",
	NULL
};
