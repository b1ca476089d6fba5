/*
 * config.c - {{ config(…) }} of a model: what it says of the table, and the columns that it names.
 *
 * Under `propagate` the columns of the model are called otherwise: so are they in its settings.
 */
#include "rewrite/dbt/dbt.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"
#include "sql/jinja.h"

#include <string.h>

static bool
is_config(const char *text, const JinjaArgument *argument)
{
    return argument->callee_end - argument->callee == 6 &&
           memcmp(text + argument->callee, "config", 6) == 0;
}

static bool
is_key(const char *text, const JinjaArgument *argument, const char *key)
{
    size_t bytes = argument->keyword_end - argument->keyword;
    return bytes == strlen(key) && memcmp(text + argument->keyword, key, bytes) == 0;
}

bool
dbt_config_text(const char *text, size_t bytes, const char *key, char **ret)
{
    *ret = NULL;
    if (memmem(text, bytes, "config", 6) == NULL)
        return true;
    g_autoptr(TokenList) list = tokens_new(text, bytes, dialect_by_name("ansi"));
    for (guint t = 0; t < list->tokens->len; t++) {
        if (tokens_at(list, t)->kind != TOKEN_TEMPLATE)
            continue;
        g_autoptr(GArray) found = jinja_arguments(text, tokens_at(list, t));
        for (guint i = 0; i < found->len; i++) {
            const JinjaArgument *one = &g_array_index(found, JinjaArgument, i);
            if (!is_key(text, one, key) || !is_config(text, one))
                continue;
            if (one->kind != JINJA_LITERAL || one->is_mixed || *ret != NULL)
                return false;
            *ret = g_strndup(text + one->begin, one->end - one->begin);
        }
    }
    return true;
}

/* ---- columns in settings ---- */

/* Settings that name columns of the model, or hold expressions over them. */
static const char *const about_columns[] = {"unique_key",
                                            "cluster_by",
                                            "partition_by",
                                            "dist",
                                            "sort",
                                            "order_by",
                                            "primary_key",
                                            "indexes",
                                            "check_cols",
                                            "updated_at",
                                            "merge_update_columns",
                                            "merge_exclude_columns",
                                            "partitioned_by",
                                            "clustered_by",
                                            "incremental_predicates",
                                            "liquid_clustered_by",
                                            "sort_key",
                                            "distkey",
                                            "sortkey",
                                            "partitions",
                                            "event_time",
                                            NULL};

/* Settings in which a word that is called like a column is none. */
static const char *const about_others[] = {"materialized",
                                           "alias",
                                           "schema",
                                           "database",
                                           "tags",
                                           "enabled",
                                           "meta",
                                           "group",
                                           "access",
                                           "labels",
                                           "docs",
                                           "description",
                                           "file_format",
                                           "grants",
                                           "incremental_strategy",
                                           "on_schema_change",
                                           "full_refresh",
                                           "persist_docs",
                                           "contract",
                                           "event_time_granularity",
                                           "transient",
                                           "copy_grants",
                                           "query_tag",
                                           "snowflake_warehouse",
                                           "location_root",
                                           "sort_type",
                                           "kms_key_name",
                                           "target_schema",
                                           "target_database",
                                           "strategy",
                                           "bind",
                                           "quoting",
                                           "static_analysis",
                                           "auto_refresh",
                                           "event_time_grain",
                                           "begin",
                                           "batch_size",
                                           "lookback",
                                           "delimiter",
                                           "quote_columns",
                                           "column_types",
                                           "unlogged",
                                           "sql_header_version",
                                           NULL};

bool
dbt_setting_names_columns(const char *key)
{
    return g_strv_contains(about_columns, key);
}

const char *const *
dbt_settings_of_columns(void)
{
    return about_columns;
}

bool
dbt_setting_names_none(const char *key)
{
    return g_strv_contains(about_others, key);
}

static bool
is_among(const char *text, const JinjaArgument *argument, const char *const *keys)
{
    for (; *keys != NULL; keys++)
        if (is_key(text, argument, *keys))
            return true;
    return false;
}

/* ---- hooks that change the model's own table ---- */

/* Behind {{ this }}, which is the only template of the hook; NULL: it is another one, or names more. */
static const char *
behind_this(const char *hook)
{
    const char *open = strstr(hook, "{{"), *close = open != NULL ? strstr(open, "}}") : NULL;
    const char *word = open != NULL ? open + 2 + strspn(open + 2, " ") : NULL;
    if (close == NULL || strncmp(word, "this", 4) != 0 || word + 4 + strspn(word + 4, " ") != close)
        return NULL;
    return strpbrk(close + 2, "{}") == NULL ? close + 2 : NULL;
}

/* One statement that makes an index or changes a table; no query, and no key of another table. */
static bool
is_about_own_table(const char *hook)
{
    static const char *const others[] = {"select", "references", "as", "like", "trigger", NULL};
    size_t bytes = strlen(hook), at = 0;
    const char *head = hook + strspn(hook, " \t\r\n"), *end = strchr(hook, ';');
    bool makes_index =
        g_ascii_strncasecmp(head, "create ", 7) == 0 && find_word(hook, bytes, "index", &at);
    if ((!makes_index && g_ascii_strncasecmp(head, "alter table ", 12) != 0) ||
        (end != NULL && end[1 + strspn(end + 1, " \t\r\n")] != '\0'))
        return false;
    for (guint i = 0; others[i] != NULL; i++)
        if (find_word(hook, bytes, others[i], &at))
            return false;
    return true;
}

/* `alter column id set not null`, and no type or default behind it. */
static bool
is_altered(const char *from, const char *name, const char *next)
{
    static const char before[] = " alter column ";
    size_t bytes = strlen(before);
    const char *behind = next + strspn(next, " ");
    return (size_t) (name - from) >= bytes &&
           g_ascii_strncasecmp(name - bytes, before, bytes) == 0 && strpbrk(next, "(),") == NULL &&
           (g_ascii_strncasecmp(behind, "set not null", 12) == 0 ||
            g_ascii_strncasecmp(behind, "drop not null", 13) == 0);
}

/* `create index x on {{ this }} (id)`, `alter table {{ this }} add primary key (id)`: what stands in brackets behind the table is a
 * column of it, unless it is called as a function. */
bool
dbt_hook_names_own(const char *hook, size_t begin, size_t end)
{
    const char *from = is_about_own_table(hook) ? behind_this(hook) : NULL;
    const char *name = hook + begin, *next = hook + end;
    int depth = 0;
    if (from == NULL || name < from)
        return false;
    for (const char *at = from; at < name; at++)
        depth += (*at == '(') - (*at == ')');
    return depth > 0 ? next[strspn(next, " ")] != '(' : is_altered(from, name, next);
}

static bool
is_of_own_table(const Work *work, const JinjaArgument *argument, size_t begin, size_t end)
{
    g_autofree char *hook =
        g_strndup(work->text + argument->begin, argument->end - argument->begin);
    return is_key(work->text, argument, "post_hook") && /* before, it is the old one */
           dbt_hook_names_own(hook, begin - argument->begin, end - argument->begin);
}

/* What dbt calls both sides of a merge, each of which has the model's columns. */
bool
dbt_is_side_of_merge(const char *name, size_t bytes)
{
    static const char *const sides[] = {"dbt_internal_dest", "dbt_internal_source"};
    for (size_t i = 0; i < G_N_ELEMENTS(sides); i++)
        if (strlen(sides[i]) == bytes && g_ascii_strncasecmp(name, sides[i], bytes) == 0)
            return true;
    return false;
}

/* Is the name a column of the model for certain: no text, function, column of another table, nor in a query of the setting's own? */
static bool
is_plain_place(const Work *work, const JinjaArgument *argument, size_t begin, size_t end)
{
    const char *text = work->text;
    size_t bytes = argument->end - argument->begin, first = begin, at = 0;
    bool is_inside = false;
    for (size_t i = argument->begin; i < begin; i++)
        is_inside ^= text[i] == '\'';
    while (end < argument->end && g_ascii_isspace(text[end]))
        end++;
    if (is_inside || (end < argument->end && text[end] == '(') ||
        memchr(text + argument->begin, '"', bytes) != NULL ||
        find_word(text + argument->begin, bytes, "select", &at))
        return false;
    if (begin == argument->begin || text[begin - 1] != '.')
        return true;
    for (first--; first > argument->begin && is_identifier_byte(text[first - 1]); first--)
        ;
    return dbt_is_side_of_merge(text + first, begin - 1 - first);
}

static void
visit_word(Work *work, const JinjaArgument *argument, const ColumnChange *change, size_t begin,
           size_t end)
{
    bool is_plain = is_plain_place(work, argument, begin, end);
    if (site_covers(work, begin, end))
        return;
    bool is_hooked = is_of_own_table(work, argument, begin, end) && change->kind == CHANGE_NAME &&
                     sql_is_plain_column(work->sql->dialect, change->to);
    if (change->kind == CHANGE_NAME && is_plain &&
        (is_hooked || is_among(work->text, argument, about_columns))) {
        g_autofree char *name = g_strndup(work->text + begin, end - begin);
        const SqlPart part = {.text = name};
        g_autofree char *to = change_in_letters(change, work->sql->dialect, &part);
        site_edit(work, SITE_COLUMN, begin, end, to);
    } else {
        site_refuse(work, SITE_COLUMN, begin, end, "in-template", change->link,
                    "'%s' is a column of this model that changes, and stands in its settings",
                    change->column);
    }
}

static void
visit_literal(Work *work, const JinjaArgument *argument, const Made *made)
{
    const char *text = work->text;
    for (size_t at = argument->begin; at < argument->end;) {
        size_t from = at;
        while (at < argument->end && is_identifier_byte(text[at]))
            at++;
        for (guint i = 0; at > from && i < made->columns->len; i++) {
            const MadeColumn *column = g_ptr_array_index(made->columns, i);
            if (column->change != NULL && strlen(column->name) == at - from &&
                g_ascii_strncasecmp(column->name, text + from, at - from) == 0)
                visit_word(work, argument, column->change, from, at);
        }
        at += at == from;
    }
}

static void
visit_config(Work *work, const Token *token, const Made *made)
{
    g_autoptr(GArray) found = jinja_arguments(work->text, token);
    for (guint i = 0; i < found->len; i++) {
        const JinjaArgument *one = &g_array_index(found, JinjaArgument, i);
        if (one->kind == JINJA_LITERAL && is_config(work->text, one) &&
            !is_among(work->text, one, about_others))
            visit_literal(work, one, made);
    }
    dbt_config_macros(work, token, made);
}

static void
visit_templates(Work *work, const Made *made)
{
    const TokenList *list = work->sql->list;
    for (guint i = 0; i < list->tokens->len; i++) {
        const Token *token = tokens_at(list, i);
        if (token->kind == TOKEN_TEMPLATE && work->sql->live->data[i])
            visit_config(work, token, made);
    }
}

/* `+post-hook` or `+unique_key` of a folder: one that names the column is said of other models, too. */
static void
check_folder(Work *work, const Made *made)
{
    const char *said = work->options->said;
    size_t at = 0;
    for (guint i = 0; said != NULL && i < made->columns->len; i++) {
        const MadeColumn *column = g_ptr_array_index(made->columns, i);
        if (column->change == NULL || !find_word(said, strlen(said), column->name, &at))
            continue;
        site_refuse(work, SITE_FILE, 0, 0, "in-template", column->change->link,
                    "'%s' is a column of this model that changes, and a hook or setting in "
                    "dbt_project.yml names it",
                    column->name);
        return;
    }
}

void
dbt_config(Work *work)
{
    for (guint m = 0; m < work->out->made->len; m++) {
        const Made *made = g_ptr_array_index(work->out->made, m);
        if (made->name != NULL)
            continue;
        visit_templates(work, made);
        check_folder(work, made);
    }
}

void
dbt_config_follows(Work *work, const Rename *rename)
{
    g_autoptr(GPtrArray) columns = g_ptr_array_new_with_free_func(g_free);
    const Made made = {.columns = columns};
    for (guint i = 0; i < rename->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, i);
        MadeColumn *column = g_new0(MadeColumn, 1);
        *column = (MadeColumn){change->column, change->kind != CHANGE_NONE ? change : NULL};
        g_ptr_array_add(columns, column);
    }
    visit_templates(work, &made);
    check_folder(work, &made);
}
