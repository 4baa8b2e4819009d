/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Inside the configuration parser.  A file goes through these steps:
 *
 *	conf_lex.l	bytes -> tokens, each with its place
 *	conf_gram.y	tokens -> tree of settings and sections
 *	conf_tree.c	nodes of the tree; macros and includes vanish here
 *	conf_build.c	tree -> struct conf, by the tables of conf_table.c;
 *			words become values by the types of conf_type.c
 *	conf_check.c	what one part of the file demands of another
 *
 * A lexical or syntactic mistake ends the reading of the file: what follows
 * it cannot be trusted.  All other mistakes are collected.
 *
 * To add a key, add a member to its struct in conf.h and a line to a table in
 * conf_table.c (and to spate.conf(5)): reading, printing, comparing, defaults
 * and "did you mean" follow from the line.
 */
#ifndef CTL_CONF_CONF_INT_H
#define CTL_CONF_CONF_INT_H

#include "ctl/conf/conf_schema.h"

#define CONF_FILE_MAX	(16u << 20)	/* bytes in one file */
#define CONF_FILES_MAX	256u		/* files in all, includes counted */
#define CONF_DEPTH_MAX	8u		/* includes within includes */
#define CONF_BRACE_MAX	16u		/* braces within braces */
#define CONF_TOKEN_MAX	1023u		/* bytes in one word or string */
#define CONF_MACROS_MAX	1024u
#define CONF_LIST_MAX	1024u		/* values in one list */
#define CONF_WORDS_MAX	(4u << 20)	/* in all, macros expanded */

/* A token, kept for messages about the one that follows. */
struct conf_token {
	int		 t_kind;	/* 0: end of file */
	const char	*t_text;	/* NULL: punctuation */
	struct conf_pos	 t_pos;
};

/* The reading of one file. */
struct conf_parse {
	struct conf_ctx	*p_ctx;
	const struct conf_source *p_src;
	void		*p_scanner;
	struct conf_node *p_cur;	/* section being filled */
	struct conf_token p_last[3];	/* newest first */
	struct conf_pos	 p_brace[CONF_BRACE_MAX]; /* those still open */
	unsigned	 p_nbrace;
	/* the scanner's */
	struct conf_pos	 p_pos;		/* of the next byte */
	struct conf_pos	 p_start;	/* of what is being matched */
	struct conf_pos	 p_string;	/* of the quote that opens a string */
	unsigned	 p_off;		/* bytes before p_pos */
	unsigned	 p_wordend;	/* p_off after the last bare word */
	unsigned char	 p_byte;	/* first of what is being matched */
	unsigned	 p_len;		/* bytes in p_buf */
	char		 p_buf[CONF_TOKEN_MAX + 1];
};

/*
 * The functions below return false to end the reading: a message was given,
 * or there is no memory (and then none).
 */

/* conf_lex.l */
bool	 conf_lex_file(struct conf_parse *, const char *text, size_t len);

/* conf_tree.c */
bool	 conf_stop(struct conf_ctx *, const struct conf_pos *,
	    const char *fmt, ...) __attribute__((format(printf, 3, 4)));
struct conf_word *conf_word_new(struct conf_ctx *, const char *, size_t,
	    const struct conf_pos *);
void	 conf_value_one(struct conf_value *, struct conf_word *);
bool	 conf_value_join(struct conf_ctx *, struct conf_value *,
	    const struct conf_value *);
bool	 conf_value_macro(struct conf_ctx *, struct conf_value *,
	    const struct conf_word *name);
bool	 conf_setting(struct conf_parse *, const struct conf_word *key,
	    const struct conf_value *);
bool	 conf_section_open(struct conf_parse *, const struct conf_word *key,
	    const struct conf_value *name);
void	 conf_section_close(struct conf_parse *);
void	 conf_macros_check(struct conf_ctx *);

/* conf_load.c */
bool	 conf_include(struct conf_parse *, const struct conf_value *);

/* conf_table.c */
extern const struct conf_table conf_table_spate;

/* conf_build.c, conf_check.c */
bool	 conf_build(struct conf_ctx *);
bool	 conf_check(struct conf_ctx *);
bool	 conf_check_top(struct conf_ctx *, const void *);
bool	 conf_check_if(struct conf_ctx *, const void *);
/* The interface that a key names, or a message and NULL. */
const struct conf_if *conf_check_named(
    struct conf_ctx *, const char *name, const struct conf_pos *);

/* conf_check_memif.c: one memif, and all of them. */
bool	 conf_check_memif(struct conf_ctx *, const struct conf_if *);
void	 conf_check_memifs(struct conf_ctx *);

/*
 * conf_check_vrf.c: VRFs among each other, what names them, and routes from
 * one to another.
 */
void	 conf_check_vrfs(struct conf_ctx *);
bool	 conf_check_loops(struct conf_ctx *);

/* conf_check_ra.c: router advertisements. */
bool	 conf_check_advertise(struct conf_ctx *, const void *);
bool	 conf_check_adprefix(struct conf_ctx *, const void *);
bool	 conf_check_ras(struct conf_ctx *);

/* conf_check_relay.c: relays among each other and on their interfaces. */
void	 conf_check_relays(struct conf_ctx *);
void	 conf_check_services(struct conf_ctx *);

/* conf_check_rule.c: policy routes. */
bool	 conf_check_rule(struct conf_ctx *, const void *);
bool	 conf_check_rules(struct conf_ctx *);

/* Next hops of a route, or a rule: that each can be reached from its VRF. */
void	 conf_check_vias(struct conf_ctx *, const struct conf_route *,
	    const struct conf_if *);
/* What one of them demands of itself; its family is right. */
bool	 conf_check_via(struct conf_ctx *, const struct conf_route *,
	    const struct conf_addr *);

/* conf_check_vlan.c: VLANs among each other and on their parents. */
void	 conf_check_vlans(struct conf_ctx *);
bool	 conf_check_route(struct conf_ctx *, const void *);

/* What is wrong with an address that is to be one host's, or NULL. */
const char *conf_host_wrong(const struct addr *);

#endif
