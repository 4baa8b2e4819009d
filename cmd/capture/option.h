/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options of "spate capture" and "spate trace".  Each returns false if it
 * cannot take the argument; what is wrong with that has been told.
 */
#ifndef CMD_OPTION_H
#define CMD_OPTION_H

#include <jansson.h>
#include <stdbool.h>

/* -opt NUMBER, from least to most. */
bool option_number(char opt, const char *arg, unsigned long least,
    unsigned long most, unsigned long *out);

/* -i INTERFACE, one more of *names, which is NULL at first: all. */
bool option_interface(json_t **names, const char *arg);

#endif
