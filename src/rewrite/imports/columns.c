/* columns.c - see members.h: which column a name of a program is, and the sites of these. */
#include "rewrite/imports/members.h"
#include "rewrite/program/advice.h"

#include <string.h>

#define TOLD_MAX 200 /* places of one file */

/* Behind get, set, find_by_ and the like; 0: it begins with none of them. */
static size_t
verb_bytes(const char *name, size_t bytes)
{
    static const char *const verbs[] = {"get",      "set",   "is",       "has",       "with",
                                        "find_by_", "where", "order_by", "filter_by", NULL};
    for (size_t i = 0; verbs[i] != NULL; i++) {
        size_t length = strlen(verbs[i]);
        if (bytes > length && g_ascii_strncasecmp(name, verbs[i], length) == 0 &&
            (g_ascii_isupper(name[length]) || name[length] == '_' || name[length - 1] == '_'))
            return length;
    }
    return 0;
}

const ColumnChange *
member_change(const Rename *rename, const char *name, size_t bytes)
{
    for (guint i = 0; i < rename->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, i);
        if (change->kind != CHANGE_NONE && name_is_column(name, bytes, change->column))
            return change;
    }
    return NULL;
}

const ColumnChange *
member_used(const Rename *rename, const char *name, size_t bytes)
{
    const char *lookup = bytes > 2 ? memmem(name + 1, bytes - 1, "__", 2) : NULL;
    size_t verb = verb_bytes(name, bytes);
    const ColumnChange *change = member_change(rename, name, bytes);
    if (change == NULL && lookup != NULL)
        change = member_change(rename, name, (size_t) (lookup - name));
    if (change == NULL && verb > 0)
        change = member_change(rename, name + verb, bytes - verb);
    g_autofree char *is = /* setPublic of isPublic */
        verb > 0 ? g_strdup_printf("is%.*s", (int) (bytes - verb), name + verb) : NULL;
    return change == NULL && is != NULL ? member_change(rename, is, strlen(is)) : change;
}

/* Of a class that says its columns, the fields stay: but not orders.c.plan of SQLAlchemy, and a string that is the column's
 * very name may be for the database. */
static bool
is_of_database(const Unit *unit, const Export *export, const ColumnChange *change, size_t begin,
               size_t end)
{
    static const char *const columns[] = {"c", "columns", NULL};
    const char *bytes = unit->text->bytes;
    guint word = unit_piece_at(unit, (uint32_t) begin);
    if (word != G_MAXUINT && unit_piece(unit, word)->kind == PIECE_WORD)
        return word > 1 && unit_is_sign(unit, word - 1, '.') &&
               unit_is_among(unit, word - 2, columns);
    return !export->has_field_strings && end - begin == strlen(change->column) &&
           memcmp(bytes + begin, change->column, end - begin) == 0;
}

void
members_tell(Unit *unit, const ImportedClass *class, const ColumnChange *change, size_t begin,
             size_t end)
{
    Work *work = unit->work;
    Span place = text_span(unit->text, begin, end);
    if (work->mentions >= TOLD_MAX || site_covers(work, place.begin, place.end) ||
        (class->export->says_columns && !is_of_database(unit, class->export, change, begin, end)))
        return;
    g_autofree char *words = column_change_words(change);
    Site *site = program_refuse(work, unit->text, SITE_COLUMN, begin, end, "class", change->link,
                                "'%s' stands for the dataset, as %s says: %s", class->name,
                                class->export->path, words);
    if (!class->export->says_columns)
        site_advise(work, site, class->export->advice, change);
    work->mentions++;
}
