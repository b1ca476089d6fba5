/*
 * elements.c - UNNEST(t.items) AS i: fields of an array's elements, which the mapping calls `items.sku`.
 *
 * What gives the elements of a column is a table of its own, whose columns are the fields: it gets a Rename that is made of the
 * mapping's. So names are followed, qualified and kept there as anywhere else.
 */
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

#define ARRAYS_MAX 32 /* within each other; people have three */

/* `items` of the dataset, `i.parts` of what UNNEST(items) AS i gives: its fields' names, from the column on. Caller frees. */
static char *
path_of_array(const SqlRef *array)
{
    GString *path = g_string_new(NULL);
    for (uint32_t i = array->column; i < array->path.count; i++)
        g_string_append_printf(path, "%s%s", i > array->column ? "." : "",
                               array->path.parts[i].text);
    return g_string_free(path, FALSE);
}

/* explode(items) t AS i: i.sku. UNNEST(items) AS i: sku */
static const char *
name_of_element(const SqlSource *source)
{
    const ArenaList *names = source->columns;
    return names != NULL && names->len > 0
               ? ((const SqlPart *) g_ptr_array_index(names, names->len - 1))->text
               : NULL;
}

static const Rename *
rename_of_array(Work *work, SqlSource *source, int depth)
{
    const SqlRef *array = source->array;
    if (array == NULL || source->rename != NULL || depth > ARRAYS_MAX)
        return source->rename;
    /* what is made of the changes here does not live as long as what others are told */
    bool is_told = work->options->propagates || work->options->finds_made;
    if (array->binding != BINDING_COLUMN || array->source == NULL || is_told)
        return NULL;
    const Rename *of = array->source->array != NULL
                           ? rename_of_array(work, array->source, depth + 1)
                           : source_rename(array->source);
    if (of == NULL || !of->has_fields)
        return NULL;
    g_autofree char *path = path_of_array(array);
    Rename *rename = rename_of_elements(of, work->sql->dialect, path, name_of_element(source));
    if (rename == NULL)
        return NULL;
    if (work->elements == NULL)
        work->elements = g_ptr_array_new_with_free_func(rename_free);
    g_ptr_array_add(work->elements, rename);
    source->rename = rename;
    return rename;
}

const char *const *
sql_element_columns(Work *work, const SqlSource *source)
{
    const Rename *rename = rename_of_array(work, (SqlSource *) source, 0);
    return rename != NULL ? rename->columns : NULL;
}

const SqlSource *
sql_table_of_elements(const SqlSource *source)
{
    for (int depth = 0; depth < ARRAYS_MAX && source->array != NULL &&
                        source->array->source != NULL && source->rename != NULL;
         depth++)
        source = source->array->source;
    return source;
}

bool
sql_gives_elements(const SqlRef *ref)
{
    for (guint i = 0; ref->clause == CLAUSE_FROM && i < ref->block->sources->len; i++) {
        const SqlSource *source = g_ptr_array_index(ref->block->sources, i);
        if (source->array == ref)
            return source->rename != NULL;
    }
    return false;
}

/* SELECT i FROM UNNEST(t.items) AS i: an element as a whole, with the names of its fields. */
bool
sql_is_element(const SqlRef *ref)
{
    const SqlSource *source = ref->source;
    return source->array != NULL && source->rename != NULL && source->alias != NULL &&
           source->columns == NULL && ref->path.count == 1 &&
           g_ascii_strcasecmp(ref->path.parts[0].text, source->alias->text) == 0;
}

/* ---- items[OFFSET(0)].sku ---- */

/* Behind `items` its subscripts, a dot each and a name: how many names, and the last one. */
static guint
names_behind(const Work *work, const SqlRef *ref, GString *path, guint *ret_last)
{
    guint at = ref->path.parts[ref->path.count - 1].token + 1, count = 0;
    bool is_element = false;
    for (;;) {
        const Token *token = work_token(work, at), *next = work_token(work, at + 1);
        if (token->kind == TOKEN_OPEN && work->text[token->begin] == '[' && token->match > at) {
            is_element = true;
            at = token->match + 1;
        } else if (is_element && token->kind == TOKEN_DOT && next->kind == TOKEN_WORD) {
            g_string_append_c(path, '.');
            g_string_append_len(path, work->text + next->begin, next->end - next->begin);
            *ret_last = at + 1;
            count++;
            at += 2;
        } else {
            return count;
        }
    }
}

/* Does the item end with this name, so that it gives it its own, and is that seen? */
static bool
names_item(const SqlRef *ref, guint last)
{
    const SqlItem *item = ref->in;
    return item != NULL && item->alias == NULL && item->last == last &&
           item->block->query != NULL && item->first == ref->path.parts[0].token &&
           names_query(item->block) && query_names_matter(item->block->query);
}

/* What the field of the array's elements is called then: the same, where it stays. NULL: a person decides. Caller frees. */
static char *
new_name_of(const Work *work, const Rename *of, const char *array, const char *field)
{
    Rename *elements = rename_of_elements(of, work->sql->dialect, array, NULL);
    SqlPart part = {.text = (char *) field};
    const ColumnChange *change =
        elements != NULL ? rename_column(elements, work->sql->dialect, &part) : NULL;
    bool is_name = change != NULL && (change->kind == CHANGE_NAME || change->kind == CHANGE_NONE);
    const char *to = is_name && change->kind == CHANGE_NAME ? change->to : field;
    const char *dot = strrchr(to, '.');
    char *name = is_name ? g_strdup(dot != NULL ? dot + 1 : to) : NULL;
    if (elements != NULL)
        rename_free(elements);
    return name;
}

bool
sql_element_field(Work *work, const SqlRef *ref)
{
    const Rename *rename = source_rename(ref->source);
    g_autofree char *array = path_of_array(ref);
    g_autoptr(GString) path = g_string_new(array);
    guint last = 0;
    if (rename == NULL || names_behind(work, ref, path, &last) == 0)
        return false;
    g_autofree char *to = new_name_of(work, rename, array, path->str + strlen(array) + 1);
    const Token *name = work_token(work, last);
    SqlPart part = {.text = strrchr(path->str, '.') + 1, .begin = name->begin, .end = name->end};
    if (to == NULL)
        return false;
    if (sql_same_column(work->sql->dialect, part.text, '\0', to))
        return true;
    g_autofree char *written = spell_like(work->sql->dialect, &part, to);
    site_edit(work, SITE_COLUMN, name->begin, name->end, written);
    if (names_item(ref, last)) {
        g_autofree char *as = g_strdup_printf(" %s %s", word_as(work, ref->block), part.text);
        edit_add(work, name->end, name->end, as);
    }
    return true;
}
