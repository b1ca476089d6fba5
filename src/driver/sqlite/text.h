/*
 * text.h - as much of SQLite's SQL text as a driver must understand: tokens, and CREATE statements
 * whose names change while every other byte stays.
 */
#pragma once

#include "base/error.h"

typedef enum {
    SQL_END,
    SQL_WORD,   /* bare name or keyword */
    SQL_QUOTED, /* "name", `name`, [name] */
    SQL_STRING, /* 'text', which SQLite also takes for a name where only a name can be */
    SQL_OTHER,  /* number, operator, parenthesis… : one at a time */
} SqlKind;

typedef struct {
    SqlKind kind;
    const char *begin;
    size_t bytes;
} SqlToken;

/* The token at or after `*cursor`, behind which the cursor is then; comments and blanks are skipped.
 */
SqlToken sql_next(const char **cursor);
bool sql_is(SqlToken token, const char *word); /* a bare word, any case; or one operator */
bool sql_is_name(SqlToken token);              /* a word, or anything quoted */
char *sql_name(SqlToken token);                /* without its quotes; caller frees */
bool sql_names(SqlToken token,
               const char *name); /* is it that name, any case (ASCII, as in SQLite) */

/* "name", with quotes doubled. Caller frees. */
char *sql_quote(const char *name);
/* The same, or as it is where SQLite needs no quotes. */
char *sql_quote_if_needed(const char *name);

/* The name that a CREATE TABLE, INDEX, VIEW or TRIGGER makes, as it is written there. */
CHECKED bool sql_created(const char *create, SqlToken *ret);
/* CREATE TABLE under another name, written as `token`; also where its own columns are qualified with
 * the name. A foreign key to the table itself keeps the name. Caller frees. */
CHECKED bool sql_rename_table(const char *create, const char *token, char **ret, GError **error);
/* CREATE INDEX under another name on another table. */
CHECKED bool sql_rename_index(const char *create, const char *index_token, const char *table_token,
                              char **ret, GError **error);
/* The table's name in a CREATE INDEX, as it is written. */
CHECKED bool sql_indexed(const char *create, SqlToken *ret);
/* CREATE TABLE without its foreign keys; everything else as it is. Caller frees. */
char *sql_without_references(const char *create);
/* The expressions of its CHECKs, in order. Array of char *; caller frees. */
GPtrArray *sql_checks(const char *create);
/* Is it one expression: parentheses in balance, nothing that ends the statement, no parameter? */
CHECKED bool sql_check_expression(const char *sql, char **ret_message);
/* Does the word stand anywhere in it, outside of texts and quotes? */
bool sql_has_word(const char *sql, const char *word);
