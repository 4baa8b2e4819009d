/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What several commands ask for alike: numbers, interfaces by name, a filter.
 */
#ifndef CTL_WANTED_H
#define CTL_WANTED_H

#include <jansson.h>
#include <stdbool.h>

#include "base/tsa.h"
#include "cpu/ctl.h"
#include "ctl/request.h"
#include "mbuf/filter.h"

#define WANTED_BADFILTER                                                       \
	"the filter is no program that can be run here (one with a loop, "     \
	"such as \"protochain\", cannot)"

/* A number of the request; false if it is there and not from least to most. */
bool wanted_number(const json_t *req, const char *key, json_int_t least,
    json_int_t most, json_int_t *n);

/*
 * The filter, NULL if none is wanted; false if it cannot be run, or there is
 * no memory.
 */
bool wanted_filter(const json_t *req, struct filter **);

/*
 * Whether all names are of interfaces (NULL: none are given); if not, the
 * client has been told.
 */
bool wanted_names(struct ctl *, struct control_client *, const char *command,
    const json_t *names) ON_CTL;

/* Interfaces come and go: those of these names, NULL: all, are wanted now. */
bool wanted_name(const json_t *names, const char *name);

#endif
