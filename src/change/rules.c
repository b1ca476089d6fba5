/* rules.c - see rules.h. */
#include "change/rules.h"

#include "base/diag.h"

#include <string.h>

void
change_rules_free(ChangeRules *rules)
{
    if (rules == NULL)
        return;
    renames_free(rules->renames);
    mapping_set_free(rules->mappings);
    schema_free(rules->source_schema);
    g_free(rules->columns);
    g_free(rules->source);
    g_free(rules->target);
    change_scope_free(rules->scope);
    g_free(rules);
}

static const char *
member(const json_t *dataset, const char *name)
{
    return json_get_string(dataset, name, "");
}

static const char *
after_last(const char *text, char separator)
{
    const char *at = strrchr(text, separator);
    return at != NULL ? at + 1 : text;
}

/* The object of "STORE:OBJECT". */
static const char *
object_of(const json_t *dataset)
{
    const char *url = member(dataset, "url"), *colon = strchr(url, ':');
    return colon != NULL ? colon + 1 : url;
}

/* Files and topics have names that in code would be nearly anything ("airports.csv"). */
static bool
is_name_in_code(const char *object)
{
    if (!g_ascii_isalpha(object[0]) && object[0] != '_')
        return false;
    for (const char *c = object; *c != '\0'; c++)
        if (!g_ascii_isalnum(*c) && *c != '_')
            return false;
    return true;
}

static bool
find_mapping(const ChangeMove *move, ChangeRules *rules, GError **error)
{
    const char *source_ref = member(move->source, "ref"), *target_ref = member(move->target, "ref");
    const char *source[] = {after_last(source_ref, '/'), source_ref, rules->source,
                            member(move->source, "url"), NULL};
    const char *target[] = {after_last(target_ref, '/'), target_ref, rules->target,
                            member(move->target, "url"), NULL};
    const char *text = json_get_string(move->mapping, "text", "");
    g_autoptr(Diags) diags = diags_new();
    return mapping_parse(text, strlen(text), json_get_string(move->mapping, "path", "the mapping"),
                         diags, &rules->mappings, error) &&
           mapping_for(rules->mappings, source, target, &rules->mapping, error);
}

static bool
make_identity(const ChangeMove *move, ChangeRules *rules, GError **error)
{
    g_autoptr(Schema) target = NULL;
    if (!is_name_in_code(rules->source))
        return fail(error, ERR_UNSUPPORTED,
                    "'%s' is no name that code is searched for: a mapping says how code calls it "
                    "(aliases)",
                    rules->source);
    if (move->target_schema != NULL && !json_is_null(move->target_schema) &&
        !schema_from_json(move->target_schema, &target, error))
        return false;
    if (!mapping_identity(rules->source_schema, target, &rules->mappings, error))
        return false;
    rules->mapping = mapping_get(rules->mappings, 0);
    return true;
}

/* All columns of the source, when its name is written alone: then there is no doubt which table it is. */
static const char *const *
source_columns(const SqlSource *table, bool *ret_is_open, void *data)
{
    const ChangeRules *rules = data;
    *ret_is_open = false;
    return table->path.count == 1 &&
                   g_ascii_strcasecmp(table->path.parts[0].text, rules->source) == 0
               ? rules->columns
               : NULL;
}

static void
read_columns(ChangeRules *rules)
{
    size_t count = schema_count(rules->source_schema);
    rules->columns = g_new0(const char *, count + 1);
    for (size_t i = 0; i < count; i++)
        rules->columns[i] = schema_column(rules->source_schema, i)->name;
}

bool
change_rules_new(const ChangeMove *move, ChangeRules **ret, GError **error)
{
    g_autoptr(ChangeRules) rules = g_new0(ChangeRules, 1);
    bool has_mapping = json_is_object(move->mapping);

    rules->source = g_strdup(object_of(move->source));
    rules->target = g_strdup(object_of(move->target));
    rules->is_in_place = strcmp(member(move->source, "url"), member(move->target, "url")) == 0;
    if (!schema_from_json(move->source_schema, &rules->source_schema, error) ||
        !(has_mapping ? find_mapping(move, rules, error) : make_identity(move, rules, error)))
        return false;
    rules->renames = renames_new_of(rules->mapping);
    if (is_name_in_code(rules->source) && is_name_in_code(rules->target))
        renames_add_spelling(rules->renames, rules->mapping, rules->source, rules->target);
    read_columns(rules);
    rules->options = (RewriteOptions){
        .propagates = mapping_propagates_names(rules->mapping),
        .columns = source_columns,
        .columns_data = rules,
    };
    *ret = g_steal_pointer(&rules);
    return true;
}

/* ---- the way back ---- */

/* The columns that the mapping speaks of; the new dataset may have more. */
static const char *const *
target_columns(const SqlSource *table, bool *ret_is_open, void *data)
{
    const ChangeRules *rules = data;
    *ret_is_open = true;
    return table->path.count == 1 &&
                   g_ascii_strcasecmp(table->path.parts[0].text, rules->source) == 0
               ? rules->columns
               : NULL;
}

ChangeRules *
change_rules_inverse(const ChangeRules *rules)
{
    if (rules->is_in_place)
        return NULL;
    g_autoptr(GPtrArray) columns = mapping_targets(rules->mapping);
    ChangeRules *inverse = g_new0(ChangeRules, 1);
    inverse->mappings = mapping_inverse_names(rules->mapping);
    inverse->mapping = mapping_get(inverse->mappings, 0);
    inverse->source = g_strdup(rules->target);
    inverse->target = g_strdup(rules->source);
    inverse->renames = renames_new_of(inverse->mapping);
    if (is_name_in_code(inverse->source) && is_name_in_code(inverse->target))
        renames_add_spelling(inverse->renames, inverse->mapping, inverse->source, inverse->target);
    inverse->columns = g_new0(const char *, columns->len + 1);
    for (guint i = 0; i < columns->len; i++)
        inverse->columns[i] = g_ptr_array_index(columns, i);
    inverse->options = (RewriteOptions){
        .propagates = rules->options.propagates,
        .columns = target_columns,
        .columns_data = inverse,
    };
    return inverse;
}
