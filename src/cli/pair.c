/* pair.c - see pair.h. */
#include "cli/pair.h"

#include "base/limits.h"
#include "base/text.h"

#include <string.h>

void
pair_clear(Pair *pair)
{
    conn_close(pair->source_conn);
    conn_close(pair->target_conn);
    schema_free(pair->source_schema);
    schema_free(pair->target_schema);
    mapping_set_free(pair->mappings);
    config_free(pair->config);
    address_clear(&pair->source);
    address_clear(&pair->target);
    g_free(pair->mapping_path);
    g_free(pair->mapping_text);
    g_free(pair->source_url);
    g_free(pair->target_url);
    *pair = (Pair){0};
}

static const StoreConfig *
store_of(const Pair *pair, const char *url)
{
    g_autofree char *name = g_strndup(url, strcspn(url, ":"));
    return config_store(pair->config, name);
}

const StoreConfig *
pair_source_store(const Pair *pair)
{
    return store_of(pair, pair->source_url);
}

const StoreConfig *
pair_target_store(const Pair *pair)
{
    return store_of(pair, pair->target_url);
}

/* The only document, or the one for these two. */
static bool
choose_mapping(Pair *pair, GError **error)
{
    const char *source[] = {pair->source.text, pair->source.object, NULL};
    const char *target[] = {pair->target.text, pair->target.object, NULL};
    if (mapping_count(pair->mappings) > 1)
        return mapping_for(pair->mappings, source, target, &pair->mapping, error);
    pair->mapping = mapping_get(pair->mappings, 0);
    return true;
}

static bool
read_mapping(Pair *pair, const char *path, GError **error)
{
    size_t bytes = 0;
    g_autoptr(Diags) diags = diags_new();
    if (path == NULL)
        return true;
    pair->mapping_path = g_strdup(path);
    return file_read(path, YAML_BYTES_MAX, &pair->mapping_text, &bytes, error) &&
           mapping_parse(pair->mapping_text, bytes, path, diags, &pair->mappings, error) &&
           choose_mapping(pair, error);
}

static bool
check_two(const Pair *pair, GError **error)
{
    if (g_strcmp0(pair->source_url, pair->target_url) != 0)
        return true;
    return fail(error, ERR_INVALID, "source and target are both '%s'", pair->source.text);
}

bool
pair_open(Invocation *call, bool target_may_be_new, Pair *ret, GError **error)
{
    g_auto(Pair) pair = {0};
    if (!address_find(call, invocation_arg(call, 0), false, &pair.source, error) ||
        !address_find(call, invocation_arg(call, 1), target_may_be_new, &pair.target, error))
        return false;
    pair.config = address_config(&pair.source, &pair.target, &pair.source_url, &pair.target_url);
    if (!check_two(&pair, error) ||
        !read_mapping(&pair, invocation_option(call, "mapping"), error) ||
        !address_open(&pair.source, false, &pair.source_conn, &pair.source_schema, error) ||
        (!pair.target.is_new_file && !address_open(&pair.target, target_may_be_new,
                                                   &pair.target_conn, &pair.target_schema, error)))
        return false;
    *ret = pair;
    pair = (Pair){0};
    return true;
}

char *
pair_columns_without(const Schema *schema, const Schema *other)
{
    g_autoptr(GString) names = g_string_new(NULL);
    for (size_t i = 0; i < schema_count(schema); i++) {
        const char *name = schema_column(schema, i)->name;
        bool is_there = false;
        for (size_t c = 0; c < schema_count(other) && !is_there; c++)
            is_there = g_ascii_strcasecmp(schema_column(other, c)->name, name) == 0;
        if (!is_there)
            g_string_append_printf(names, "%s%s", names->len > 0 ? ", " : "", name);
    }
    return names->len > 0 ? g_strdup(names->str) : NULL;
}

char *
pair_columns_becoming(const Pair *pair)
{
    const Driver *source = driver_by_name(pair_source_store(pair)->driver);
    const Driver *target = driver_by_name(pair_target_store(pair)->driver);
    if (target->becomes == NULL || source == target)
        return NULL;
    g_autoptr(GString) text = g_string_new(NULL);
    g_autoptr(GPtrArray) mapped = pair->mapping != NULL ? mapping_targets(pair->mapping) : NULL;
    size_t count = mapped != NULL ? mapped->len : schema_count(pair->source_schema);
    for (size_t i = 0; i < count; i++) {
        const char *name =
            mapped != NULL ? mapped->pdata[i] : schema_column(pair->source_schema, i)->name;
        const char *part = target->becomes(name);
        if (part != NULL)
            g_string_append_printf(text, "%s%s becomes %s", text->len > 0 ? ", " : "", name, part);
    }
    return text->len > 0 ? g_strdup(text->str) : NULL;
}
