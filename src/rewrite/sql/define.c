/*
 * define.c - statements about the dataset itself, not its rows: CREATE TABLE, indexes, keys, rights, comments.
 *
 * They are renamed while the mapping does nothing but rename. A definition stays what it was, with other names; where values,
 * types or columns change, it would be another table, which a person designs.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

static void
refuse(Work *work, const SqlSource *source, const char *code, const char *reason)
{
    site_refuse(work, SITE_MENTION, source->path.parts[0].begin,
                source->path.parts[source->path.count - 1].end, code, NULL, "%s", reason);
}

static bool
makes(const Rename *rename, const char *target)
{
    for (guint i = 0; i < rename->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, i);
        const char *name = change->kind == CHANGE_NAME   ? change->to
                           : change->kind == CHANGE_NONE ? change->column
                                                         : NULL;
        if (name != NULL && g_ascii_strcasecmp(name, target) == 0)
            return true;
    }
    return false;
}

bool
rename_only_renames(const Rename *rename)
{
    GHashTableIter iter;
    void *target;
    for (guint i = 0; i < rename->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, i);
        if (change->kind != CHANGE_NAME && change->kind != CHANGE_NONE)
            return false;
    }
    g_hash_table_iter_init(&iter, rename->targets);
    while (g_hash_table_iter_next(&iter, &target, NULL))
        if (!makes(rename, target))
            return false;
    return !rename->has_fields;
}

/* Does the text make the table, so that what goes with it goes with its new name? */
static bool
is_defined_here(const Work *work, const Rename *rename)
{
    if (dbt_own_rename(work) == rename) /* by the model that the file is */
        return true;
    return set_has(work->made_here, rename);
}

/* Or does another file of the call, so that this one, which is no step from one version to the next, goes with it? */
static bool
is_defined(Work *work, const Rename *rename)
{
    if (is_defined_here(work, rename))
        return true;
    work->lacks_definition = true;
    return work->options->defined != NULL &&
           g_hash_table_contains((GHashTable *) work->options->defined, rename) &&
           !is_step(work->path);
}

bool
sql_keeps_places(const Work *work, const Rename *rename)
{
    return rename_only_renames(rename) &&
           (!rename_changes_columns(rename) || is_defined_here(work, rename));
}

static bool
token_says(const Work *work, guint index, const char *name)
{
    const Token *token = work_token(work, index);
    bool is_quoted = token->kind == TOKEN_QUOTED;
    size_t bytes = strlen(name);
    return token->end - token->begin == bytes + 2 * (size_t) is_quoted &&
           g_ascii_strncasecmp(work->text + token->begin + is_quoted, name, bytes) == 0;
}

/* What the script does with a table of its own it does with the new one, where no column is called otherwise. */
static bool
may_follow(const Work *work, const SqlSource *source, const Rename *rename)
{
    const SqlStatement *statement = source->block->statement;
    char **target = source_spelling(source)->target;
    for (guint i = statement->first; i <= statement->last; i++)
        if (token_says(work, i, target[g_strv_length(target) - 1])) /* the move itself */
            return false;
    return rename_only_renames(rename) && !rename_changes_columns(rename);
}

static bool says_column(const Work *work, const Rename *rename, const Token *token);

/* ALTER TABLE t, DROP INDEX i ON t: and not the table as a whole, as by DROP TABLE. */
static bool
changes_what_belongs(const Work *work, const SqlStatement *statement)
{
    static const char *const parts[] = {"INDEX", "TRIGGER", "POLICY", "RULE", "STATISTICS"};
    bool drops_part = false;
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        drops_part = drops_part || work_is_text(work, statement->first + 1, parts[i]);
    return work_is_text(work, statement->first, "ALTER") ||
           (work_is_text(work, statement->first, "DROP") && drops_part);
}

/* ALTER TABLE t DROP CONSTRAINT c, where the table keeps its name and no column that changes is said: it stays to the byte,
 * and does what it did. */
static bool
stays_whole(const Work *work, const SqlSource *source, const Rename *rename)
{
    const Spelling *spelling = source_spelling(source);
    const SqlStatement *statement = source->block->statement;
    if (!g_strv_equal((const char *const *) spelling->source,
                      (const char *const *) spelling->target) ||
        !rename_only_renames(rename) || !changes_what_belongs(work, statement))
        return false;
    for (guint i = statement->first; i <= statement->last; i++) {
        if (says_column(work, rename, work_token(work, i)))
            return false;
        for (guint c = 0; c < rename->changes->len; c++) {
            const ColumnChange *change = g_ptr_array_index(rename->changes, c);
            if (change->kind == CHANGE_NAME && token_says(work, i, change->to))
                return false;
        }
    }
    return true;
}

/* ALTER TABLE t DROP CONSTRAINT c, DROP FOREIGN KEY k: and nothing is given another name, or swapped. */
static bool
drops_key(const Work *work, const SqlSource *source)
{
    static const char *const kinds[] = {"CONSTRAINT", "FOREIGN", "PRIMARY", "INDEX", "KEY"};
    static const char *const others[] = {"RENAME", "SWAP", "SWITCH", "EXCHANGE", "ATTACH"};
    const SqlStatement *statement = source->block->statement;
    bool drops = false;
    for (guint i = statement->first; i < statement->last; i++)
        for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++) {
            drops |= work_is_text(work, i, "DROP") && work_is_text(work, i + 1, kinds[k]);
            if (work_is_text(work, i, others[k]))
                return false;
        }
    return drops;
}

/* ALTER TABLE t ALTER COLUMN c DROP NOT NULL, DROP c, RENAME COLUMN c TO d: and nothing is done with the table as a whole. */
static bool
only_touches_columns(const Work *work, const SqlSource *source)
{
    static const char *const others[] = {"SWAP",   "SWITCH", "EXCHANGE",
                                         "ATTACH", "DETACH", "SCHEMA"};
    const SqlStatement *statement = source->block->statement;
    if (!work_is_text(work, statement->first, "ALTER") ||
        !work_is_text(work, statement->first + 1, "TABLE"))
        return false;
    for (guint i = source->last + 1; i < statement->last; i++) {
        for (size_t k = 0; k < G_N_ELEMENTS(others); k++)
            if (work_is_text(work, i, others[k]))
                return false;
        if (work_is_text(work, i, "RENAME") && !work_is_text(work, i + 1, "COLUMN") &&
            !work_is_text(work, i + 2, "TO"))
            return false;
    }
    return true;
}

/* ALTER TABLE t DROP CONSTRAINT c, DROP INDEX i, RENAME CONSTRAINT c TO d, as ADD CONSTRAINT does: it means no column. */
static bool
only_touches_keys(const Work *work, const SqlSource *source)
{
    static const char *const kinds[] = {"CONSTRAINT", "FOREIGN", "PRIMARY", "INDEX", "KEY"};
    const SqlStatement *statement = source->block->statement;
    guint first = source->path.parts[source->path.count - 1].token + 1, actions = 0;
    if (!work_is_text(work, statement->first, "ALTER"))
        return false;
    for (guint i = first; i <= statement->last; i++) {
        bool is_action = i == first || work_token(work, i - 1)->kind == TOKEN_COMMA, is_key = false;
        bool drops = work_is_text(work, i, "DROP") || work_is_text(work, i, "RENAME");
        for (size_t k = 0; k < G_N_ELEMENTS(kinds) && drops; k++)
            is_key |= work_is_text(work, i + 1, kinds[k]);
        if (is_action && !is_key)
            return false;
        actions += is_action;
    }
    return actions > 0;
}

/* COPY t (a, b) TO …, whose file has the names of the columns in it. */
static bool
lists_changed(const Work *work, const SqlSource *source, const Rename *rename)
{
    const ArenaList *refs = source->block->refs;
    for (guint i = 0; i < refs->len; i++) {
        const SqlRef *ref = g_ptr_array_index(refs, i);
        const ColumnChange *change = rename_column(rename, work->sql->dialect, &ref->path.parts[0]);
        if (change != NULL && change->kind != CHANGE_NONE)
            return true;
    }
    return false;
}

static bool
refuse_shape(Work *work, const SqlSource *source, const Rename *rename)
{
    switch (source->shape) {
    case SHAPE_NAMED:
        return false;
    case SHAPE_DEFINED:
        if (rename_only_renames(rename))
            return false;
        refuse(work, source, "makes-source",
               "this makes the dataset with its old columns, and the mapping changes more than "
               "their names");
        return true;
    case SHAPE_READ:
        if (rename_only_renames(rename))
            return false;
        break;
    case SHAPE_ADJUSTED:
        if ((rename_only_renames(rename) && is_defined(work, rename)) ||
            stays_whole(work, source, rename))
            return false;
        break;
    case SHAPE_SPELLED:
        if (!lists_changed(work, source, rename))
            return false;
        refuse(work, source, "statement",
               "the file has the names of these columns in it: a person decides, as with "
               "COPY (SELECT new AS old …) TO, or a table in between");
        return true;
    case SHAPE_COPIED:
    case SHAPE_WATCHED:
        if (!rename_changes_columns(rename) ||
            (source->shape == SHAPE_WATCHED &&
             sql_trigger_follows(work, source->block->statement, rename)))
            return false;
        if (source->shape == SHAPE_COPIED)
            break;
        refuse(work, source, "statement",
               "the function that this trigger calls is in none of these files, or is not "
               "understood, or sees rows of other tables, too: a person decides what it does with "
               "the columns that change");
        return true;
    case SHAPE_CLONED:
        if (may_follow(work, source, rename))
            return false;
        break;
    case SHAPE_HIDING:
        if (may_follow(work, source, rename) &&
            renames_as_temporary(rename, source_spelling(source), &source->path))
            return false;
        break;
    case SHAPE_CHANGED:
        if ((stays_whole(work, source, rename) &&
             (drops_key(work, source) || only_touches_columns(work, source))) ||
            (rename_only_renames(rename) && only_touches_keys(work, source)))
            return false;
        if (may_follow(work, source, rename) && is_defined(work, rename))
            return false;
        break;
    }
    refuse(work, source, "statement",
           "this statement is not rewritten by rules: a person decides what it means for the new "
           "dataset");
    return true;
}

/* ---- names that are left over ---- */

static bool
is_settled(const SqlStatement *statement, guint index)
{
    for (guint i = 0; statement->settled != NULL && i < statement->settled->len; i++)
        if (g_ptr_array_index(statement->settled, i) == GUINT_TO_POINTER(index))
            return true;
    return false;
}

const ColumnChange *
token_column(const Work *work, const Rename *rename, const Token *token)
{
    size_t begin = token->begin, end = token->end;
    bool is_quoted = token->kind == TOKEN_QUOTED || token->kind == TOKEN_STRING;
    if ((token->kind != TOKEN_WORD && !is_quoted) || end - begin < 1 + 2 * (size_t) is_quoted)
        return NULL;
    g_autofree char *name =
        g_strndup(work->text + begin + is_quoted, end - begin - 2 * (size_t) is_quoted);
    SqlPart part = {.text = name};
    return rename_column(rename, work->sql->dialect, &part);
}

static bool
says_column(const Work *work, const Rename *rename, const Token *token)
{
    const ColumnChange *change = token_column(work, rename, token);
    return change != NULL && change->kind != CHANGE_NONE;
}

static bool
says_any(const Work *work, const SqlStatement *statement, const Token *token)
{
    for (guint b = 0; b < statement->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(statement->blocks, b);
        for (guint i = 0; i < block->sources->len; i++) {
            const Rename *rename = source_rename(g_ptr_array_index(block->sources, i));
            if (rename != NULL && says_column(work, rename, token))
                return true;
        }
    }
    return false;
}

/* So may another table: ALTER TABLE plan ADD FOREIGN KEY (…) REFERENCES users (id) */
static bool
is_in_path(const SqlBlock *block, guint index)
{
    for (guint i = 0; i < block->sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(block->sources, i);
        for (uint32_t p = 0; p < source->path.count; p++)
            if (source->path.parts[p].token == index)
                return true;
    }
    return false;
}

static bool
is_known_column(const SqlStatement *statement, guint index)
{
    for (guint b = 0; b < statement->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(statement->blocks, b);
        for (guint i = 0; i < block->refs->len; i++) {
            const SqlRef *ref = g_ptr_array_index(block->refs, i);
            if (ref->path.parts[ref->column].token == index && ref->source != NULL &&
                ref->binding == BINDING_COLUMN)
                return true;
        }
    }
    return false;
}

/* A key of another table may be called like a column of the dataset. */
static bool
is_of_another(const SqlStatement *statement, guint index)
{
    for (guint b = 0; b < statement->blocks->len; b++)
        if (is_in_path(g_ptr_array_index(statement->blocks, b), index))
            return true;
    return is_known_column(statement, index);
}

/* CHECK (kind <> 'plan'): a value of a column that is known, and not the name of one. */
static bool
is_value_of_column(const Work *work, const SqlStatement *statement, guint index)
{
    if (work_token(work, index)->kind != TOKEN_STRING)
        return false;
    guint name = sql_compared_with(work, index);
    if (work_is_text(work, index - 1, "<>") || work_is_text(work, index - 1, "!="))
        name = index - 2;
    return name > statement->first && is_known_column(statement, name);
}

/* ENUM ('open', 'plan'), SET ('a', 'b'): the values of a type. */
static bool
is_value_of_type(const Work *work, guint index)
{
    while (index > 1 &&
           (work_token(work, index)->kind == TOKEN_STRING || work_is_text(work, index, ",")))
        index--;
    return work_token(work, index)->kind == TOKEN_OPEN &&
           (work_is_text(work, index - 1, "ENUM") ||
            (work_is_text(work, index - 1, "SET") &&
             strcmp(work->sql->dialect->name, "mysql") == 0));
}

#define CHECK_TOKENS_MAX 1000 /* of a condition: lists of values are shorter */

/* CHECK (kind = ANY (ARRAY['plan'])) */
static bool
is_in_check(const Work *work, guint index)
{
    guint last = index > CHECK_TOKENS_MAX ? index - CHECK_TOKENS_MAX : 1;
    for (guint i = index - 1; i > last; i--) {
        const Token *token = work_token(work, i);
        if (token->kind == TOKEN_CLOSE && token->match > 0 && token->match < i)
            i = MAX(token->match, 1);
        else if (token->kind == TOKEN_OPEN && work_is_text(work, i - 1, "CHECK"))
            return true;
    }
    return false;
}

/* id int COMMENT 'id', OPTIONS (description = 'id'): text for people. */
static bool
is_told(const Work *work, guint index)
{
    guint word = index - 1 - work_is_text(work, index - 1, "=");
    return work_is_text(work, word, "COMMENT") ||
           (word + 2 == index && work_is_text(work, word, "description"));
}

/* status text DEFAULT 'plan': what a column holds, and not the name of one. */
static bool
is_value_of_definition(const Work *work, guint index)
{
    if (work_token(work, index)->kind != TOKEN_STRING || index < 2)
        return false;
    if (is_told(work, index) || is_in_check(work, index))
        return true;
    guint before = index - 1;
    while (before > 1 && work_token(work, before)->kind == TOKEN_OPEN)
        before--;
    return work_is_text(work, before, "DEFAULT") || is_value_of_type(work, index);
}

static bool
is_refused(const Work *work, const SqlStatement *statement)
{
    size_t begin = work_token(work, statement->first)->begin,
           end = work_token(work, statement->last)->end;
    for (guint i = 0; i < work->out->sites->len; i++) {
        const Site *site = g_ptr_array_index(work->out->sites, i);
        if (site->begin >= begin && site->end <= end &&
            site->disposition == DISPOSITION_NEEDS_PERSON)
            return true;
    }
    return false;
}

/* COMMENT ON COLUMN t.comment IS 'comment': the first word is a verb, and what stands behind IS is text for people. */
static void
visit_statement(Work *work, const SqlStatement *statement)
{
    bool is_comment = work_is_text(work, statement->first, "COMMENT");
    for (guint i = statement->first + 1; i <= statement->last; i++) {
        const Token *token = work_token(work, i);
        if (is_comment && work_is_text(work, i, "IS"))
            return;
        if (!says_any(work, statement, token) || is_settled(statement, i) ||
            site_covers(work, token->begin, token->end) || is_of_another(statement, i) ||
            is_value_of_column(work, statement, i) || is_value_of_definition(work, i))
            continue;
        if (is_refused(work, statement))
            return;
        site_refuse(
            work, SITE_COLUMN, token->begin, token->end, "statement", NULL,
            "this may be the dataset's column, and it is not understood what is done with it "
            "in this statement");
        return;
    }
}

bool
sql_define_refuses(Work *work, const SqlSource *source, const Rename *rename)
{
    if (source->block->statement->kind != STATEMENT_DEFINE)
        return false;
    if (!rename->is_derived)
        return refuse_shape(work, source, rename);
    if (source->shape == SHAPE_NAMED || !rename_changes_columns(rename))
        return false;
    bool names_any = source->shape == SHAPE_COPIED || source->shape == SHAPE_SPELLED ||
                     source->shape == SHAPE_WATCHED || source->shape == SHAPE_READ;
    for (guint i = source->block->first; i <= source->block->statement->last && !names_any; i++)
        names_any = says_column(work, rename, work_token(work, i));
    if (names_any)
        refuse(work, source, "statement",
               "this speaks of columns that are renamed elsewhere: a person decides");
    return names_any;
}

void
sql_define(Work *work)
{
    for (guint i = 0; i < work->sql->statements->len; i++) {
        const SqlStatement *statement = g_ptr_array_index(work->sql->statements, i);
        if (statement->kind == STATEMENT_DEFINE)
            visit_statement(work, statement);
    }
}
