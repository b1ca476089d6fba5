/*
 * var_tables.c - variables that are a table: users: "{{ ref('users') }}" under `vars` of dbt_project.yml.
 *
 * {{ var('users') }} is that call wherever SQL of the project puts it in, and is read as such; the name stands in dbt_project.yml,
 * and is renamed there.
 */
#include "rewrite/code.h"
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/layout.h"
#include "rewrite/dbt/sources.h"

#include <string.h>

/* ---- var('x') in a text ---- */

typedef struct {
    size_t begin, end; /* of the call */
    char *name;        /* caller frees */
} VarCall;

static size_t
skip_blanks(const char *text, size_t at, size_t end)
{
    while (at < end && g_ascii_isspace(text[at]))
        at++;
    return at;
}

/* Behind `var`: `('x'`, with or without a default. */
static bool
read_name(const char *text, size_t at, size_t end, VarCall *ret)
{
    at = skip_blanks(text, at, end);
    if (at >= end || text[at] != '(')
        return false;
    at = skip_blanks(text, at + 1, end);
    if (at >= end || (text[at] != '\'' && text[at] != '"'))
        return false;
    size_t from = at + 1;
    const char *close = memchr(text + from, text[at], end - from);
    if (close == NULL)
        return false;
    ret->name = g_strndup(text + from, (size_t) (close - text) - from);
    at = skip_blanks(text, (size_t) (close - text) + 1, end);
    ret->end = at < end && text[at] == ')' ? at + 1 : at;
    return true;
}

/* The next one from byte `*at` on, which goes behind it. */
static bool
next_call(const char *text, size_t end, size_t *at, VarCall *ret)
{
    size_t found;
    while (*at < end && find_word(text + *at, end - *at, "var", &found)) {
        ret->begin = *at + found;
        *at = ret->begin + 3;
        if (read_name(text, *at, end, ret))
            return true;
    }
    return false;
}

/* ---- what they are ---- */

static bool
is_call(const char *value)
{
    Token whole = {.kind = TOKEN_TEMPLATE, .end = (uint32_t) strlen(value)};
    if (strncmp(value, "{{", 2) != 0 || whole.end < 4)
        return false;
    DbtCall *call = dbt_call_alone(value, &whole);
    bool is_one = call != NULL && call->is_understood;
    if (call != NULL)
        dbt_call_clear(call);
    g_free(call);
    return is_one;
}

static const char *
table_of(const YamlNode *settings, const char *name)
{
    const YamlNode *value = dbt_var(settings, name);
    return value != NULL && value->kind == YAML_SCALAR && is_call(value->text) ? value->text : NULL;
}

const char *
dbt_var_table(const YamlNode *settings, const char *text, const Token *token)
{
    VarCall call;
    size_t at = token->begin + 2, end = token->end;
    at += strspn(text + at, "- \t\r\n");
    if (settings == NULL || token->kind != TOKEN_TEMPLATE || strncmp(text + at, "var", 3) != 0)
        return NULL;
    size_t first = at;
    if (!next_call(text, end, &at, &call))
        return NULL;
    g_autofree char *name = call.name;
    size_t rest = call.end + strspn(text + call.end, "- \t\r\n");
    bool is_all = call.begin == first && text[call.end - 1] == ')' && rest + 2 == end;
    return is_all ? table_of(settings, name) : NULL;
}

char *
dbt_var_tables_in(const YamlNode *settings, const char *text, size_t bytes)
{
    g_autoptr(GString) tables = g_string_new(NULL);
    VarCall call;
    for (size_t at = 0; settings != NULL && next_call(text, bytes, &at, &call);) {
        g_autofree char *name = call.name;
        const char *table = table_of(settings, name);
        if (table != NULL)
            g_string_append_printf(tables, "%s\n", table);
    }
    return g_string_free(g_steal_pointer(&tables), FALSE);
}

const YamlNode *
dbt_var_next(const YamlNode *settings, const char *text, size_t bytes, size_t *at,
             size_t *ret_begin)
{
    VarCall call;
    while (next_call(text, bytes, at, &call)) {
        g_autofree char *name = call.name;
        const YamlNode *value = dbt_var(settings, name);
        *ret_begin = call.begin;
        if (value != NULL)
            return value;
    }
    return NULL;
}

/* ---- who reads them ---- */

/* `is_followed`: add the names that the text puts in; else take them away. */
static void
note_names(GHashTable *names, const ProjectFile *file, bool is_followed)
{
    VarCall call;
    for (size_t at = 0; next_call(file->text, file->bytes, &at, &call);) {
        if (is_followed) {
            g_hash_table_add(names, call.name);
            continue;
        }
        g_hash_table_remove(names, call.name);
        g_free(call.name);
    }
}

static void
note_files(const GPtrArray *roots, const GPtrArray *files, bool is_followed)
{
    for (guint i = 0; i < files->len; i++) {
        const ProjectFile *file = g_ptr_array_index(files, i);
        DbtRoot *root = dbt_root_of(roots, file->path);
        bool is_other = g_str_has_suffix(file->path, ".yml") ||
                        g_str_has_suffix(file->path, ".yaml") ||
                        g_str_has_suffix(file->path, ".py");
        if (root == NULL || !(is_followed ? code_is_sql(file->path) : is_other))
            continue;
        note_names(root->vars, file, is_followed);
        if (is_followed)
            note_names(root->asked, file, true);
    }
}

void
dbt_vars_read(const GPtrArray *roots, const GPtrArray *files)
{
    note_files(roots, files, true);
    note_files(roots, files, false);
}
