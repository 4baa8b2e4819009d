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

#include "ctl/conf/conf.h"

#define CONF_FILE_MAX	(16u << 20)	/* bytes in one file */
#define CONF_FILES_MAX	256u		/* files in all, includes counted */
#define CONF_DEPTH_MAX	8u		/* includes within includes */
#define CONF_BRACE_MAX	16u		/* braces within braces */
#define CONF_TOKEN_MAX	1023u		/* bytes in one word or string */
#define CONF_MACROS_MAX	1024u
#define CONF_LIST_MAX	1024u		/* values in one list */
#define CONF_WORDS_MAX	(4u << 20)	/* in all, macros expanded */

/* The tree: what the grammar makes, before anything is known of keys. */
struct conf_word {
	struct conf_word *w_next;
	const char	*w_text;
	struct conf_pos	 w_pos;
};

struct conf_value {
	struct conf_word *v_first;
	struct conf_word *v_last;
	unsigned	 v_n;
	bool		 v_list;	/* written in braces */
	bool		 v_bad;		/* a mistake is reported already */
};

enum conf_nodekind { CONF_SETTING, CONF_SECTION };

struct conf_node {
	struct conf_node *n_next;
	enum conf_nodekind n_kind;
	const char	*n_key;
	struct conf_pos	 n_pos;		/* of the key */
	struct conf_value n_value;	/* setting: value; section: its name */
	struct conf_node *n_first;	/* section: what it holds */
	struct conf_node **n_last;
	struct conf_node *n_up;		/* section around it */
};

struct conf_macro {
	struct conf_macro *m_next;
	const char	*m_name;
	struct conf_pos	 m_pos;
	struct conf_value m_value;
	bool		 m_used;
};

/* A file being read, and the one that includes it. */
struct conf_source {
	const struct conf_source *s_up;
	const char	*s_name;
	unsigned	 s_depth;
};

/* One reading of a configuration, all files of it. */
struct conf_ctx {
	const struct conf_env *x_env;
	struct conf_errors *x_errs;
	struct conf	*x_conf;
	struct conf_mem	*x_mem;		/* the tree; freed after the build */
	struct conf_node x_top;		/* section without a name */
	struct conf_macro *x_macros;
	unsigned	 x_nmacros;
	unsigned	 x_nfiles;
	unsigned	 x_nwords;
	bool		 x_said;	/* something stood in a file */
	bool		 x_nomem;	/* no memory while building */
	bool		 x_stop;	/* a file was not read to its end */
	bool		 x_ids_bad;	/* some interface or VRF has no good
					 * name */
	bool		 x_ifs_bad;	/* some interface may lack addresses */
};

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

/* Types of values. */
struct conf_keydef;

struct conf_type {
	size_t	 t_size;
	/* Reports what is wrong itself and returns false then. */
	bool	(*t_parse)(struct conf_ctx *, const struct conf_keydef *,
		    const struct conf_word *, void *out);
	void	(*t_print)(const struct conf_keydef *, const void *, FILE *);
	bool	(*t_equal)(const void *, const void *);
};

extern const struct conf_type conf_type_u32;
extern const struct conf_type conf_type_mss;
extern const struct conf_type conf_type_lifetime;
extern const struct conf_type conf_type_octal;
extern const struct conf_type conf_type_size;
extern const struct conf_type conf_type_bool;
extern const struct conf_type conf_type_enum;
extern const struct conf_type conf_type_str;
extern const struct conf_type conf_type_name;
extern const struct conf_type conf_type_mac;
extern const struct conf_type conf_type_ifaddr;
extern const struct conf_type conf_type_dst;
extern const struct conf_type conf_type_addr;

struct conf_keydef {
	const char	*kd_name;
	const struct conf_type *kd_type;
	size_t		 kd_off;	/* of the value, or of a list's array */
	size_t		 kd_noff;	/* of a list's length; 0: one value */
	uint64_t	 kd_lo;		/* numbers: bounds */
	uint64_t	 kd_hi;		/* strings: bytes */
	unsigned	 kd_max;	/* lists: items */
	const char	*const *kd_names; /* enums, ended by NULL */
	/* What is wrong with a string, or NULL. */
	const char	*(*kd_check)(const char *);
	const char	*kd_default;
	const char	*kd_hint;	/* a value, to show what is meant */
	unsigned	 kd_drivers;	/* bit mask; 0: any */
	bool		 kd_required;
};

enum conf_secflag {
	CONF_ONCE = 1,		/* at most one in a file, and no name */
	CONF_FREE = 2,		/* any key: kept as struct conf_sysctl */
	CONF_NAMED = 4		/* others name it: kept although in error */
};

struct conf_secdef {
	const char	*sd_name;
	unsigned	 sd_flags;
	struct conf_keydef sd_id;	/* its name as a value; ONCE: none */
	const struct conf_keydef *sd_keys;
	unsigned	 sd_nkeys;
	size_t		 sd_size;	/* of its struct */
	size_t		 sd_off;	/* of the array in struct conf */
	size_t		 sd_noff;
	unsigned	 sd_max;
	/* Demands of one key on another; false after a message. */
	bool		(*sd_check)(struct conf_ctx *, const void *sec);
};

/* conf_table.c */
extern const struct conf_secdef conf_top;
extern const struct conf_secdef conf_sections[];
extern const unsigned conf_nsections;
const struct conf_secdef *conf_secdef_find(const char *);
const struct conf_keydef *conf_keydef_find(const struct conf_secdef *,
    const char *);
/* Whether a key has a meaning in this section (its driver has it). */
bool	 conf_key_applies(const struct conf_keydef *, const void *sec);

/* conf_build.c, conf_check.c */
bool	 conf_build(struct conf_ctx *);
bool	 conf_check(struct conf_ctx *);
bool	 conf_check_top(struct conf_ctx *, const void *);
bool	 conf_check_if(struct conf_ctx *, const void *);
/* The interface that a key names, or a message and NULL. */
const struct conf_if *conf_check_named(
    struct conf_ctx *, const char *name, const struct conf_pos *);

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

/*
 * Report each value that stands again in its scope, with the place of the
 * first.  what: "this address".
 */
struct conf_item {
	const void	*i_value;
	const struct conf_pos *i_pos;
	uintptr_t	 i_scope;	/* may stand once in each scope */
	unsigned	 i_index;	/* order of the file */
	int		(*i_cmp)(const void *, const void *);
};
struct conf_items {
	struct conf_item *is_item;
	unsigned	 is_n;
};
bool	 conf_items_init(struct conf_ctx *, struct conf_items *, size_t n);
void	 conf_items_add(struct conf_items *, const void *value,
	    const struct conf_pos *, const void *scope,
	    int (*cmp)(const void *, const void *));
void	 conf_items_check(struct conf_ctx *, struct conf_items *,
	    const char *what);

/* conf_check_relay.c: relays among each other and on their interfaces. */
void	 conf_check_relays(struct conf_ctx *);

/* conf_check_vlan.c: VLANs among each other and on their parents. */
void	 conf_check_vlans(struct conf_ctx *);
bool	 conf_check_route(struct conf_ctx *, const void *);

/* The items of a list at two offsets of a struct, whatever their type. */
void	*conf_list_get(const void *base, size_t off, size_t noff, unsigned *n);
void	 conf_list_set(void *base, size_t off, size_t noff, void *, unsigned n);

/* conf_print.c */
void	 conf_print_string(const char *, FILE *);

/* conf_error.c */
/* "line 4" in the same file, "other.conf:4" from another one. */
struct conf_ref {
	char		 r_text[128];
};
struct conf_ref conf_ref(const struct conf_pos *at, const struct conf_pos *of);
/* A value as messages show it: shortened, nothing but plain characters. */
struct conf_quote {
	char		 q_text[72];
};
struct conf_quote conf_quote(const char *);
/* "a, b, c" */
struct conf_names {
	char		 m_text[400];
	bool		 m_full;
};
void	 conf_names_add(struct conf_names *, const char *);
/* Nearest of the candidates offered, if any is near. */
struct conf_guess {
	const char	*g_word;
	const char	*g_best;	/* NULL: nothing near */
	unsigned	 g_dist;
};
void	 conf_guess(const struct conf_ctx *, struct conf_guess *,
	    const char *candidate);

#endif
