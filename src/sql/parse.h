/*
 * parse.h - how the parts of the parser call each other; inside of this room only.
 *
 * A Parser walks over the tokens that mean something. Every function reads from `pos` and stops at `end` (a token index)
 * or before; none of them fails. Brackets whose other half is missing end at the `end` of what is around them.
 */
#pragma once

#include "sql/jinja.h"
#include "sql/sql.h"

#include <string.h>

#define SQL_SOURCES_MAX                                                                            \
    1000 /* tables of one FROM: BigQuery takes no more in a whole query, others far fewer */
#define SQL_NAME_CHAINS                                                                            \
    64 /* lists that the names of WITH are found by, at first: people write ten, programs thousands */
#define SQL_PUT_IN_MAX                                                                             \
    100000 /* names that variables of templates stand for, over all places; people come to hundreds */
/* Brackets within brackets that are looked into, in less than 1 MiB of stack; people write ten. */
#define SQL_DEPTH_MAX 1200

/* Brackets within brackets, of which it is known whether they are around a query (parse_token.c). */
typedef struct {
    uint32_t first; /* the outermost one */
    GArray *ends;   /* uint32_t, of each: where it was asked up to */
    bool is_query;
} QueryChain;

/* Where the statements end that begin one within the other (parse_statement.c). */
typedef struct {
    uint32_t at, end,
        stop; /* looked at up to `at` on the way to `stop`, of what reaches to `end` */
} StatementReach;

typedef struct {
    Sql *sql;
    const Token *tokens; /* those of `sql` */
    uint32_t last;       /* of them: TOKEN_END */
    JinjaLists *lists;
    uint32_t pos;
    int depth;
    guint put_in;    /* names that variables stood for so far */
    bool is_applied; /* the source that comes next sees those before it: CROSS APPLY */
    SqlSource
        *watched; /* whose rows are NEW and OLD: the table of the trigger whose body is read */
    bool
        is_batch; /* that body ends with its batch, at GO, and sees the rows as `inserted` and `deleted` */
    uint32_t row_names[2]; /* of it, as in SqlStatement */
    int begins;            /* of that body, which are not closed */
    bool is_at_body;       /* it begins at `pos`, as a statement of its own */
    bool has_keys;         /* ASC and DESC may stand behind items */
    SqlRowsFn *gives_rows; /* or NULL */
    const void *rows_data;
    SqlPath schema;   /* that tables are in which are named without one, by what is made here */
    SqlBlock *shared; /* whose tables all queries of this statement see: FROM t INSERT …; or NULL */
    SqlStatement *statement;
    QueryChain *chain;
    StatementReach reach;
    enum { TUPLES_UNKNOWN, TUPLES_PLAIN, TUPLES_NAMED } tuples; /* of ClickHouse */
} Parser;

/* Where an expression ends, besides at `end`. */
enum {
    STOP_COMMA = 1 << 0,
    STOP_CLAUSE = 1 << 1, /* FROM, WHERE, GROUP BY, UNION, … */
    STOP_JOIN = 1 << 2,
    STOP_ALIAS = 1 << 3, /* AS, or a name behind a whole value */
    STOP_WHEN = 1 << 4,
    STOP_SET = 1 << 5, /* SET, and the comma between assignments is STOP_COMMA */
    STOP_THEN = 1 << 6,
    STOP_KEY = 1 << 7, /* ASC, DESC, NULLS, COLLATE behind a sort key */
};

typedef struct {
    SqlBlock *block;
    SqlClause clause;
    SqlItem *item;
    bool is_table_argument; /* of a table function: a query here is a table, with names */
} Context;

/* ---- reading tokens (parse_token.c) ---- */

/* So many more behind the last one are TOKEN_END, too: the neighbours of a token can be looked at without asking where the
 * text ends. */
#define TOKENS_BEHIND 4

static inline const Token *
peek(const Parser *parser, uint32_t index)
{
    return &parser->tokens[MIN(index, parser->last)];
}
static inline bool
is_word(const Parser *parser, uint32_t index, Word word)
{
    return peek(parser, index)->word == word && word != WORD_NONE;
}
/* Any token, case ignored. Asked of nearly every token for many words, of which mostly not even the length is right. */
static inline bool
token_is_text(const Parser *parser, const Token *token, const char *text)
{
    size_t bytes = strlen(text);
    const char *first = parser->sql->list->text + token->begin;
    return token->end - token->begin == bytes && ((*first ^ *text) & ~0x20) == 0 &&
           g_ascii_strncasecmp(first, text, bytes) == 0;
}
static inline bool
is_text(const Parser *parser, uint32_t index, const char *text)
{
    return token_is_text(parser, peek(parser, index), text);
}

/* The token is one of these words; NULL ends the list. */
bool is_among_words_of(const Parser *parser, uint32_t index, const char *const *words);
/* Are they the same text, in letters of either case? */
bool is_same_token(const Parser *parser, uint32_t a, uint32_t b);
static inline bool
is_open(const Parser *parser, uint32_t index)
{
    const Token *token = peek(parser, index);
    return token->kind == TOKEN_OPEN && parser->sql->list->text[token->begin] == '(';
}
bool is_name(const Parser *parser, uint32_t index); /* may be one: not reserved, or quoted */
/* A keyword where only a value can stand: the column that is called so, in dialects that do not reserve the word. */
bool is_word_as_column(const Parser *parser, uint32_t index, uint32_t end);
uint32_t closing(const Parser *parser, uint32_t open,
                 uint32_t end); /* index of the other bracket, or `end` */
bool take_word(Parser *parser, uint32_t end, Word word);
bool starts_query(const Parser *parser, uint32_t index, uint32_t end);
bool starts_clause(const Parser *parser, uint32_t index);
/* START WITH …, CONNECT BY …: of Oracle and Snowflake. */
bool starts_hierarchy(const Parser *parser, uint32_t index);
bool is_set_operation(const Parser *parser, uint32_t index); /* UNION, and EXCEPT before a query */
bool starts_join(const Parser *parser, uint32_t index);

/* Too many brackets within brackets: what is up to `end` stays unread, and the tree says so. */
bool is_too_deep(Parser *parser, uint32_t end);

/* ---- nodes (parse.c) ---- */

void *node(Parser *parser, size_t bytes);
/* Not zeroed: for who sets all of it. */
void *node_unset(Parser *parser, size_t bytes);
ArenaList *list(Parser *parser);
static inline void
list_add(Parser *parser, ArenaList *list, void *item)
{
    arena_list_add(parser->sql->arena, list, item);
}
SqlBlock *block_new(Parser *parser, SqlQuery *query, SqlBlock *parent);

/* ---- names (parse_name.c) ---- */

/* One name as a part; reads a token. */
SqlPart *part_take(Parser *parser);
/* A literal that is a name: AS 'my name'. */
SqlPart *string_part_take(Parser *parser);
/* a.b.c; what stands behind a dot may be reserved. `*` behind a dot is left. */
SqlPath path_take(Parser *parser, uint32_t end, bool is_table);
/* ( a, b, c ) of names; NULL when it is not that. */
ArenaList *names_take(Parser *parser, uint32_t end);
/* ( a text, b numeric(10, 2) ), the names of it. */
ArenaList *typed_names_take(Parser *parser, uint32_t end); /* parse_source.c */
/* Does IDENTIFIER('t') or TABLE('t') begin here; its name, and nothing is read when it is none (parse_literal.c). */
bool is_named_by_literal(const Parser *parser, uint32_t at);
bool literal_name_take(Parser *parser, SqlPath *ret);
/* FOR SYSTEM_TIME AS OF …, AT (…): does such a moment begin here; reads it (parse_moment.c). */
bool is_moment(const Parser *parser, uint32_t index);
void moment_take(Parser *parser, SqlSource *source, const Context *context, uint32_t end);
/* A name that is only noted. */
void mention_add(Parser *parser, SqlPath path);
void mention_take(Parser *parser, uint32_t end);
SqlRef *ref_add(Parser *parser, const Context *context, SqlPath path);
/* The one name that was read since there were `before` of them, if these tokens are nothing else; or NULL. */
SqlRef *plain_ref(const ArenaList *refs, guint before, uint32_t first, uint32_t last);
/* column.method(…): what the method is of, in dialects that have such; `path` is the name of a call. */
void receiver_add(Parser *parser, const Context *context, SqlPath path);

/* ---- the parts ---- */

void parse_expression(Parser *parser, const Context *context, uint32_t end,
                      int stops); /* parse_expression.c */
/* (a, b) from `first` on, all that was read since `refs_before`: fields that are called like the columns, where the dialect has
 * such (parse_call.c). */
void mark_row_fields(Parser *parser, const Context *context, guint refs_before, uint32_t first);
/* What a function in FROM is given, up to its closing bracket (parse_call.c). */
void parse_table_arguments(Parser *parser, const Context *context, const SqlPath *name,
                           uint32_t close);
/* Comma-separated sort or group keys. */
void parse_keys(Parser *parser, const Context *context, uint32_t end);
/* Names inside of the template at `index`; `path` (or NULL) is what stands before it with a dot. `is_text`: what it gives
 * is a part of a word or a string. */
void parse_template(Parser *parser, const Context *context, uint32_t index, const SqlPath *path,
                    bool is_text); /* parse_template.c */
/* {{ ',' if not loop.last }}: a template that gives a comma, blanks or nothing (parse_listed.c). */
bool template_separates(const Parser *parser, uint32_t index);
/* The names since `before` are all of the item, and a list says them: then each of them is an item (parse_listed.c). */
bool parse_listed(Parser *parser, SqlItem *item, const Context *context, guint before,
                  uint32_t end);
/* The name of the item stands here, and templates of it may put in what a list says: AS {{ c }}, AS "max_{{ c }}". */
void parse_listed_name(Parser *parser, SqlItem *item, const Context *context, guint before,
                       bool has_as, uint32_t end);
/* max_{{ c }}: what the template gives is a part of a word (parse_expression.c). */
bool template_makes_word(const Parser *parser, uint32_t index);
/* The same for the templates in a string. */
void parse_string(Parser *parser, const Context *context, uint32_t index);
/* The table, which is named by one part, is in this schema: its path becomes s.t, all of it where t stands. */
void schema_lend(Parser *parser, SqlSource *table, const SqlPath *schema);
void parse_sources(Parser *parser, SqlBlock *block, uint32_t end); /* parse_join.c */
/* USING (a, b), at USING: by which names `source` is joined to what stands before it. */
void using_take(Parser *parser, SqlSource *source, uint32_t end);
/* [LEFT …] JOIN, one more of them, with its condition. */
void parse_join(Parser *parser, SqlBlock *block, uint32_t end);
/* One table, subquery or array with its alias. */
SqlSource *parse_source(
    Parser *parser, SqlBlock *block,
    uint32_t
        end); /* Behind a bracket of FROM: does a statement stand there that changes rows, as in T-SQL? */
bool starts_change(const Parser *parser, uint32_t at);
/* parse_source.c */
/* Its parts, for what stands behind JOIN: an empty one, `AS a (b, c)` read into it, what cannot belong to it any more, and what an ASOF join
 * compares. */
SqlSource *source_add(Parser *parser, SqlBlock *block, SqlSourceKind kind);
void source_alias_take(Parser *parser, SqlSource *source, uint32_t end);
bool ends_source(const Parser *parser, uint32_t index);
bool is_match_condition(const Parser *parser, uint32_t index);
/* A table by its name alone, without alias. */
SqlSource *table_take(Parser *parser, SqlBlock *block, uint32_t end);
SqlQuery *query_new(Parser *parser, SqlQuery *parent);               /* parse_query.c */
void common_add(Parser *parser, SqlQuery *query, SqlCommon *common); /* parse_with.c */
/* A template that gives tables of WITH (parse_pairs.c); parse_pairs() reads it. */
bool is_pairs(const Parser *parser, uint32_t index);
void parse_pairs(Parser *parser, SqlQuery *with);
void parse_with(Parser *parser, SqlQuery *query, SqlBlock *outer, uint32_t end);
/* `query` has its WITH already. `outer`: the block whose names are seen, or NULL. */
void parse_body(Parser *parser, SqlQuery *query, SqlBlock *outer, uint32_t end);
SqlQuery *parse_query(Parser *parser, SqlQuery *parent, SqlBlock *outer, uint32_t end);
/* One side of a set operation, and the words before the next one; false when there is none. */
void branch_take(Parser *parser, SqlQuery *query, SqlBlock *outer, uint32_t end);
bool set_operation_take(Parser *parser, SqlQuery *query, uint32_t end);
/* A template that is a query of one table's rows (parse_rows.c); rows_take() reads it. */
/* The table of WITH of this name that is seen from the query; or NULL (parse_source.c). */
SqlCommon *common_find(const Parser *parser, const SqlQuery *query, const SqlPart *name);
bool is_rows(const Parser *parser, uint32_t index);
SqlBlock *rows_take(Parser *parser, SqlQuery *query, SqlBlock *outer);
/* PIVOT (…) and the like behind a table, or behind what it is joined by. */
bool is_reshape(const Parser *parser, uint32_t index);
void reshape_take(Parser *parser, SqlSource *source, const Context *context, uint32_t end);
/* OVER (… PATTERN (a b) DEFINE a AS a.x > 1), at the bracket (parse_pattern.c). */
bool is_row_pattern(const Parser *parser, uint32_t open, uint32_t end);
/* PIVOT t ON …: does such a query begin here; reads it (parse_pivot.c). */
bool is_pivot(const Parser *parser, uint32_t index);
SqlBlock *pivot_take(Parser *parser, SqlQuery *query, SqlBlock *outer, uint32_t end);
/* |> behind what `query` has so far: are all steps known; read them (parse_pipe.c). */
bool can_follow_pipes(const Parser *parser, uint32_t end);
void parse_pipes(Parser *parser, SqlQuery *query, SqlBlock *outer, uint32_t end);
/* Is the item at its `first` token a macro that gives a star? Then it is read. (parse_star.c) */
bool parse_star_macro(Parser *parser, SqlItem *item, uint32_t end);
bool take_struct(Parser *parser, SqlBlock *block); /* SELECT AS STRUCT, AS VALUE; parse_query.c */
void parse_items(Parser *parser, SqlBlock *block, uint32_t end); /* parse_item.c */
/* The star of a query that says no SELECT; it stands at that token. parse_item.c */
void add_tacit_star(Parser *parser, SqlBlock *block, uint32_t at);
/* Of the names that were read since `before`, the one by which the value in the tokens [first, last] is called; NULL: by
 * none. (parse_named.c) */
SqlRef *parse_named(Parser *parser, const ArenaList *refs, guint before, uint32_t first,
                    uint32_t last);

/* What `items[0].id` or `(item).id` in [first, last] is called, of whose field that is; or NULL. (parse_named.c) */
const char *parse_field_name(Parser *parser, uint32_t first, uint32_t last);
/* x::character varying(10)[], at the type (parse_word.c). */
void skip_type(Parser *parser, uint32_t end);
/* CREATE … AS query, at CREATE; false, and nothing is read, when it is another statement. Up to the statement that CREATE TASK
 * runs; false when it is none. (parse_create.c) */
bool parse_create(Parser *parser, uint32_t end);
/* SELECT … INTO [TEMP] [TABLE] t, at what stands behind INTO (parse_create.c). */
void into_take(Parser *parser, const SqlBlock *block, uint32_t end);
/* a, b, STRICT c behind INTO, where they are variables: do they get values by their places, and not a record by its names? */
bool variables_take(Parser *parser, uint32_t end);
/* Is anything done with fields of the variable at this token, or is it declared as a record? */
bool variable_has_fields(const Parser *parser, uint32_t name);
bool task_skip(Parser *parser, uint32_t end);
/* The same up to the one that EXPLAIN or PREPARE speaks of, if that changes rows (parse_upkeep.c). */
bool explained_skip(Parser *parser, uint32_t end);
/* A table that is written to, with its alias (parse_statement.c, as all up to rest_take). */
SqlSource *take_target(Parser *parser, SqlBlock *block, uint32_t end);
/* ( a, b ) as references to the target's columns. False where they are not all named: (* EXCEPT (a)) of ClickHouse. */
bool take_columns(Parser *parser, SqlBlock *block, uint32_t end);
/* Names of the columns that were read since `refs`. */
ArenaList *names_since(Parser *parser, const SqlBlock *block, guint refs);
/* a = expression, (b, c) = (…) */
void take_assignments(Parser *parser, SqlBlock *block, uint32_t end, int stops);
/* OUTPUT … INTO t (a, b), RETURNING … INTO x, at INTO. */
void returned_into_take(Parser *parser, SqlBlock *block, uint32_t end);
/* At INSERT (parse_insert.c). */
void parse_insert(Parser *parser, SqlQuery *with, uint32_t end);
/* Rows behind FORMAT, or in a file; false: none begin here. */
bool rows_of_format_take(Parser *parser, SqlBlock *block, uint32_t end);
/* What stands behind a statement's table or query: SET, WHERE, RETURNING, ON CONFLICT (parse_statement.c). */
void rest_take(Parser *parser, SqlBlock *block, uint32_t end);
/* INSERT, UPDATE, DELETE or MERGE as a table of WITH. */
void parse_nested(Parser *parser, SqlQuery *with, uint32_t end);
/* FROM t INSERT … INSERT …; false: it is something else, and nothing was read (parse_inserts.c). */
bool parse_inserts(Parser *parser, uint32_t end);
/* ( DESCRIBE t ): does it begin at the bracket; reads it. (parse_seldom.c, as all up to parse_statements) */
bool is_told_of(const Parser *parser, uint32_t open);
void told_of_take(Parser *parser, const SqlBlock *block, uint32_t end);
/* STREAM t, STREAM(t): does it begin here; up to the table, and the bracket behind it or 0. */
bool is_stream(const Parser *parser, uint32_t at);
uint32_t stream_skip(Parser *parser, uint32_t end);
/* UNPIVOT t.a; AT k behind the alias. */
bool is_object_in_rows(const Parser *parser, uint32_t at);
void key_name_take(Parser *parser, SqlSource *source, uint32_t end);
/* (SELECT …) AS t up to `end`, if it stands here: a table as settings of programs say it. Who reads it puts it behind FROM,
 * and sees its names. */
bool named_query_take(Parser *parser, uint32_t end);
/* WITH(a AS x, a + 1), if it stands here. */
bool value_names_take(Parser *parser, const Context *context, uint32_t end);
/* The name at hand is that of the value in the tokens from `first` on. */
void named_value_add(Parser *parser, ArenaList **values, uint32_t first);
/* Values of WITH are read by the query's only SELECT, once that is read (parse_with.c). */
void values_adopt(Parser *parser, SqlQuery *query);
/* The table of `block` that is called so, by its alias, or by the last part of its name where it has none; or NULL. */
SqlSource *called_source_find(const Parser *parser, const SqlBlock *block, uint32_t at);
/* A table of `block` as it is called there; false where it is none of them, or named with its schema. */
bool table_name_take(Parser *parser, SqlBlock *block, uint32_t end);
/* FOR UPDATE OF a, b, at FOR: tables of `block` (or NULL), by their names or aliases. */
void locked_take(Parser *parser, SqlBlock *block, uint32_t end);
void parse_statements(Parser *parser, uint32_t end); /* parse_statement.c */
/* DELETE a, b FROM s.a JOIN b …, at the first name, if it is that: reads up to behind the tables. Once all of UPDATE and DELETE is
 * read: which of the block's tables is written to. (parse_target.c) */
bool joined_targets_take(Parser *parser, SqlBlock *block, uint32_t end);
/* It is written to. */
void target_set(Parser *parser, SqlSource *source);
void target_find(Parser *parser, SqlBlock *block);
/* A query of MERGE without an alias, whose tables are named outside of it: not understood. */
void merge_source_note(Parser *parser, const SqlBlock *block, const SqlSource *source);
/* What is only read over: names are noted, queries within are read. Ends where a script's inner statement begins. (parse_other.c) */
void parse_other(Parser *parser, uint32_t end);
/* t.a%TYPE, if it stands here (parse_columns.c). */
bool type_of_column_take(Parser *parser, uint32_t end);
/* CREATE TABLE and INDEX, ALTER TABLE, GRANT, COMMENT, TRUNCATE and the like; false, and nothing is read, when it is another
 * statement. (parse_define.c) */
bool parse_define(Parser *parser, uint32_t end);
/* At the first token of a statement: is the trigger's body over? NEW.a or OLD.a, if it is one. (parse_trigger.c) */
void watch_statement(Parser *parser);
bool row_take(Parser *parser, uint32_t end);
/* UPDATE(a) in the body of a trigger of T-SQL, if it is that; the table whose rows the name stands for there, or NULL. */
bool update_asked_take(Parser *parser, uint32_t end);
SqlSource *watched_rows(const Parser *parser, const SqlPath *path);
/* May the statement at `pos` end without `;`, and where does it: at one, or before the next statement? (parse_loose.c) */
bool is_loose(const Parser *parser);
uint32_t loose_end(const Parser *parser, uint32_t end);
/* Of a definition of a table whose semicolon was forgotten: does the next one begin a line here? */
bool starts_next_table(const Parser *parser, uint32_t at);
/* SELECT, WITH, or a change in a new line, behind a query that is whole: nothing joins them. */
bool starts_next_query(const Parser *parser, uint32_t at);
/* CREATE TABLE, DROP TABLE at `at`. */
bool makes_table(const Parser *parser, uint32_t at);
/* WITH SCHEMABINDING, ENCRYPTION AS …: how a view or routine of T-SQL is made, and no table of WITH. */
bool is_making_option(const Parser *parser, uint32_t at);
