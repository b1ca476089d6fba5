/*
 * table_actions.c - the columns of CREATE TABLE, and what ALTER TABLE does to them.
 *
 * What is not understood, or may give the table more columns than are said, or fewer, is unclear.
 */
#include "rewrite/table_steps_parts.h"

#include <string.h>

/* ---- tokens ---- */

bool
step_says(const StepReader *reader, uint32_t index, const char *word)
{
    const Token *one = step_token(reader, index);
    return one->kind == TOKEN_WORD && one->end - one->begin == strlen(word) &&
           g_ascii_strncasecmp(reader->sql->list->text + one->begin, word, strlen(word)) == 0;
}

bool
step_says_any(const StepReader *reader, uint32_t index, const char *const *words)
{
    for (; *words != NULL; words++)
        if (step_says(reader, index, *words))
            return true;
    return false;
}

bool
step_has_any(const StepReader *reader, uint32_t from, uint32_t to, const char *const *words)
{
    for (uint32_t i = from; i < to; i++)
        if (step_says_any(reader, i, words))
            return true;
    return false;
}

static uint32_t
behind(const StepReader *reader, uint32_t index)
{
    const Token *one = step_token(reader, index);
    return one->kind == TOKEN_OPEN && one->match > index ? one->match + 1 : index + 1;
}

/* Where the list's element that begins at `at` ends: at a comma, or `end`. */
static uint32_t
element_end(StepReader *reader, uint32_t at, uint32_t end)
{
    bool is_torn = false;
    uint32_t stop = sql_element_end(reader->sql, at, end, &is_torn);
    reader->is_torn |= is_torn;
    return stop;
}

/* The column that is named there, as the mapping has it if that does; NULL: it is no name, or one with quotes in it. */
static char *
column_at(const StepReader *reader, uint32_t index)
{
    const Token *one = step_token(reader, index);
    bool is_quoted = one->kind == TOKEN_QUOTED;
    if ((one->kind != TOKEN_WORD && !is_quoted) ||
        one->end - one->begin <= 2 * (uint32_t) is_quoted)
        return NULL;
    const char *begin = reader->sql->list->text + one->begin;
    char quote = is_quoted ? *begin : '\0';
    g_autofree char *name =
        g_strndup(begin + is_quoted, one->end - one->begin - 2 * (size_t) is_quoted);
    if (strpbrk(name, "\"`[]\\") != NULL)
        return NULL;
    const SqlPart part = {.text = name, .quote = quote};
    const ColumnChange *known = rename_column(reader->rename, reader->dialect, &part);
    return known != NULL ? g_strdup(known->column) : g_steal_pointer(&name);
}

/* IF [NOT] EXISTS */
static bool
skip_if(const StepReader *reader, uint32_t *at)
{
    if (!step_says(reader, *at, "IF"))
        return false;
    *at += step_says(reader, *at + 1, "NOT") ? 3 : 2;
    return true;
}

/* ---- CREATE TABLE ---- */

/* PRIMARY KEY (a), CHECK (…), KEY name (a): and no column that is called so. */
static bool
is_constraint(const StepReader *reader, uint32_t at, uint32_t end)
{
    static const char *const keys[] = {"UNIQUE",  "INDEX", "KEY",     "FULLTEXT",
                                       "SPATIAL", "CHECK", "EXCLUDE", NULL};
    if (step_says(reader, at, "CONSTRAINT"))
        return true;
    if (step_says(reader, at, "PRIMARY") || step_says(reader, at, "FOREIGN"))
        return step_says(reader, at + 1, "KEY");
    if (step_says(reader, at, "PERIOD"))
        return step_says(reader, at + 1, "FOR");
    for (uint32_t i = at; step_says_any(reader, at, keys) && i < end; i++)
        if (step_token(reader, i)->kind == TOKEN_OPEN)
            return step_token(reader, i + 1)->kind != TOKEN_NUMBER;
    return false;
}

/* Words behind a column's name by which `*` does not have it, or that may say so. */
static bool
is_hidden(const StepReader *reader, uint32_t at, uint32_t end)
{
    static const char *const words[] = {"HIDDEN",    "INVISIBLE",    "VISIBLE",
                                        "EPHEMERAL", "MATERIALIZED", "ALIAS",
                                        "SPARSE",    "COLUMN_SET",   NULL};
    return step_has_any(reader, at + 1, end, words);
}

/* PARTITIONED BY (day string) of Hive adds columns; names alone are of those that there are. */
static bool
is_partitioned_by_more(StepReader *reader, uint32_t open)
{
    uint32_t close = step_token(reader, open)->match;
    for (uint32_t at = open + 1; at < close; at++) {
        uint32_t stop = element_end(reader, at, close);
        if (stop - at > 1 && step_token(reader, at + 1)->kind != TOKEN_OPEN)
            return true;
        at = stop;
    }
    return false;
}

/* Do the words behind the columns give the table more of them? */
static bool
has_more_behind(StepReader *reader, uint32_t at)
{
    static const char *const words[] = {"INHERITS", "LIKE",    "CLONE", "COPY", "AS",
                                        "SELECT",   "COLUMNS", "OF",    NULL};
    for (; at <= reader->statement->last; at = behind(reader, at)) {
        if (step_says_any(reader, at, words) || step_token(reader, at)->kind == TOKEN_TEMPLATE)
            return true;
        if (step_says(reader, at, "PARTITIONED") &&
            step_token(reader, at + 2)->kind == TOKEN_OPEN &&
            is_partitioned_by_more(reader, at + 2))
            return true;
    }
    return false;
}

/* Something is put in, which may be more columns. */
static bool
has_holes(const StepReader *reader, uint32_t from, uint32_t to)
{
    for (uint32_t i = from; i < to; i++)
        if (step_token(reader, i)->kind == TOKEN_TEMPLATE ||
            step_token(reader, i)->kind == TOKEN_PARAMETER)
            return true;
    return false;
}

/* ( a int, b text, PRIMARY KEY (a) ): the columns. False: not all are known. */
static bool
read_columns(StepReader *reader, uint32_t open, GPtrArray *names)
{
    uint32_t close = step_token(reader, open)->match;
    if (step_token(reader, open)->kind != TOKEN_OPEN || close <= open ||
        has_holes(reader, open, close))
        return false;
    reader->is_torn = false;
    for (uint32_t at = open + 1; at < close; at++) {
        uint32_t stop = element_end(reader, at, close);
        bool is_column = g_hash_table_contains(reader->columns, GUINT_TO_POINTER(at));
        char *name = is_column ? column_at(reader, at) : NULL;
        if (name != NULL)
            g_ptr_array_add(names, name);
        if (is_column ? name == NULL || is_hidden(reader, at, stop)
                      : at == stop || !is_constraint(reader, at, stop))
            return false;
        at = stop;
    }
    return names->len > 0 && !has_more_behind(reader, close + 1) && !reader->is_torn;
}

void
step_read_made(StepReader *reader, const SqlSource *table)
{
    uint32_t first = reader->statement->first, at = table->first;
    TableStep *step =
        step_add(reader, reader->rename, TABLE_STEP_MADE, step_token(reader, first)->begin);
    for (uint32_t i = first; i < at; i++) {
        step->replaces |= step_says(reader, i, "REPLACE") || step_says(reader, i, "ALTER");
        step->may_be_done |= step_says(reader, i, "IF");
    }
    if (table->shape != SHAPE_DEFINED || !read_columns(reader, table->last + 1, step->names))
        step->kind = TABLE_STEP_UNCLEAR;
}

/* ---- ALTER TABLE ---- */

typedef enum {
    VERB_NONE,
    VERB_ADD,
    VERB_DROP
} Verb; /* of which what follows a comma may be more */

static void
add_unclear(StepReader *reader, uint32_t at)
{
    step_add(reader, reader->rename, TABLE_STEP_UNCLEAR, step_token(reader, at)->begin);
}

static TableStep *
add_of_column(StepReader *reader, TableStepKind kind, uint32_t at)
{
    char *name = column_at(reader, at);
    TableStep *step = step_add(reader, reader->rename, name != NULL ? kind : TABLE_STEP_UNCLEAR,
                               step_token(reader, at)->begin);
    if (name != NULL)
        g_ptr_array_add(step->names, name);
    return step;
}

/* a int NOT NULL AFTER b */
static void
read_added(StepReader *reader, uint32_t at, uint32_t stop)
{
    bool may_be_done = skip_if(reader, &at);
    TableStep *step = add_of_column(reader, TABLE_STEP_ADDED, at);
    step->may_be_done = may_be_done;
    if (is_hidden(reader, at, stop))
        step->kind = TABLE_STEP_UNCLEAR;
    if (stop > at + 2 && step_says(reader, stop - 2, "AFTER"))
        step->behind = column_at(reader, stop - 1);
    else if (stop > at + 1 && step_says(reader, stop - 1, "FIRST"))
        step->behind = g_strdup("");
}

static void
read_dropped(StepReader *reader, uint32_t at, uint32_t stop)
{
    bool may_be_done = skip_if(reader, &at);
    (void) stop;
    add_of_column(reader, TABLE_STEP_DROPPED, at)->may_be_done = may_be_done;
}

/* One column, or several in brackets. */
static void
read_each(StepReader *reader, uint32_t at, uint32_t stop,
          void (*read)(StepReader *, uint32_t, uint32_t))
{
    uint32_t close = step_token(reader, at)->match;
    if (step_token(reader, at)->kind != TOKEN_OPEN) {
        read(reader, at, stop);
        return;
    }
    for (at++; at < close; at++) {
        uint32_t end = element_end(reader, at, close);
        if (is_constraint(reader, at, end))
            add_unclear(reader, at);
        else
            read(reader, at, end);
        at = end;
    }
}

static Verb
read_addition(StepReader *reader, uint32_t at, uint32_t stop)
{
    static const char *const others[] = {
        "INDEX",   "KEY",        "UNIQUE",     "CHECK",  "PARTITION", "PERIOD",
        "DEFAULT", "PROJECTION", "EXCLUDE",    "ROW",    "SEARCH",    "FULLTEXT",
        "SPATIAL", "SYSTEM",     "STATISTICS", "VALUES", "GENERATED", NULL};
    bool is_said = step_says(reader, at, "COLUMN") || step_says(reader, at, "COLUMNS");
    if (!is_said && is_constraint(reader, at, stop))
        return VERB_NONE;
    if (!is_said && step_says_any(reader, at, others)) {
        add_unclear(reader, at);
        return VERB_NONE;
    }
    read_each(reader, at + is_said, stop, read_added);
    return VERB_ADD;
}

static Verb
read_removal(StepReader *reader, uint32_t at, uint32_t stop)
{
    static const char *const others[] = {"CONSTRAINT", "PRIMARY", "FOREIGN", "INDEX",
                                         "KEY",        "CHECK",   NULL};
    bool is_said = step_says(reader, at, "COLUMN") || step_says(reader, at, "COLUMNS");
    if (!is_said && step_says_any(reader, at, others))
        return VERB_NONE;
    read_each(reader, at + is_said, stop, read_dropped);
    return VERB_DROP;
}

/* COLUMN a TO b; CONSTRAINT a TO b */
static void
read_renaming(StepReader *reader, uint32_t at)
{
    static const char *const others[] = {"CONSTRAINT", "INDEX", "KEY", NULL};
    if (step_says_any(reader, at, others))
        return;
    at += step_says(reader, at, "COLUMN");
    skip_if(reader, &at);
    char *to = step_says(reader, at + 1, "TO") && !step_says(reader, at, "TO")
                   ? column_at(reader, at + 2)
                   : NULL;
    TableStep *step =
        add_of_column(reader, to != NULL ? TABLE_STEP_RENAMED : TABLE_STEP_UNCLEAR, at);
    if (to != NULL)
        g_ptr_array_add(step->names, to);
}

/* CHANGE COLUMN a b int */
static void
read_change(StepReader *reader, uint32_t at, uint32_t stop)
{
    static const char *const places[] = {"AFTER", "FIRST", NULL};
    at += step_says(reader, at, "COLUMN");
    char *to = step_has_any(reader, at + 2, stop, places) ? NULL : column_at(reader, at + 1);
    TableStep *step =
        add_of_column(reader, to != NULL ? TABLE_STEP_RENAMED : TABLE_STEP_UNCLEAR, at);
    if (to != NULL)
        g_ptr_array_add(step->names, to);
}

/* What changes no column's name or place. */
static bool
is_plain(const StepReader *reader, uint32_t at, uint32_t stop)
{
    static const char *const moves[] = {"AFTER",     "FIRST",  "RENAME", "VISIBLE",
                                        "INVISIBLE", "HIDDEN", "SCHEMA", NULL};
    static const char *const words[] = {
        "ALTER",  "MODIFY",         "OWNER",     "ENABLE",  "DISABLE", "CLUSTER",    "VALIDATE",
        "ENGINE", "AUTO_INCREMENT", "REPLICA",   "COMMENT", "NOCHECK", "CHECK",      "FORCE",
        "SET",    "CONVERT",        "CHARACTER", "CHARSET", "COLLATE", "ROW_FORMAT", NULL};
    bool is_default_set =
        step_says(reader, at, "DEFAULT") &&
        (step_says(reader, at + 1, "CHARACTER") || step_says(reader, at + 1, "CHARSET"));
    return (is_default_set || step_says_any(reader, at, words)) &&
           !step_has_any(reader, at, stop, moves);
}

/* One action of the statement; `before`: what the one before it may go on with. */
static Verb
read_action(StepReader *reader, uint32_t at, uint32_t stop, Verb before)
{
    static const char *const checks[] = {"CHECK", "NOCHECK", NULL};
    if (step_says(reader, at, "WITH") && step_says_any(reader, at + 1, checks))
        at += 2;
    if (step_says(reader, at, "ADD"))
        return read_addition(reader, at + 1, stop);
    if (step_says(reader, at, "DROP"))
        return read_removal(reader, at + 1, stop);
    if (step_says(reader, at, "RENAME"))
        read_renaming(reader, at + 1);
    else if (step_says(reader, at, "CHANGE"))
        read_change(reader, at + 1, stop);
    else if (is_plain(reader, at, stop) && before == VERB_NONE)
        return VERB_NONE;
    else if (before == VERB_ADD && !is_plain(reader, at, stop) && !is_constraint(reader, at, stop))
        return read_addition(reader, at, stop);
    else if (before == VERB_DROP && stop == at + 1)
        return read_removal(reader, at, stop);
    else if (!(before == VERB_ADD && is_constraint(reader, at, stop)))
        add_unclear(reader, at);
    return VERB_NONE;
}

void
step_read_altered(StepReader *reader, const SqlSource *table)
{
    uint32_t end = reader->statement->last + 1, at = table->last + 1;
    Verb verb = VERB_NONE;
    at += step_token(reader, at)->kind == TOKEN_OPERATOR; /* t* */
    reader->is_torn = has_holes(reader, at, end);
    for (; at < end && step_token(reader, at)->kind != TOKEN_SEMICOLON; at++) {
        uint32_t stop = element_end(reader, at, end);
        verb = read_action(reader, at, stop, verb);
        at = stop;
    }
    if (reader->is_torn)
        add_unclear(reader, reader->statement->first);
}
