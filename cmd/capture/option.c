/* SPDX-License-Identifier: BSD-2-Clause */
#include "option.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

bool
option_number(char opt, const char *arg, unsigned long least,
    unsigned long most, unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(arg, &end, 10);
	if (*arg >= '0' && *arg <= '9' && *end == '\0' && errno == 0 &&
	    *out >= least && *out <= most)
		return true;
	fprintf(stderr, "spate: -%c wants a number from %lu to %lu, not "
	    "\"%s\"\n", opt, least, most, arg);
	return false;
}

bool
option_interface(json_t **names, const char *arg)
{
	if (*names == NULL)
		*names = json_array();
	return json_array_append_new(*names, json_string(arg)) == 0;
}
