/* along.c - see along.h. */
#include "model/along.h"

#include <string.h>

#define NAMED_MAX 20 /* the others are counted */

const char *
along_same_name(const char *column, const void *data)
{
    return column;
}

/* --- what comes --- */

bool
along_is_unique(const Dependent *along)
{
    return strcmp(along->kind, "unique") == 0 && along->columns != NULL;
}

bool
along_is_index(const Dependent *along)
{
    return strcmp(along->kind, "index") == 0 && along->columns != NULL;
}

/* NULL: the new table has not all of them as they are. */
static GPtrArray *
new_names(const GPtrArray *columns, AlongNameFn *name_of, const void *data)
{
    g_autoptr(GPtrArray) names = g_ptr_array_new_with_free_func(g_free);
    for (guint i = 0; i < columns->len; i++) {
        const char *name = name_of(columns->pdata[i], data);
        if (name == NULL)
            return NULL;
        g_ptr_array_add(names, g_strdup(name));
    }
    return g_steal_pointer(&names);
}

static GPtrArray *
only(const char *column)
{
    GPtrArray *columns = g_ptr_array_new_with_free_func(g_free);
    if (*column != '\0')
        g_ptr_array_add(columns, g_strdup(column));
    return columns;
}

/* A sequence gives its numbers, whatever the store calls that. */
static bool
is_counted(const Dependent *dependent)
{
    return strcmp(dependent->kind, "identity") == 0 ||
           (strcmp(dependent->kind, "default") == 0 &&
            g_str_has_prefix(dependent->definition, "nextval("));
}

/* What it is in the new table, of which columns of the old one (NULL: other stores have no words for it); NULL: it never comes along. */
static const char *
kind_along(const Dependent *dependent, GPtrArray **ret_columns)
{
    bool is_comment = strcmp(dependent->kind, "comment") == 0;
    if (is_comment || is_counted(dependent)) {
        *ret_columns = only(dependent->name);
        return is_comment ? "comment" : "identity";
    }
    bool is_plain = along_is_unique(dependent) || along_is_index(dependent);
    *ret_columns = is_plain ? g_ptr_array_ref(dependent->columns) : NULL;
    return is_plain || dependent->own != NULL ? dependent->kind : NULL;
}

/* "members_by_tier" of "members" is called "_by_tier". NULL: its name does not begin so. */
static const char *
behind_table(const char *name, const Schema *source)
{
    const char *dot = strrchr(source->dataset, '.');
    const char *table = dot != NULL ? dot + 1 : source->dataset;
    size_t bytes = strlen(table);
    bool is_behind = strncmp(name, table, bytes) == 0 && name[bytes] == '_' &&
                     name[bytes + 1] != '_' && name[bytes + 1] != '\0';
    return is_behind ? name + bytes : NULL;
}

static void
take_own(Dependent *along, const Dependent *from, const Schema *source, AlongNameFn *name_of,
         const void *data)
{
    bool is_index = strcmp(from->kind, "index") == 0 || strcmp(from->kind, "unique") == 0;
    GPtrArray *names = from->own != NULL ? new_names(from->own_columns, name_of, data) : NULL;
    along->own_name = is_index ? g_strdup(behind_table(from->name, source)) : NULL;
    if (names == NULL)
        return;
    dependent_set_own(along, g_strdup(from->own), names);
    along->own_from = new_names(from->own_columns, along_same_name, NULL);
}

static bool
may_count(const Schema *made, const char *column)
{
    const Column *found = schema_find(made, column, NULL);
    return found != NULL && found->type == TYPE_INT && !found->is_nullable;
}

void
along_take(Schema *made, const Schema *source, AlongNameFn *name_of, const void *data)
{
    g_ptr_array_set_size(made->dependents, 0);
    for (guint i = 0; i < source->dependents->len; i++) {
        const Dependent *from = source->dependents->pdata[i];
        g_autoptr(GPtrArray) columns = NULL, names = NULL, own = NULL;
        const char *kind = kind_along(from, &columns);
        names = columns != NULL ? new_names(columns, name_of, data) : NULL;
        own = from->own != NULL ? new_names(from->own_columns, name_of, data) : NULL;
        bool may = kind != NULL && (strcmp(kind, "identity") != 0 ||
                                    (names != NULL && may_count(made, names->pdata[0])));
        if (!may || (names == NULL && own == NULL))
            continue;
        bool is_comment = strcmp(kind, "comment") == 0;
        Dependent *along =
            schema_add_dependent(made, kind, from->name, is_comment ? from->definition : "");
        dependent_set_columns(along, g_steal_pointer(&names));
        take_own(along, from, source, name_of, data);
    }
}

const Dependent *
along_of(const Schema *made, const char *kind, const char *column)
{
    for (guint i = 0; i < made->dependents->len; i++) {
        const Dependent *along = made->dependents->pdata[i];
        guint wanted = column != NULL ? 1 : 0;
        if (strcmp(along->kind, kind) == 0 && along->columns != NULL &&
            along->columns->len == wanted &&
            (column == NULL || strcmp(along->columns->pdata[0], column) == 0))
            return along;
    }
    return NULL;
}

char *
along_columns_text(const GPtrArray *columns, AlongQuoteFn *quote)
{
    GString *text = g_string_new(NULL);
    for (guint i = 0; i < columns->len; i++) {
        g_autofree char *name = quote(columns->pdata[i]);
        g_string_append_printf(text, "%s%s", i > 0 ? ", " : "", name);
    }
    return g_string_free(text, FALSE);
}

char *
along_unique_text(const Dependent *along, AlongQuoteFn *quote)
{
    g_autofree char *columns = along_columns_text(along->columns, quote);
    return g_strdup_printf("UNIQUE (%s)", columns);
}

/* --- what does not --- */

static const struct {
    const char *kind, *words;
    bool is_of_column; /* by its name; nothing is missed of a column that does not come as it is */
} missed[] = {
    {"unique", "unique", false},
    {"index", "index", false},
    {"foreign_key_to", "foreign key", false},
    {"check", "check", false},
    {"exclusion", "exclusion", false},
    {"identity", "the numbering of", true},
    {"default", "the default of", true},
    {"generated", "the expression of", true},
    {"comment", "the comment on", true},
    {"partition_key", "its partitions", false},
    {"trigger", "trigger", false},
    {"rule", "rule", false},
    {"policy", "policy", false},
    {"grant", "the rights of", false},
};

/* Some stores say of each column that may be NULL that it is so by default. */
static bool
is_nothing(const Dependent *from)
{
    return strcmp(from->kind, "default") == 0 && g_ascii_strcasecmp(from->definition, "NULL") == 0;
}

static bool
comes_along(const Schema *made, const Dependent *from, AlongHoldsFn *holds, void *store)
{
    g_autoptr(GPtrArray) columns = NULL;
    const char *kind = kind_along(from, &columns);
    for (guint i = 0; kind != NULL && holds != NULL && i < made->dependents->len; i++) {
        const Dependent *along = made->dependents->pdata[i];
        if (strcmp(along->kind, kind) == 0 && strcmp(along->name, from->name) == 0)
            return holds(store, made, along);
    }
    return false;
}

char *
along_left(const Schema *made, const Schema *source, AlongNameFn *name_of, const void *data,
           AlongHoldsFn *holds, void *store)
{
    g_autoptr(GString) list = g_string_new(NULL);
    size_t count = 0;
    for (size_t k = 0; k < G_N_ELEMENTS(missed); k++)
        for (guint i = 0; i < source->dependents->len; i++) {
            const Dependent *from = source->dependents->pdata[i];
            const char *name = *from->name != '\0' ? from->name : source->dataset;
            bool is_gone =
                missed[k].is_of_column && *from->name != '\0' && name_of(from->name, data) == NULL;
            if (strcmp(from->kind, missed[k].kind) != 0 || is_gone || is_nothing(from) ||
                comes_along(made, from, holds, store))
                continue;
            if (count++ >= NAMED_MAX)
                continue;
            const char *words = missed[k].words;
            bool has_name = strcmp(from->kind, "partition_key") != 0;
            g_string_append_printf(list, "%s%s", list->len > 0 ? ", " : "", words);
            if (has_name)
                g_string_append_printf(list, " '%s'", name);
        }
    if (count > NAMED_MAX)
        g_string_append_printf(list, " and %zu more", count - NAMED_MAX);
    return count > 0 ? g_string_free(g_steal_pointer(&list), FALSE) : NULL;
}
