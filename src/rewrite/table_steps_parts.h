/* table_steps_parts.h - how the parts of table_steps.c call each other; inside of this room only. */
#pragma once

#include "rewrite/table_steps.h"

typedef struct {
    const Renames *renames;
    const Dialect *dialect;
    const Sql *sql;
    const SqlStatement *statement;
    const Rename *rename; /* whose table the statement is about */
    GHashTable *columns;  /* tokens, as GUINT_TO_POINTER(), at which a column is defined */
    uint32_t seen;        /* tokens before were looked at for what begins a block */
    bool is_in_block;
    bool is_torn; /* brackets of a type have no end */
    GPtrArray *steps;
    const char *text; /* in which lines are counted */
    size_t at;        /* byte of it, whose line is: */
    int line;
} StepReader;

/* One more, of a table of this dataset; `begin`: the byte of the text where it is said. */
TableStep *step_add(StepReader *reader, const Rename *rename, TableStepKind kind, size_t begin);
/* Statements about the table of `reader->rename` (table_actions.c). */
void step_read_made(StepReader *reader, const SqlSource *table);
void step_read_altered(StepReader *reader, const SqlSource *table);
/* A path that may mean a dataset, or does so in a way that is not understood (table_doubts.c). */
void step_doubt(StepReader *reader, const SqlPath *path, size_t begin);
/* All that names a dataset in these bytes; behind words that change tables, or anywhere. */
void step_doubt_window(StepReader *reader, const char *text, size_t bytes);
void step_doubt_changes(StepReader *reader, const char *text, size_t bytes);

/* ---- tokens ---- */

static inline const Token *
step_token(const StepReader *reader, uint32_t index)
{
    uint32_t last = reader->sql->tokens->len - 1;
    return &g_array_index(reader->sql->tokens, Token, MIN(index, last));
}

/* A word without quotes, in letters of either case; one of several, which end with NULL; any of them in [from, to). */
bool step_says(const StepReader *reader, uint32_t index, const char *word);
bool step_says_any(const StepReader *reader, uint32_t index, const char *const *words);
bool step_has_any(const StepReader *reader, uint32_t from, uint32_t to, const char *const *words);
