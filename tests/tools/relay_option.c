/* SPDX-License-Identifier: BSD-2-Clause */
/* The options of relay.c. */
#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "relay.h"

static double
number(const char **text, double most)
{
	char *end;
	double n = strtod(*text, &end);

	if (end == *text || !(n >= 0) || n > most)
		errx(2, "\"%s\" is not a number from 0 to %g", *text, most);
	*text = end;
	return n;
}

static void
fate_rate(struct fate *ft, const char **text)
{
	static const char units[] = "kmg";
	double n = number(text, 1e12);
	const char *u = **text != '\0' ? strchr(units, **text) : NULL;

	if (u != NULL) {
		(*text)++;
		for (; u >= units; u--)
			n *= 1000;
	}
	ft->ft_bits = strncmp(*text, "bit", 3) == 0;
	if (!ft->ft_bits && strncmp(*text, "pps", 3) != 0)
		errx(2, "a rate is a number, perhaps k, m or g, and pps or "
		    "bit, not \"%s\"", *text);
	*text += 3;
	if (n < 1 || n > 1e12)
		errx(2, "a rate is at least 1 and at most 1000g");
	ft->ft_rate = (uint64_t)n;
}

static void
fate_set(struct fate *ft, int option, const char **text)
{
	switch (option) {
	case 'd':
		ft->ft_delay = (uint64_t)(number(text, 1e7) * NS_US);
		if (**text == '+') {
			(*text)++;
			ft->ft_spread = (uint64_t)(number(text, 1e7) * NS_US);
		}
		break;
	case 'h':
		ft->ft_every = (uint64_t)number(text, 1e9);
		if (*(*text)++ != ',')
			errx(2, "-h takes two numbers, as 100,3");
		ft->ft_ahead = (uint64_t)number(text, HELD_MAX);
		break;
	case 'l':
		ft->ft_loss = number(text, 1);
		break;
	case 'q':
		ft->ft_queue = (unsigned)number(text, QUEUE_MAX);
		break;
	case 'r':
		fate_rate(ft, text);
		break;
	default:
		ft->ft_dup = number(text, 1);
		break;
	}
}

void
fate_option(struct fate *there, struct fate *back, int option,
    const char *text)
{
	const char *first = text;

	fate_set(there, option, &text);
	if (*text == '/')
		first = ++text;
	else
		text = first;
	fate_set(back, option, &text);
	if (*text != '\0')
		errx(2, "-%c: \"%s\" is one too many", option, text);
}
