/* parse_define.h - the parts of statements that make and describe tables; inside of this room only. */
#pragma once

#include "sql/parse.h"

/* It is known that the token is no column of the table: a type, the name of a constraint. */
void settle(Parser *parser, uint32_t index);
/* The same of all up to `end`, which it reads: names of indexes, roles and the like. */
void settle_to(Parser *parser, uint32_t end);
/* A name alone that is a column of the block's table. */
void column_take(Parser *parser, SqlBlock *block, uint32_t end);
/* t.a: the table, and a column of it. */
void column_of_table_take(Parser *parser, SqlBlock *block, uint32_t end);
/* ( a, b(10), c DESC, lower(d) ): columns, and expressions over them. */
void keys_take(Parser *parser, SqlBlock *block, uint32_t end);
/* ( … ) as an expression over the block's table. */
void group_take(Parser *parser, SqlBlock *block, uint32_t end);
/* ( id int PRIMARY KEY, FOREIGN KEY (a) REFERENCES t (b), … ) */
void definitions_take(Parser *parser, SqlBlock *block, uint32_t end);
/* PRIMARY KEY (a), CHECK (…), KEY name (a) up to `end`; false when it is none of these. */
bool constraint_take(Parser *parser, SqlBlock *block, uint32_t end);
/* character varying(10), numeric(10, 2), `date` */
void type_take(Parser *parser, uint32_t end);
/* What stands behind a column's name, up to `end`. */
void attributes_take(Parser *parser, SqlBlock *block, uint32_t end);
/* PARTITION BY …, CLUSTER BY …, DISTKEY (…), INHERITS (…): behind the columns, up to `end`. */
void options_take(Parser *parser, SqlBlock *block, uint32_t end);
/* Reads the token if it is this word, which the lexer does not know. */
bool plain_word_take(Parser *parser, uint32_t end, const char *text);
/* IF [NOT] EXISTS, if it stands here. */
void if_exists_take(Parser *parser, uint32_t end);
/* May a table's name begin here? */
bool names_table(const Parser *parser, uint32_t index, uint32_t end);
/* `name` is that of what is made: the schema before it is that of tables without one, until the caller
 * empties `parser->schema` again. */
void lend_schema_at(Parser *parser, uint32_t name, uint32_t end);
/* A block for one table of the statement, which is one that defines. */
SqlBlock *define_block(Parser *parser);
/* ALTER TABLE …, behind these words; as parse_define() (parse_alter.c). */
bool parse_altered_table(Parser *parser, uint32_t end);
/* TRIGGER, behind this word; as parse_define() (parse_trigger.c). */
bool parse_trigger(Parser *parser, uint32_t end);
/* RULE of PostgreSQL, behind this word; as parse_define() (parse_rule.c). */
bool parse_rule(Parser *parser, uint32_t end);
/* ALTER TRIGGER of T-SQL, which makes it anew; the same. */
bool parse_altered_trigger(Parser *parser, uint32_t end);
/* CREATE STATISTICS …, behind these words; CACHE TABLE t, DROP POLICY p ON t and the like; as parse_define() (parse_upkeep.c). */
bool parse_statistics(Parser *parser, uint32_t end);
bool parse_upkeep(Parser *parser, uint32_t end);
/* COPY t …, LOAD DATA … INTO t …, from the verb on, as parse_define(); APPEND FROM t behind ALTER TABLE (parse_copy.c). */
bool parse_copy(Parser *parser, uint32_t end);
bool parse_load(Parser *parser, uint32_t end);
bool appended_take(Parser *parser, SqlBlock *block, uint32_t end);
/* DECLARE c CURSOR FOR query: is nothing done with its rows but FETCH … INTO, which takes them by their places (parse_cursor.c)? */
bool is_fetched_by_places(const Parser *parser, const SqlQuery *query);
/* The first ON, or `end`. */
uint32_t find_on(const Parser *parser, uint32_t at, uint32_t end);
/* The next comma outside of brackets, or `end`. */
uint32_t element_end(const Parser *parser, uint32_t at, uint32_t end);
