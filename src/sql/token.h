/*
 * token.h - SQL text cut into pieces that cover every byte, in one of several dialects.
 *
 * Nothing is lost and nothing is refused: blanks and comments are tokens, templates (Jinja) are tokens, and what
 * begins like a string but never ends is a token that runs to the end of the text.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

typedef enum {
    TOKEN_SPACE,
    TOKEN_COMMENT,  /* also {# … #} */
    TOKEN_TAG,      /* {% … %}: read over, like a blank */
    TOKEN_CHOICE,   /* {…@x…} ? {  } : {  }  of SqlRender: likewise */
    TOKEN_TEMPLATE, /* {{ … }}: stands where a name or a value could */
    TOKEN_WORD,     /* a name or a keyword without quotes */
    TOKEN_QUOTED,   /* a name in quotes */
    TOKEN_STRING,
    TOKEN_NUMBER,
    TOKEN_PARAMETER, /* ?  :name  @name  $1  %s  %(name)s  ${name} */
    TOKEN_OPERATOR,
    TOKEN_OPEN,  /* ( [ { */
    TOKEN_CLOSE, /* ) ] } */
    TOKEN_COMMA,
    TOKEN_DOT,
    TOKEN_SEMICOLON,
    TOKEN_BROKEN, /* a string, name, comment or template without its end */
    TOKEN_END,    /* one behind the last, empty */
} TokenKind;

/* Words that mean something to the parser; WORD_NONE for all others. */
typedef enum {
    WORD_NONE,
#define SQL_WORD(id, text, reserved) WORD_##id,
#include "sql/words.def"
#undef SQL_WORD
    WORD_COUNT
} Word;

typedef struct {
    TokenKind kind : 8;
    Word word : 8;       /* of a TOKEN_WORD */
    uint32_t begin, end; /* bytes [begin, end) */
    uint32_t match;      /* of brackets: the token index of the other one; 0 when there is none */
} Token;

/* How a name that stands without quotes compares. */
typedef enum { CASE_IGNORED, CASE_LOWER, CASE_UPPER, CASE_KEPT } CaseRule;

/* What a name means in a query, where a column and a variable, or a parameter, are called so. */
typedef enum {
    VARIABLES_CLASH,  /* an error (PL/pgSQL), by a setting, or it is not known */
    VARIABLES_HIDE,   /* the variable */
    VARIABLES_YIELD,  /* the column */
    VARIABLES_MARKED, /* none is called so: all begin with @ */
} VariableRule;

typedef enum {
    FORWARD_UNKNOWN, /* engines that speak the dialect differ, or nobody has said so */
    FORWARD_SEEN,
    FORWARD_UNSEEN,
} ForwardRule;

typedef enum {
    TEXT_NAMES_NONE,    /* by a word or a number */
    TEXT_NAMES_OWN,     /* by their text, as the engine writes it */
    TEXT_NAMES_WRITTEN, /* as it stands there */
} TextNames;

typedef struct {
    const char *name;
    const char *also[4];       /* other names of it, NULL-terminated unless full */
    const char *name_quotes;   /* among ` " [ */
    const char *string_quotes; /* among ' " */
    bool has_backslash;        /* \ escapes in strings */
    bool has_loose_letters;    /* 'UK' = 'uk', unless a collation says otherwise */
    bool has_long_strings;     /* three quotes in a row */
    bool has_prefixes;         /* r'…', b"…", rb'…' */
    bool has_dollar_quotes;    /* $tag$ … $tag$ */
    bool has_hash_comments, has_slash_comments, has_nested_comments;
    bool
        has_joined_writes; /* UPDATE a JOIN b SET x means whoever has x; an upsert sees the tables of its query */
    bool has_named_rows;      /* (a, b) is a struct, whose fields are called so */
    bool has_seen_values;     /* VALUES (1, a + 1) sees the columns before it */
    bool has_named_keys;      /* HAVING knows a key of GROUP BY by its name alone */
    bool has_code_comments;   /* comments that begin with a bang hold code that is run */
    bool has_paths_in_quotes; /* `a.b.c` names three parts */
    bool has_dashed_paths;    /* my-project.dataset.table */
    bool has_lambdas;         /* x -> x + 1 in an argument */
    VariableRule variables;
    bool has_alias_reuse; /* a select alias may be used further on in the list, and in WHERE */
    bool
        has_hiding_aliases; /* it is, before any column of its name, wherever it stands in the query */
    bool has_value_tables;   /* UNNEST(…) AS x: x is the value */
    bool has_rows;           /* a table's name as a value is its row */
    bool has_hiding_rows;    /* also where one of its columns is called so */
    bool has_having_outputs; /* HAVING looks at the outputs first */
    bool has_having_aliases; /* HAVING means what AS names where it says no key and calls nothing */
    bool has_late_aliases;   /* HAVING, QUALIFY and all of ORDER BY mean what AS names first */
    bool has_tacit_lateral;  /* a subquery in FROM sees what stands before it */
    bool has_field_names;    /* items[0].id is called `id` */
    bool has_cast_names;     /* id::text, and CASE … ELSE id END, are called `id` */
    TextNames text_names;    /* how other expressions are called */
    bool has_order_columns;  /* ORDER BY name is an output only where AS gives the name */
    bool has_last_aliases;   /* ORDER BY name means the last output of two that AS calls so */
    bool
        has_sorted_columns; /* HAVING and ORDER BY name + 1 mean a column, whatever the outputs are called */
    bool has_group_outputs;   /* GROUP BY does: an alias hides a column */
    bool has_using_outputs;   /* … one that USING has joined, and no other */
    bool has_no_group_places; /* GROUP BY 1 may be the number, or never stands for what AS names */
    bool
        has_sure_group_aliases; /* in GROUP BY it is known what an alias means that a column is called like, too … */
    bool has_sure_aliases; /* … and in WHERE, HAVING and ORDER BY as well */
    bool has_alias_first;  /* SELECT name = value */
    bool
        has_branch_tails; /* SELECT a FROM t UNION ALL SELECT b FROM u ORDER BY b: sorts the last branch */
    bool has_searched_tails;   /* what sorts a UNION is looked for in one SELECT after the other */
    bool has_alias_strings;    /* SELECT value 'name' */
    bool has_colon_paths;      /* value:field.field[0] */
    bool has_places;           /* $1, t.$1: the first column */
    bool has_typed_parameters; /* {day: Date} */
    bool has_loose_statements; /* one after the other, without `;` */
    bool has_alias_prefix;     /* SELECT name: value, FROM name: table */
    bool
        has_named_files; /* files that COPY writes, and some that it reads, have the names of columns in them */
    bool has_flat_commas;      /* FROM a, b JOIN c: it is joined to `a` all the same */
    bool has_apart_commas;     /* and there ON sees `b` and `c` alone, or what is further out */
    bool has_from_first;       /* FROM t, FROM t SELECT a */
    bool has_methods;          /* column.method(…) */
    bool has_streams;          /* FROM STREAM t */
    bool has_named_values;     /* WITH(a AS x, a + 1) is a value */
    bool has_name_patterns;    /* `a.*` in backticks may be a pattern of names */
    bool has_joined_returning; /* RETURNING * gives the columns of what is joined, too */
    bool
        is_any; /* what nobody has named: what most have is understood, and what differs is looked at twice */
    const char *
        reserved; /* names that need quotes here, beyond the usual; words with blanks around, or NULL */
    const char *default_schema; /* of tables that are named without one, or NULL */
    bool has_first_schema;      /* which is always called so, and looked at first */
    const char *omitted_schema; /* that of a..b; NULL: nobody writes so */
    bool
        has_lent_schemas; /* CREATE TABLE s.t (… REFERENCES u), CREATE TRIGGER s.t … ON u: u is in s */
    bool lends_to_all;        /* so it is with indexes, and with all tables of views and triggers */
    ForwardRule forward;      /* under RECURSIVE, a table of WITH sees those that stand behind it */
    bool has_tacit_recursion; /* a table of WITH sees itself without RECURSIVE */
    bool has_ordered_commons; /* it sees, without RECURSIVE, only those that stand before it */
    bool
        has_blind_commons; /* the WITH of a subquery may not see tables of WITH further out: MariaDB */
    bool
        has_window_outputs; /* what a window sorts by may be what AS names: in MariaDB, not in MySQL */
    bool has_made_branches; /* of UNION beside INTERSECT tables are made: also there */
    CaseRule table_case, column_case;
    bool quotes_keep_case; /* a quoted name is meant exactly as it is written */
} Dialect;

/* NULL when unknown. `dialect_names()` is NULL-terminated, without the other names. */
const Dialect *dialect_by_name(const char *name);
const char *const *dialect_names(void);
/* The same, but names are the same in small letters and in capitals, also where a dialect makes all of them small. */
const Dialect *dialect_in_any_letters(const Dialect *dialect);
/* Is it among the dialect's `reserved`, in letters of either case; NULL: among those of any? */
bool dialect_reserves(const Dialect *dialect, const char *name);

typedef struct {
    const char *text; /* borrowed; not zero-terminated */
    size_t bytes;     /* under 4 GiB: limits.h has less */
    const Dialect *dialect;
    GArray *tokens;        /* Token; ends with TOKEN_END */
    guint kinds;           /* 1 << TokenKind of all that there are, besides the end */
    bool has_declarations; /* one of them is DECLARE, CREATE or FUNCTION */
} TokenList;

TokenList *tokens_new(const char *text, size_t bytes, const Dialect *dialect);
void tokens_free(TokenList *list);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TokenList, tokens_free)
static inline const Token *
tokens_at(const TokenList *list, uint32_t index)
{
    return &g_array_index(list->tokens, Token, index);
}

/* Is there one at all? Most texts have no template, and need not be looked through for one. */
static inline bool
tokens_have(const TokenList *list, TokenKind kind)
{
    return (list->kinds & 1U << kind) != 0;
}

/* How many begin before the byte. */
uint32_t tokens_before(const TokenList *list, size_t byte);
/* The word without regard to case, or WORD_NONE. */
Word word_find(const char *text, size_t bytes);
/* May it not stand as a name without quotes (in most dialects)? */
bool word_is_reserved(Word word);

/* Line and column (both from 1, the column in bytes) of a byte. */
void text_place(const char *text, size_t at, int *ret_line, int *ret_column);
