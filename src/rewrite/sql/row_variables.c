/*
 * row_variables.c - variables of routines that hold a row of the dataset: r users%ROWTYPE, FOR r IN SELECT * FROM users LOOP.
 *
 * `r.id` is the column there, and is renamed. That is done where all that gives the variable a value is a row of the dataset,
 * and nothing is done with it but to name its fields, to fill it, or to put it back into the table; what takes the row as a whole is a person's. Of a
 * loop's record its body is looked at; of a record that several statements fill, each of them must give such a row.
 */
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/sql/row_cursors.h"
#include "rewrite/work.h"

#include <string.h>

#define LOOPS_DEEP_MAX 64

/* Where a name is a row. */
typedef struct RowVariable RowVariable;
struct RowVariable {
    char *name;           /* in small letters */
    guint first, last;    /* tokens between which it is one */
    const Rename *rename; /* whose; NULL: of a record, while nothing is known to fill it */
    const SqlItem *star;  /* of a loop: that fills it; or NULL */
    const SqlPath *type;  /* users of users%ROWTYPE; or NULL */
    bool is_record;       /* declared as one of any table */
    bool is_made;         /* by the loop, whatever else is called so: of one through a cursor */
    bool is_refused;      /* it is no such row, or more is done with it */
    RowVariable *outer;   /* of a loop: what is declared for it; or NULL */
    GHashTable *fields;   /* of a record: names that it is asked for outside of its loops */
};

struct RowVariables {
    GPtrArray *list;    /* RowVariable *, in the order of the text */
    GHashTable *tokens; /* at which one is named, plus one -> RowVariable */
};

static void
row_free(void *data)
{
    RowVariable *row = data;
    g_clear_pointer(&row->fields, g_hash_table_unref);
    g_free(row->name);
    g_free(row);
}

void
row_variables_free(RowVariables *rows)
{
    if (rows == NULL)
        return;
    g_hash_table_unref(rows->tokens);
    g_ptr_array_unref(rows->list);
    g_free(rows);
}

/* In small letters, without quotes. Caller frees. */
static char *
name_at(const Work *work, guint index)
{
    const Token *token = work_token(work, index);
    size_t quote = token->kind == TOKEN_QUOTED;
    return g_ascii_strdown(work->text + token->begin + quote,
                           (gssize) (token->end - token->begin - 2 * quote));
}

static RowVariable *
add(Work *work, guint name, guint last, const Rename *rename)
{
    RowVariable *row = g_new0(RowVariable, 1);
    *row =
        (RowVariable){.name = name_at(work, name), .first = name, .last = last, .rename = rename};
    if (work->row_variables == NULL) {
        work->row_variables = g_new0(RowVariables, 1);
        work->row_variables->list = g_ptr_array_new_with_free_func(row_free);
        work->row_variables->tokens = g_hash_table_new(NULL, NULL);
    }
    g_ptr_array_add(work->row_variables->list, row);
    return row;
}

static RowVariable *
row_at(const Work *work, guint index)
{
    return work->row_variables != NULL
               ? g_hash_table_lookup(work->row_variables->tokens, GUINT_TO_POINTER(index + 1))
               : NULL;
}

/* ---- queries that give whole rows ---- */

/* Another output is called as a column that changes was, or will be. */
static bool
may_be_mixed_up(const Work *work, const SqlItem *item, const Rename *rename)
{
    if (item->name == NULL)
        return true;
    SqlPart part = {.text = (char *) item->name};
    return rename_column(rename, work->sql->dialect, &part) != NULL ||
           renames_will_have(work->renames, rename, item->name);
}

/* SELECT * FROM users …, SELECT u.*, count(…) AS n FROM users u …: the dataset whose rows come out; the star. NULL: none. */
static const Rename *
rows_of_query(Work *work, const SqlQuery *query, const SqlItem **ret_star)
{
    const SqlBlock *block = query->branches->len == 1 ? query_first_block(query) : NULL;
    const SqlSource *source = NULL;
    const SqlItem *star = NULL;
    if (block == NULL || block->is_struct || block->is_piped)
        return NULL;
    for (guint i = 0; i < block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        if (item->is_star &&
            (star != NULL || item->is_macro || item->except != NULL || item->replace != NULL))
            return NULL;
        star = item->is_star ? item : star;
    }
    if (star != NULL)
        source = star->star_path.count > 0  ? star->star_of
                 : block->sources->len == 1 ? g_ptr_array_index(block->sources, 0)
                                            : NULL;
    const Rename *rename = source != NULL ? source_rename(source) : NULL;
    if (rename == NULL || source->kind != SOURCE_TABLE || source->columns != NULL ||
        source->reshape != NULL || (block->is_distinct && !rename_only_renames(rename)) ||
        (block->place_max > 0 && !sql_keeps_places(work, rename)))
        return NULL;
    for (guint i = 0; i < block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        if (item != star && may_be_mixed_up(work, item, rename))
            return NULL;
    }
    *ret_star = star;
    return rename;
}

/* ---- loops ---- */

/* FOR r IN (…) DO … END FOR, of BigQuery, where WHILE has a DO, too. */
static bool
is_do(const Work *work, guint index)
{
    return work_is_text(work, index, "DO") && work->sql->dialect->has_paths_in_quotes;
}

static bool
is_end_of_do(const Work *work, guint index)
{
    return index > 0 && work_token(work, index - 1)->word == WORD_END &&
           (work_token(work, index)->word == WORD_FOR || work_is_text(work, index, "WHILE"));
}

static bool
is_body(const Work *work, guint index)
{
    return work_token(work, index)->word == WORD_LOOP || is_do(work, index);
}

/* At LOOP, or DO: the LOOP of its END LOOP, the FOR of its END FOR; 0: there is none. */
static guint
end_of_loop(const Work *work, guint loop)
{
    int depth = 0;
    bool is_of_do = is_do(work, loop);
    for (guint i = loop; i + 1 < work->sql->tokens->len; i++) {
        bool is_end = is_of_do && is_end_of_do(work, i);
        if (is_of_do ? !is_do(work, i) && !is_end : work_token(work, i)->word != WORD_LOOP)
            continue;
        depth += is_end || work_token(work, i - 1)->word == WORD_END ? -1 : 1;
        if (depth == 0)
            return i;
        if (depth > LOOPS_DEEP_MAX)
            return 0;
    }
    return 0;
}

/* The loop's variable, a token, of FOR r IN query LOOP; 0: it is no loop's. */
static guint
variable_of_loop(const Work *work, const SqlQuery *query)
{
    guint at = query->first;
    if (at > 3 && work_token(work, at - 1)->kind == TOKEN_OPEN)
        at--;
    return at > 2 && work_token(work, at - 1)->word == WORD_IN &&
                   work_token(work, at - 3)->word == WORD_FOR
               ? at - 2
               : 0;
}

static void
read_loop(Work *work, const SqlQuery *query)
{
    const SqlItem *star = NULL;
    guint variable = variable_of_loop(work, query), loop = query->last + 1;
    const Rename *rename = variable > 0 ? rows_of_query(work, query, &star) : NULL;
    if (rename == NULL)
        return;
    loop += work_token(work, loop)->kind == TOKEN_CLOSE;
    guint end = is_body(work, loop) ? end_of_loop(work, loop) : 0;
    if (end > 0)
        add(work, variable, end, rename)->star = star;
}

/* c CURSOR FOR SELECT * FROM users; … FOR r IN c LOOP */
static void
read_cursor(Work *work, const SqlQuery *query)
{
    const SqlItem *star = NULL;
    g_autoptr(GArray) loops = sql_cursor_loops(work, query);
    const Rename *rename = loops != NULL ? rows_of_query(work, query, &star) : NULL;
    for (guint i = 0; rename != NULL && star != NULL && i < loops->len; i++) {
        guint variable = g_array_index(loops, guint, i), loop = variable + 2;
        while (!is_body(work, loop))
            loop++;
        guint end = end_of_loop(work, loop);
        RowVariable *row = add(work, variable, end > 0 ? end : loop, rename);
        row->star = star;
        row->is_made = true;
        row->is_refused = end == 0;
    }
}

/* FOR r IN EXECUTE q LOOP and all others, which give other rows: their bodies ask for the fields of those. */
static void
read_other_loop(Work *work, GHashTable *known, guint index)
{
    guint loop = index + 3;
    if (work_token(work, index)->word != WORD_FOR || work_token(work, index + 2)->word != WORD_IN ||
        set_has(known, GUINT_TO_POINTER(index + 1)))
        return;
    while (!is_body(work, loop) && work_token(work, loop)->kind != TOKEN_SEMICOLON &&
           work_token(work, loop)->kind != TOKEN_END)
        loop++;
    guint end = is_body(work, loop) ? end_of_loop(work, loop) : 0;
    if (end > 0)
        add(work, index + 1, end, NULL)->is_refused = true;
}

static void
read_loops(Work *work)
{
    const Sql *sql = work->sql;
    for (guint i = 0; i < sql->queries->len; i++)
        read_loop(work, g_ptr_array_index(sql->queries, i));
    for (guint i = 0; i < sql->queries->len; i++)
        read_cursor(work, g_ptr_array_index(sql->queries, i));
    GHashTable *known = NULL;
    guint count = work->row_variables != NULL ? work->row_variables->list->len : 0;
    for (guint i = 0; i < count; i++) {
        guint first = ((RowVariable *) g_ptr_array_index(work->row_variables->list, i))->first;
        set_add(&known, GUINT_TO_POINTER(first));
    }
    for (guint i = 0; count > 0 && i + 3 < sql->tokens->len; i++)
        read_other_loop(work, known, i);
    g_clear_pointer(&known, g_hash_table_unref);
}

/* ---- what is declared ---- */

/* r users%ROWTYPE */
static void
read_type(Work *work, const SqlMention *mention)
{
    const SqlPath *path = &mention->path;
    const Spelling *spelling = NULL;
    bool is_other = false;
    guint name = path->parts[0].token, last = 0;
    const Rename *rename =
        renames_find(work->renames, work->sql->dialect, path, &spelling, &is_other);
    if (rename == NULL || name < 2 || !sql_is_row_type(work, path))
        return;
    name -= 1 + work_is_text(work, name - 1, "CONSTANT");
    guint behind = path->parts[path->count - 1].token + 1;
    behind += work_is_text(work, behind, "%") ? 2 : 0;
    bool is_empty = work_token(work, behind)->kind == TOKEN_SEMICOLON;
    bool is_parameter = /* of a body that is a text of its own */
        work_token(work, sql_row_of(work, name))->kind == TOKEN_OPEN;
    if ((is_parameter ? !work->sql->dialect->has_dollar_quotes : is_empty) &&
        variable_ends(work, name, &last))
        add(work, name, last, rename)->type = path;
}

/* r RECORD; */
static void
read_record(Work *work, guint index)
{
    guint last = 0;
    if (index > 0 && work_is_text(work, index, "RECORD") &&
        work_token(work, index + 1)->kind == TOKEN_SEMICOLON &&
        variable_ends(work, index - 1, &last))
        add(work, index - 1, last, NULL)->is_record = true;
}

/* ---- where they are named ---- */

static int
by_place(const void *a, const void *b)
{
    const RowVariable *one = *(RowVariable *const *) a, *other = *(RowVariable *const *) b;
    return one->first < other->first ? -1 : one->first > other->first;
}

/* The innermost that is known at the token, of those of its name, which are on a stack. */
static RowVariable *
innermost(GPtrArray *stack, guint at)
{
    while (stack->len > 0 && ((RowVariable *) g_ptr_array_index(stack, stack->len - 1))->last < at)
        g_ptr_array_set_size(stack, (gint) stack->len - 1);
    return stack->len > 0 ? g_ptr_array_index(stack, stack->len - 1) : NULL;
}

static void
note_place(Work *work, GHashTable *stacks, guint at, guint *next)
{
    RowVariables *rows = work->row_variables;
    RowVariable *begun = *next < rows->list->len ? g_ptr_array_index(rows->list, *next) : NULL;
    g_autofree char *name = name_at(work, at);
    GPtrArray *stack = g_hash_table_lookup(stacks, name);
    if (begun != NULL && begun->first == at) {
        if (stack == NULL) {
            stack = g_ptr_array_new();
            g_hash_table_insert(stacks, g_strdup(name), stack);
        }
        begun->outer = innermost(stack, at);
        g_ptr_array_add(stack, begun);
        (*next)++;
    }
    RowVariable *row = stack != NULL ? innermost(stack, at) : NULL;
    if (row != NULL)
        g_hash_table_insert(rows->tokens, GUINT_TO_POINTER(at + 1), row);
}

static void
note_places(Work *work)
{
    g_autoptr(GHashTable) stacks =
        g_hash_table_new_full(g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_ptr_array_unref);
    GHashTable *others = sql_names_of_sources(work);
    guint next = 0;
    g_ptr_array_sort(work->row_variables->list, by_place);
    for (guint i = 0; i + 1 < work->sql->tokens->len; i++) {
        TokenKind kind = work_token(work, i)->kind;
        if ((kind == TOKEN_WORD || kind == TOKEN_QUOTED) &&
            (i == 0 || work_token(work, i - 1)->kind != TOKEN_DOT) &&
            !set_has(others, GUINT_TO_POINTER(i + 1)))
            note_place(work, stacks, i, &next);
    }
    g_clear_pointer(&others, g_hash_table_unref);
}

/* ---- what is done with them ---- */

static bool
is_field(const Work *work, guint index)
{
    return work_token(work, index + 1)->kind == TOKEN_DOT && !work_is_text(work, index + 2, "*");
}

/* INTO r, INTO STRICT r: the token INTO; 0: it is something else. */
static guint
into_before(const Work *work, guint index)
{
    guint at = index < 2 ? 0 : index - 1 - work_is_text(work, index - 1, "STRICT");
    return at > 0 && work_token(work, at)->word == WORD_INTO &&
                   work_token(work, index + 1)->kind != TOKEN_COMMA
               ? at
               : 0;
}

/* RETURNING * of a statement that changes the dataset, and reads no other table. */
static const Rename *
rows_returned(const SqlBlock *block, const SqlItem **ret_star)
{
    const SqlItem *star = g_ptr_array_index(block->items, 0);
    const SqlSource *source =
        block->sources->len == 1 ? g_ptr_array_index(block->sources, 0) : NULL;
    bool is_whole = star->is_star && star->except == NULL && star->replace == NULL &&
                    (star->star_path.count == 0 || star->star_of == source);
    if (source == NULL || !is_whole || source != block->statement->target)
        return NULL;
    *ret_star = star;
    return source_rename(source);
}

/* SELECT * INTO r FROM users, at INTO: whose rows it gets, and nothing beside their columns. */
static const Rename *
rows_into(Work *work, guint into, const SqlItem **ret_star)
{
    const SqlBlock *block = sql_block_around(work->sql, into, false);
    if (block == NULL || block->items->len != 1)
        return NULL;
    if (block->is_returning)
        return rows_returned(block, ret_star);
    return block->query != NULL && query_is_result(block->query)
               ? rows_of_query(work, block->query, ret_star)
               : NULL;
}

/* INSERT INTO users VALUES (r.*), VALUES r. */
static bool
is_put_back(const Work *work, const RowVariable *row, guint index)
{
    const SqlBlock *block = sql_block_around(work->sql, index, false);
    const SqlSource *target =
        block != NULL && block->statement != NULL ? block->statement->target : NULL;
    guint before = index - 1;
    before -= work_token(work, before)->kind == TOKEN_OPEN;
    return target != NULL && row->rename != NULL && source_rename(target) == row->rename &&
           !block->statement->has_columns && work_token(work, before)->word == WORD_VALUES;
}

/* Nothing is asked of the names or places of its fields. */
static bool
is_harmless(Work *work, RowVariable *row, guint index)
{
    const SqlItem *star = NULL;
    guint into = into_before(work, index);
    if (into > 0) {
        const Rename *rename = rows_into(work, into, &star);
        row->rename = row->rename == NULL ? rename : row->rename;
        return rename != NULL && rename == row->rename;
    }
    return work_token(work, index + 1)->word == WORD_IS ||
           (index > 1 && work_token(work, index - 1)->word == WORD_FROM &&
            work_token(work, index - 2)->word == WORD_DISTINCT) ||
           is_put_back(work, row, index);
}

/* Where it is declared. A loop gives the record that is declared for it its rows; in PL/pgSQL there must be one. */
static void
judge_first(const Work *work, RowVariable *row)
{
    if (row->star == NULL) { /* of another loop */
        if (row->outer != NULL && row->is_refused && work->sql->dialect->has_dollar_quotes)
            row->outer->is_refused = true;
        return;
    }
    if (row->is_made)
        return;
    if (row->outer == NULL) {
        row->is_refused |= work->sql->dialect->has_dollar_quotes;
        return;
    }
    if (row->outer->rename == NULL)
        row->outer->rename = row->rename;
    row->outer->is_refused |= row->outer->rename != row->rename;
    row->is_refused |= row->outer->type != NULL && row->outer->rename != row->rename;
}

static void
judge(Work *work, guint index)
{
    RowVariable *row = row_at(work, index);
    if (row == NULL)
        return;
    if (index == row->first) {
        judge_first(work, row);
    } else if (!is_field(work, index)) {
        row->is_refused |= !is_harmless(work, row, index);
    } else if (row->is_record) {
        if (row->fields == NULL)
            row->fields = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
        g_hash_table_add(row->fields, name_at(work, index + 2));
    }
}

/* What its record is asked for behind the loop may be what the loop left there. */
static void
judge_loop(RowVariable *row)
{
    const RowVariable *record = row->outer;
    while (record != NULL && !record->is_record)
        record = record->outer;
    if (record == NULL || !record->is_refused || record->fields == NULL)
        return;
    for (guint i = 0; i < row->rename->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(row->rename->changes, i);
        g_autofree char *small = g_ascii_strdown(change->column, -1);
        row->is_refused |=
            change->kind != CHANGE_NONE && g_hash_table_contains(record->fields, small);
    }
}

/* The star of a cursor is that of all loops through it. */
static void
judge_cursors(const Work *work)
{
    GPtrArray *list = work->row_variables->list;
    GHashTable *refused = NULL;
    for (guint i = 0; i < list->len; i++) {
        const RowVariable *row = g_ptr_array_index(list, i);
        if (row->is_made && row->is_refused)
            set_add(&refused, row->star);
    }
    for (guint i = 0; refused != NULL && i < list->len; i++) {
        RowVariable *row = g_ptr_array_index(list, i);
        row->is_refused |= row->is_made && set_has(refused, row->star);
    }
    g_clear_pointer(&refused, g_hash_table_unref);
}

void
sql_row_variables(Work *work)
{
    const Sql *sql = work->sql;
    if (work->rows != NULL)
        return;
    for (guint i = 0; variables_are_there(work->variables) && i < sql->mentions->len; i++)
        read_type(work, g_ptr_array_index(sql->mentions, i));
    read_loops(work);
    for (guint i = 0; variables_are_there(work->variables) && i + 1 < sql->tokens->len; i++)
        read_record(work, i);
    if (work->row_variables == NULL)
        return;
    note_places(work);
    for (guint i = 0; i + 1 < sql->tokens->len; i++)
        judge(work, i);
    for (guint i = 0; i < work->row_variables->list->len; i++) {
        RowVariable *row = g_ptr_array_index(work->row_variables->list, i);
        row->is_refused |= row->rename == NULL;
    }
    for (guint i = 0; i < work->row_variables->list->len; i++)
        if (((RowVariable *) g_ptr_array_index(work->row_variables->list, i))->star != NULL)
            judge_loop(g_ptr_array_index(work->row_variables->list, i));
    judge_cursors(work);
}

/* ---- asking ---- */

bool
row_variable_has_type(const Work *work, const SqlPath *path)
{
    for (guint i = 0; work->row_variables != NULL && i < work->row_variables->list->len; i++) {
        const RowVariable *row = g_ptr_array_index(work->row_variables->list, i);
        if (row->type == path)
            return !row->is_refused;
    }
    return false;
}

/* Of a cursor's query: do all loops through it follow? */
static bool
is_of_cursor(const Work *work, const SqlItem *star)
{
    bool is_followed = false;
    for (guint i = 0; i < work->row_variables->list->len; i++) {
        const RowVariable *row = g_ptr_array_index(work->row_variables->list, i);
        if (row->star != star || !row->is_made)
            continue;
        if (row->is_refused)
            return false;
        is_followed = true;
    }
    return is_followed;
}

bool
row_variable_gets(Work *work, const SqlItem *star)
{
    const SqlItem *found = NULL;
    const SqlQuery *query = star->block->query;
    if (work->row_variables == NULL || (query == NULL && !star->block->is_returning))
        return false;
    guint loop = query != NULL ? variable_of_loop(work, query) : 0;
    if (is_of_cursor(work, star))
        return true;
    const RowVariable *row = loop > 0 ? row_at(work, loop) : NULL;
    if (row != NULL)
        return row->star == star && !row->is_refused;
    for (guint i = star->block->first; i <= star->block->last; i++) {
        row = row_at(work, i);
        if (row != NULL && into_before(work, i) > 0)
            return !row->is_refused && rows_into(work, into_before(work, i), &found) != NULL &&
                   found == star;
    }
    return false;
}

/* ---- the fields ---- */

const ColumnChange *
row_variable_change(const Work *work, guint index)
{
    const RowVariable *row = row_at(work, index);
    return row != NULL && !row->is_refused && is_field(work, index)
               ? row_change_at(work, row->rename, index)
               : NULL;
}

/* What a loop's query gives beside the star. */
static bool
is_beside_star(const Work *work, const RowVariable *row, const SqlPart *part)
{
    for (guint i = 0; row->star != NULL && i < row->star->block->items->len; i++) {
        const SqlItem *item = g_ptr_array_index(row->star->block->items, i);
        if (item->name != NULL &&
            sql_same_column(work->sql->dialect, part->text, part->quote, item->name))
            return true;
    }
    return false;
}

static void
check_unmapped(Work *work, const RowVariable *row, guint index)
{
    const Token *token = work_token(work, index);
    g_autofree char *text = name_at(work, index);
    SqlPart part = {.text = text};
    if (!row->rename->is_derived && rename_changes_columns(row->rename) && text[0] != '_' &&
        !rename_says(row->rename, work->sql->dialect, &part) && !is_beside_star(work, row, &part))
        site_refuse(work, SITE_COLUMN, token->begin, token->end, "not-in-mapping", NULL,
                    "the mapping does not say what becomes of '%s'", text);
}

void
sql_row_fields(Work *work)
{
    if (work->row_variables == NULL)
        return;
    row_items_keep(work, row_variable_change);
    for (guint i = 0; i + 1 < work->sql->tokens->len; i++) {
        const RowVariable *row = row_at(work, i);
        const ColumnChange *change = row_variable_change(work, i);
        if (change != NULL)
            row_column_edit(work, i + 2, change);
        else if (row != NULL && !row->is_refused && is_field(work, i))
            check_unmapped(work, row, i + 2);
    }
}
