/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A configuration printed in the file's own form, and compared, by its table.
 */
#include "ctl/conf/conf_int.h"

#include <string.h>

void
conf_print_string(const char *s, FILE *f)
{
	putc('"', f);
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\')
			putc('\\', f);
		putc(*s, f);
	}
	putc('"', f);
}

static const void *
member(const void *sec, size_t off)
{
	return (const char *)sec + off;
}

static bool
has_value(const struct conf_keydef *k, const void *sec)
{
	static const char zero[CONF_VALUE_MAX];
	unsigned n;

	if (!conf_key_applies(k, sec))
		return false;
	if (k->kd_noff != 0) {
		conf_list_get(sec, k->kd_off, k->kd_noff, &n);
		return n != 0;
	}
	if (k->kd_required || k->kd_default != NULL)
		return true;
	return memcmp(member(sec, k->kd_off), zero, k->kd_type->t_size) != 0;
}

static void
print_list(const struct conf_keydef *k, const void *sec, FILE *f)
{
	const char *items;
	unsigned n;
	unsigned i;

	items = conf_list_get(sec, k->kd_off, k->kd_noff, &n);
	putc('{', f);
	for (i = 0; i < n; i++) {
		if (i != 0)
			fputs(", ", f);
		k->kd_type->t_print(k, items + i * k->kd_type->t_size, f);
	}
	putc('}', f);
}

static void
print_keys(const struct conf_secdef *sd, const void *sec, const char *before,
    const char *behind, FILE *f)
{
	const struct conf_keydef *k;
	unsigned i;

	for (i = 0; i < sd->sd_nkeys; i++) {
		k = &sd->sd_keys[i];
		if (!has_value(k, sec))
			continue;
		fprintf(f, "%s%s = ", before, k->kd_name);
		if (k->kd_noff != 0)
			print_list(k, sec, f);
		else
			k->kd_type->t_print(k, member(sec, k->kd_off), f);
		fputs(behind, f);
	}
}

static bool
is_number(const char *s)
{
	return s[0] != '\0' && strspn(s, "0123456789") == strlen(s);
}

static void
print_sysctls(const struct conf *cf, FILE *f)
{
	const struct conf_sysctl *sy;
	unsigned i;

	if (cf->cf_nsysctl == 0)
		return;
	fputs("\nsysctl {\n", f);
	for (i = 0; i < cf->cf_nsysctl; i++) {
		sy = &cf->cf_sysctl[i];
		fprintf(f, "\t%s = ", sy->sy_name);
		if (is_number(sy->sy_value))
			fputs(sy->sy_value, f);
		else
			conf_print_string(sy->sy_value, f);
		putc('\n', f);
	}
	fputs("}\n", f);
}

static void
print_name(const struct conf_secdef *sd, const void *sec, FILE *f)
{
	fprintf(f, "%s ", sd->sd_name);
	if ((sd->sd_flags & CONF_ONCE) == 0) {
		sd->sd_id.kd_type->t_print(&sd->sd_id,
		    member(sec, sd->sd_id.kd_off), f);
		putc(' ', f);
	}
}

static void
print_section(const struct conf_secdef *sd, const void *sec, FILE *f)
{
	putc('\n', f);
	print_name(sd, sec, f);
	fputs("{\n", f);
	print_keys(sd, sec, "\t", "\n", f);
	fputs("}\n", f);
}

void
conf_print_line(const char *section, const void *sec, FILE *f)
{
	const struct conf_secdef *sd = conf_secdef_find(&conf_table_spate,
	    section);

	print_name(sd, sec, f);
	fputs("{ ", f);
	print_keys(sd, sec, "", " ", f);
	putc('}', f);
}

void
conf_table_print(const struct conf_table *ct, const void *root, FILE *f)
{
	const struct conf_secdef *sd;
	const char *secs;
	unsigned i;
	unsigned k;
	unsigned n;

	print_keys(ct->ct_top, root, "", "\n", f);
	for (i = 0; i < ct->ct_nsections; i++) {
		sd = &ct->ct_sections[i];
		if ((sd->sd_flags & CONF_FREE) != 0) {
			print_sysctls(root, f);
			continue;
		}
		secs = conf_list_get(root, sd->sd_off, sd->sd_noff, &n);
		for (k = 0; k < n; k++)
			print_section(sd, secs + k * sd->sd_size, f);
	}
}

void
conf_print(const struct conf *cf, FILE *f)
{
	conf_table_print(&conf_table_spate, cf, f);
}

static bool
list_equal(const struct conf_keydef *k, const void *a, const void *b)
{
	const size_t size = k->kd_type->t_size;
	const char *p;
	const char *q;
	unsigned na;
	unsigned nb;
	unsigned i;

	p = conf_list_get(a, k->kd_off, k->kd_noff, &na);
	q = conf_list_get(b, k->kd_off, k->kd_noff, &nb);
	if (na != nb)
		return false;
	for (i = 0; i < na; i++) {
		if (!k->kd_type->t_equal(p + i * size, q + i * size))
			return false;
	}
	return true;
}

static bool
value_equal(const struct conf_keydef *k, const void *a, const void *b)
{
	if (k->kd_noff != 0)
		return list_equal(k, a, b);
	return k->kd_type->t_equal(member(a, k->kd_off), member(b, k->kd_off));
}

static bool
named(const char *const *names, const char *s)
{
	for (; names != NULL && *names != NULL; names++) {
		if (strcmp(*names, s) == 0)
			return true;
	}
	return false;
}

static bool
section_equal(const struct conf_secdef *sd, const void *a, const void *b,
    const char *const *except)
{
	unsigned i;

	if (sd->sd_id.kd_type != NULL && !value_equal(&sd->sd_id, a, b))
		return false;
	for (i = 0; i < sd->sd_nkeys; i++) {
		if (!named(except, sd->sd_keys[i].kd_name) &&
		    !value_equal(&sd->sd_keys[i], a, b))
			return false;
	}
	return true;
}

bool
conf_sec_equal(const struct conf_sec *a, const struct conf_sec *b,
    const char *const *except)
{
	return a->cs_def == b->cs_def && section_equal(a->cs_def, a, b, except);
}

bool
conf_key_equal(const struct conf_sec *a, const struct conf_sec *b,
    const char *key)
{
	return value_equal(conf_keydef_find(a->cs_def, key), a, b);
}

static bool
sections_equal(const struct conf_secdef *sd, const void *a, const void *b)
{
	const char *p;
	const char *q;
	unsigned na;
	unsigned nb;
	unsigned i;

	p = conf_list_get(a, sd->sd_off, sd->sd_noff, &na);
	q = conf_list_get(b, sd->sd_off, sd->sd_noff, &nb);
	if (na != nb)
		return false;
	for (i = 0; i < na; i++) {
		if (!section_equal(sd, p + i * sd->sd_size,
			q + i * sd->sd_size, NULL))
			return false;
	}
	return true;
}

static bool
sysctls_equal(const struct conf *a, const struct conf *b)
{
	unsigned i;

	if (a->cf_nsysctl != b->cf_nsysctl)
		return false;
	for (i = 0; i < a->cf_nsysctl; i++) {
		if (strcmp(a->cf_sysctl[i].sy_name, b->cf_sysctl[i].sy_name) ||
		    strcmp(a->cf_sysctl[i].sy_value, b->cf_sysctl[i].sy_value))
			return false;
	}
	return true;
}

bool
conf_table_equal(const struct conf_table *ct, const void *a, const void *b)
{
	const struct conf_secdef *sd;
	unsigned i;

	if (!section_equal(ct->ct_top, a, b, NULL))
		return false;
	for (i = 0; i < ct->ct_nsections; i++) {
		sd = &ct->ct_sections[i];
		if (!((sd->sd_flags & CONF_FREE) != 0 ?
			    sysctls_equal(a, b) : sections_equal(sd, a, b)))
			return false;
	}
	return true;
}

bool
conf_equal(const struct conf *a, const struct conf *b)
{
	return conf_table_equal(&conf_table_spate, a, b);
}

const struct conf_pos *
conf_where(const struct conf_sec *sec, const char *key)
{
	const struct conf_keydef *k = conf_keydef_find(sec->cs_def, key);
	const struct conf_pos *at;

	if (k == NULL)
		return &sec->cs_pos;
	at = &sec->cs_at[k - sec->cs_def->sd_keys];
	return at->cp_line != 0 ? at : &sec->cs_pos;
}
