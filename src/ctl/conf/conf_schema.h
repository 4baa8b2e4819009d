/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a file in the configuration's syntax may say, as tables: sections,
 * their keys, the type, the bounds and the default of each.  From a table
 * follow reading, messages, printing and comparing.  spate.conf(5) is one
 * (conf_table.c); plans of the tester are another.
 *
 * The struct that a file becomes begins with a struct conf_sec, as that of
 * each section does, and has a struct conf_mem *, which everything belongs to.
 *
 * A table adds types and checks of its own by functions, which get the
 * reading (struct conf_ctx): messages go to x_errs, values that outlive it
 * come from x_keep, scratch memory from x_mem.
 */
#ifndef CTL_CONF_CONF_SCHEMA_H
#define CTL_CONF_CONF_SCHEMA_H

#include "ctl/conf/conf.h"

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
	const struct conf_table *x_table;
	const struct conf_env *x_env;
	struct conf_errors *x_errs;
	union {
		void	*x_root;	/* what is built, as the table has it */
		struct conf *x_conf;	/* the same, by conf_table_spate */
	};
	struct conf_mem	*x_keep;	/* of what is built */
	struct conf_mem	*x_mem;		/* the tree; freed after the build */
	struct conf_node x_top;		/* section without a name */
	struct conf_macro *x_macros;
	unsigned	 x_nmacros;
	unsigned	 x_nfiles;
	unsigned	 x_nwords;
	bool		 x_said;	/* something stood in a file */
	bool		 x_nomem;	/* no memory while building */
	bool		 x_stop;	/* a file was not read to its end */
	bool		 x_ids_bad;	/* some CONF_NAMED has no good name */
	bool		 x_ifs_bad;	/* some CONF_NAMED may be incomplete */
};

/* Types of values. */
struct conf_keydef;

#define CONF_VALUE_MAX	64	/* t_size of a value that is no list */

struct conf_type {
	size_t	 t_size;
	/* Reports what is wrong itself and returns false then. */
	bool	(*t_parse)(struct conf_ctx *, const struct conf_keydef *,
		    const struct conf_word *, void *out);
	void	(*t_print)(const struct conf_keydef *, const void *, FILE *);
	bool	(*t_equal)(const void *, const void *);
};

extern const struct conf_type conf_type_u32;
extern const struct conf_type conf_type_u64;
extern const struct conf_type conf_type_mss;
extern const struct conf_type conf_type_dscp;
extern const struct conf_type conf_type_proto; /* unsigned */
extern const struct conf_type conf_type_ports; /* conf_ports */
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
extern const struct conf_type conf_type_address; /* conf_addr: any */
extern const struct conf_type conf_type_addr; /* … of a neighbour */
extern const struct conf_type conf_type_gateway; /* conf_addr, and a zone */

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
	unsigned	 kd_only;	/* mask of values of sd_kind; 0: any */
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
	const char	*sd_kind;	/* required enum that says which keys
					 * there are (kd_only); NULL: all */
	size_t		 sd_size;	/* of its struct */
	size_t		 sd_off;	/* of the array in the file's struct */
	size_t		 sd_noff;
	unsigned	 sd_max;
	/* Demands of one key on another; false after a message. */
	bool		(*sd_check)(struct conf_ctx *, const void *sec);
};

/* A kind of file. */
struct conf_table {
	const char	*ct_manual;	/* "spate.conf(5)" */
	size_t		 ct_size;	/* of the file's struct */
	size_t		 ct_memoff;	/* of its struct conf_mem * */
	const struct conf_secdef *ct_top; /* settings outside of sections */
	const struct conf_secdef *ct_sections; /* in the order of printing */
	unsigned	 ct_nsections;
	/* Demands of one section on another; false: no memory. */
	bool		(*ct_check)(struct conf_ctx *);
};

/*
 * conf_parse_text() (text not NULL) and conf_load() by any table: *rootp is
 * the struct of ct_size bytes.  It is freed by freeing its memory.
 */
int	 conf_table_load(const struct conf_table *, const char *name,
	    const char *text, size_t len, const struct conf_env *,
	    void **rootp, struct conf_errors *);
void	 conf_table_free(const struct conf_table *, void *root);
/* conf_print() and conf_equal() by any table. */
void	 conf_table_print(const struct conf_table *, const void *root, FILE *);
bool	 conf_table_equal(const struct conf_table *, const void *,
	    const void *);

const struct conf_secdef *conf_secdef_find(const struct conf_table *,
    const char *);
const struct conf_keydef *conf_keydef_find(const struct conf_secdef *,
    const char *);
/* Whether a key has a meaning in this section (its kind has it). */
bool	 conf_key_applies(const struct conf_keydef *, const void *sec);

/* For t_equal of what is a uint64_t. */
bool	 conf_u64_equal(const void *, const void *);

/* A decimal number as people write it: no sign, no leading zero. */
bool	 conf_number(const char *, size_t len, uint64_t *);

/* conf_print.c */
void	 conf_print_string(const char *, FILE *);

/* The items of a list at two offsets of a struct, whatever their type. */
void	*conf_list_get(const void *base, size_t off, size_t noff, unsigned *n);
void	 conf_list_set(void *base, size_t off, size_t noff, void *, unsigned n);

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

/* conf_device.c: for kd_check; what is wrong with a string, or NULL. */
/* Of an interface or a port: it stands bare in commands and messages. */
const char *conf_ok_name(const char *);
const char *conf_ok_device(const char *); /* as the kernel takes it */
const char *conf_ok_user(const char *);
const char *conf_ok_path(const char *);
const char *conf_ok_socket(const char *); /* of UNIX; "@": without a file */
const char *conf_ok_secret(const char *); /* of a memif */
/* For kd_names. */
extern const char *const conf_mode_names[]; /* enum conf_mode */
extern const char *const conf_login_names[]; /* enum conf_login */
extern const char *const conf_role_names[]; /* enum conf_role */

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
