/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Filters of "spate capture" and "spate trace": pcap-filter(7), compiled here
 * and run by the daemon.
 */
#ifndef CMD_COMPILE_H
#define CMD_COMPILE_H

#include <jansson.h>

#define SNAPLEN_MAX 262144

/*
 * The words as one text, as with tcpdump, for free(); NULL if there are none.
 */
char *filter_join(char **words, int n);

/* The program, as the daemon wants it; NULL, told, if the text is wrong. */
json_t *filter_compile(const char *text);

#endif
