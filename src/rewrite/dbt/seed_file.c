/*
 * seed_file.c - the header of a seed: the first line of its CSV file, which names its columns. The rows stay.
 *
 * What stands between the names is what they are found by: `delimiter` may be set anywhere in the project.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

typedef struct {
    size_t begin, end; /* with its quotes */
    char *name;
} Field;

static void
field_clear(void *data)
{
    g_free(((Field *) data)->name);
}

/* Where the field that begins at `begin` ends, and what it says. */
static Field
read_field(const char *text, size_t begin, size_t end, char delimiter)
{
    Field field = {.begin = begin, .end = begin};
    g_autoptr(GString) name = g_string_new(NULL);
    bool is_quoted = begin < end && text[begin] == '"', is_open = is_quoted;
    for (size_t i = begin + is_quoted; i < end && (is_open || text[i] != delimiter); i++) {
        field.end = i + 1;
        if (!is_quoted || text[i] != '"')
            g_string_append_c(name, text[i]);
        else if (is_open && i + 1 < end && text[i + 1] == '"')
            g_string_append_c(name, text[i++]);
        else
            is_open = false;
    }
    field.name = g_strdup(name->str);
    return field;
}

static GArray *
read_header(const Work *work, char delimiter)
{
    static const char mark[] = "\xef\xbb\xbf"; /* that the text is UTF-8 */
    GArray *fields = g_array_new(FALSE, FALSE, sizeof(Field));
    g_array_set_clear_func(fields, field_clear);
    size_t begin = g_str_has_prefix(work->text, mark) ? strlen(mark) : 0;
    size_t end = begin + strcspn(work->text + begin, "\r\n");
    for (size_t at = begin; at <= end;) {
        Field field = read_field(work->text, at, end, delimiter);
        g_array_append_val(fields, field);
        at = field.end + 1;
    }
    return fields;
}

/* How often it names a column; dbt makes an identifier of it, in whatever letters. */
static guint
count_of(const GArray *fields, const char *column)
{
    guint count = 0;
    for (guint i = 0; i < fields->len; i++)
        count += g_ascii_strcasecmp(g_array_index(fields, Field, i).name, column) == 0;
    return count;
}

/* Does it name each column that changes once, and none that the mapping does not speak of? */
static bool
is_that_of(const GArray *fields, const Rename *rename, const char **ret_other)
{
    for (guint i = 0; i < rename->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, i);
        if (change->kind == CHANGE_NAME && count_of(fields, change->column) != 1)
            return false;
    }
    for (guint i = 0; i < fields->len; i++) {
        SqlPart part = {.text = g_array_index(fields, Field, i).name};
        if (!rename_says(rename, dialect_by_name("ansi"), &part))
            *ret_other = part.text;
    }
    return true;
}

static void
rename_field(Work *work, const Field *field, const Rename *rename, char delimiter)
{
    SqlPart part = {.text = field->name};
    const ColumnChange *change = rename_column(rename, dialect_by_name("ansi"), &part);
    if (change == NULL || change->kind != CHANGE_NAME)
        return;
    bool is_quoted = work->text[field->begin] == '"' || strchr(change->to, delimiter) != NULL;
    g_autofree char *quoted = g_strdup_printf("\"%s\"", change->to);
    site_edit(work, SITE_COLUMN, field->begin, field->end, is_quoted ? quoted : change->to);
}

void
dbt_rename_header(Work *work, const Rename *rename, char delimiter)
{
    g_autoptr(GArray) fields = read_header(work, delimiter);
    for (guint i = 0; i < fields->len; i++) {
        const Field *field = &g_array_index(fields, Field, i);
        SqlPart part = {.text = field->name};
        const ColumnChange *change = rename_column(rename, dialect_by_name("ansi"), &part);
        if (change == NULL || change->kind == CHANGE_NONE || change->kind == CHANGE_NAME)
            rename_field(work, field, rename, delimiter);
        else
            site_refuse(work, SITE_COLUMN, field->begin, field->end, "derived", change->link,
                        "a column of which the mapping does not just change the name is used here");
    }
}

bool
dbt_is_own_seed(const Work *work)
{
    for (guint i = 0; g_str_has_suffix(work->path, ".csv") && i < work->renames->list->len; i++) {
        const DbtRename *dbt = ((const Rename *) g_ptr_array_index(work->renames->list, i))->dbt;
        const char *path =
            dbt != NULL && !dbt->is_source ? dbt_maker_path(work->options, &dbt->from) : NULL;
        if (g_strcmp0(path, work->path) == 0)
            return true;
    }
    return false;
}

bool
dbt_seed_file(Work *work)
{
    static const char delimiters[] = ",;\t|";
    const Rename *rename = dbt_seed_at(work->renames, work->path);
    const char *other = NULL;
    if (rename == NULL)
        return false;
    for (size_t d = 0; d < strlen(delimiters); d++) {
        g_autoptr(GArray) fields = read_header(work, delimiters[d]);
        if (!is_that_of(fields, rename, &other))
            continue;
        if (other != NULL)
            site_refuse(work, SITE_FILE, 0, strcspn(work->text, "\r\n"), "not-in-mapping", NULL,
                        "the seed has a column '%s', of which the mapping says nothing", other);
        for (guint i = 0; other == NULL && i < fields->len; i++)
            rename_field(work, &g_array_index(fields, Field, i), rename, delimiters[d]);
        return true;
    }
    site_refuse(work, SITE_FILE, 0, strcspn(work->text, "\r\n"), "seed", NULL,
                "this is the seed, and its first line does not name the columns that change");
    return true;
}
