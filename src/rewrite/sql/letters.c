/*
 * letters.c - whether the capitals of a mapping are meant, where names without quotes are folded to small letters.
 *
 * A mapping that moves rows has names as the store has them: "signedUp" is none without its quotes. One that was written from the code
 * has them as the code does, and who reads `FROM AuthApp` there gets authapp. The text shows which: where a name of the mapping with
 * capitals stands without quotes, the table is not called so, and a new name with capitals needs no quotes either.
 */
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

static bool
is_folded(const SqlPart *part, const char *said)
{
    bool has_capital = false;
    for (const char *c = said; *c != '\0'; c++)
        has_capital = has_capital || g_ascii_isupper(*c);
    return part->quote == '\0' && has_capital;
}

static bool
folds_table(const SqlSource *source)
{
    const Rename *rename = source_rename(source);
    const Spelling *spelling = source_spelling(source);
    return rename != NULL && spelling != NULL && !rename->is_derived && source->path.count > 0 &&
           is_folded(&source->path.parts[source->path.count - 1], spelling->last);
}

static bool
folds_column(const Work *work, const SqlRef *ref)
{
    const Rename *rename = ref->binding == BINDING_COLUMN ? source_rename(ref->source) : NULL;
    if (rename == NULL || rename->is_derived)
        return false;
    const SqlPart *part = &ref->path.parts[ref->column];
    const ColumnChange *change = rename_column(rename, work->sql->dialect, part);
    return change != NULL && is_folded(part, change->column);
}

static bool
folds(const Work *work, const SqlBlock *block)
{
    for (guint i = 0; i < block->sources->len; i++)
        if (folds_table(g_ptr_array_index(block->sources, i)))
            return true;
    for (guint i = 0; i < block->refs->len; i++)
        if (folds_column(work, g_ptr_array_index(block->refs, i)))
            return true;
    return false;
}

void
sql_letters(Work *work)
{
    Sql *sql = work->sql;
    for (guint b = 0; sql->dialect->column_case == CASE_LOWER && b < sql->blocks->len; b++)
        if (folds(work, g_ptr_array_index(sql->blocks, b)))
            sql->dialect = dialect_in_any_letters(sql->dialect);
}
