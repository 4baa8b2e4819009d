/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Tokens of a configuration file to a tree of settings and sections.
 *
 * The grammar knows no keys: what they are called and what they take stands
 * in conf_table.c.
 */
%require "3.8"
%define api.pure full
%define api.prefix {conf_gram_}
%define api.location.type {struct conf_pos}
%define api.token.prefix {TK_}
%define parse.error custom
%define parse.lac full
%locations
%param {struct conf_parse *p}
%expect 0

%code requires {
#include "ctl/conf/conf_int.h"
}

%code provides {
int	 conf_gram_lex(CONF_GRAM_STYPE *, CONF_GRAM_LTYPE *,
	    struct conf_parse *);
}

%code {
#define YYLLOC_DEFAULT(cur, rhs, n)				\
	((cur) = (n) != 0 ? YYRHSLOC(rhs, 1) : YYRHSLOC(rhs, 0))

static void	 conf_gram_error(const struct conf_pos *, struct conf_parse *,
		    const char *);
}

%union {
	struct conf_word	*word;
	struct conf_value	 value;
}

%token <word> WORD STRING MACRO INCLUDE
%token EQ "=" OPEN "{" CLOSE "}" COMMA "," SEMI ";"
%token ERROR

%type <word> key
%type <value> text one items name value

%%

file
	: %empty
	| file statement
	| file include
	;

body
	: %empty
	| body statement
	;

statement
	: key "=" value	{
		/* A word on the next line is the next key. */
		if (!$3.v_list && @3.cp_line != @2.cp_line) {
			conf_stop(p->p_ctx, &@2,
			    "no value for %s on this line; expected it behind "
			    "the =", conf_quote($1->w_text).q_text);
			YYABORT;
		}
		if (!conf_setting(p, $1, &$3))
			YYABORT;
	}
	| key name "{" {
		if (!conf_section_open(p, $1, &$2))
			YYABORT;
	} body "}" {
		conf_section_close(p);
	}
	| ";"
	;

key
	: WORD
	;

name
	: %empty	{ $$ = (struct conf_value) { 0 }; }
	| one
	;

include
	: INCLUDE one	{
		if (!conf_include(p, &$2))
			YYABORT;
	}
	;

value
	: one
	| "{" "}"	{
		$$ = (struct conf_value) { .v_list = true };
	}
	| "{" items "}" {
		$$ = $2;
		$$.v_list = true;
	}
	| "{" items "," "}" {
		$$ = $2;
		$$.v_list = true;
	}
	;

items
	: one
	| items "," one	{
		$$ = $1;
		if (!conf_value_join(p->p_ctx, &$$, &$3))
			YYABORT;
	}
	;

one
	: text
	| MACRO		{
		if (!conf_value_macro(p->p_ctx, &$$, $1))
			YYABORT;
	}
	;

text
	: WORD		{ conf_value_one(&$$, $1); }
	| STRING	{ conf_value_one(&$$, $1); }
	;

%%

/* Only for want of memory: mistakes go through the function below. */
static void
conf_gram_error(const struct conf_pos *pos, struct conf_parse *p,
    const char *what)
{
}

/* What could stand here, told by the tokens that could. */
static const char *
expected(const yypcontext_t *yyctx)
{
	bool can[YYNTOKENS] = { false };
	yysymbol_kind_t sym[YYNTOKENS];
	int i;
	int n;

	n = yypcontext_expected_tokens(yyctx, sym, YYNTOKENS);
	for (i = 0; i < n; i++)
		can[sym[i]] = true;
	if (can[YYSYMBOL_EQ])
		return "= and a value, or a section's name and {";
	if (can[YYSYMBOL_COMMA])
		return ", or }";
	if (can[YYSYMBOL_INCLUDE])
		return "a setting, a section or include";
	if (can[YYSYMBOL_SEMI])
		return "a setting or }";
	if (can[YYSYMBOL_WORD] && can[YYSYMBOL_OPEN])
		return "a value, or a list in { }";
	if (can[YYSYMBOL_WORD] && can[YYSYMBOL_CLOSE])
		return "a value or }";
	return can[YYSYMBOL_WORD] ? "a file name" : "{";
}

static struct conf_quote
token_quote(const struct conf_token *t)
{
	if (t->t_text != NULL)
		return conf_quote(t->t_text);
	return conf_quote(yysymbol_name(YYTRANSLATE(t->t_kind)));
}

static int
yyreport_syntax_error(const yypcontext_t *yyctx, struct conf_parse *p)
{
	const struct conf_token *t = p->p_last;
	const char *want;

	if (t[0].t_kind == TK_ERROR)
		return 0;
	want = expected(yyctx);
	if (want[0] == '{')
		conf_stop(p->p_ctx, &t[1].t_pos,
		    "%s behind %s; expected = between them (a setting) or { "
		    "after them (a section)",
		    token_quote(&t[1]).q_text, token_quote(&t[2]).q_text);
	else if (t[0].t_kind == TK_INCLUDE)
		conf_stop(p->p_ctx, &t[0].t_pos,
		    "unexpected include; expected %s (include stands outside "
		    "of sections, the word in quotes)", want);
	else if (t[0].t_kind == 0)
		conf_stop(p->p_ctx, &t[0].t_pos,
		    "the file ends behind %s; expected %s",
		    token_quote(&t[1]).q_text, want);
	else
		conf_stop(p->p_ctx, &t[0].t_pos, "unexpected %s; expected %s",
		    token_quote(&t[0]).q_text, want);
	return 0;
}
