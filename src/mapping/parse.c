/*
 * parse.c - a mapping file: one or more documents, each checked on its own, all findings at once.
 *
 * Only what can be said without schemas is said here; check.c has the rest. A document with an error is still read to
 * its end, so that one run shows all of them.
 */
#include "mapping/reader.h"

#include "base/text.h"

#include <math.h>
#include <string.h>

typedef void KeyFn(const Reader *reader, const YamlNode *value, Mapping *mapping);

static void
read_source(const Reader *reader, const YamlNode *value, Mapping *mapping)
{
    mapping->source = g_strdup(reader_scalar(reader, value, "source"));
}

static void
read_target(const Reader *reader, const YamlNode *value, Mapping *mapping)
{
    mapping->target = g_strdup(reader_scalar(reader, value, "target"));
}

static void
read_aliases(const Reader *reader, const YamlNode *value, Mapping *mapping)
{
    g_autoptr(GPtrArray) names = reader_names(reader, value, "aliases");
    for (guint i = 0; i < names->len; i++)
        g_ptr_array_add(mapping->aliases, g_strdup(((Name *) names->pdata[i])->text));
}

static void
read_key(const Reader *reader, const YamlNode *value, Mapping *mapping)
{
    g_ptr_array_unref(mapping->key_marks);
    mapping->key_marks = reader_names(reader, value, "key");
    for (guint i = 0; i < mapping->key_marks->len; i++)
        g_ptr_array_add(mapping->key, g_strdup(((Name *) mapping->key_marks->pdata[i])->text));
}

static void
read_where(const Reader *reader, const YamlNode *value, Mapping *mapping)
{
    mapping->where = g_strdup(reader_scalar(reader, value, "where"));
    mapping->where_mark = node_mark(value);
}

/* Two targets that only differ by case are one column in most stores. */
static void
check_collision(const Reader *reader, const YamlNode *key, const Rule *rule, GHashTable *targets)
{
    g_autofree char *small = g_ascii_strdown(key->text, -1);
    const Rule *other = g_hash_table_lookup(targets, small);
    if (other != NULL)
        reader_complain(reader, key, "collision",
                        "column '%s' collides with column '%s' (line %d): names that differ by "
                        "case alone are one column in most stores",
                        key->text, other->target, other->mark.line);
    else
        g_hash_table_insert(targets, g_steal_pointer(&small), (void *) rule);
}

static void
read_columns(const Reader *reader, const YamlNode *value, Mapping *mapping)
{
    if (!reader_is_map(reader, value, "columns", "{ target_column: source_column }"))
        return;
    if (value->count == 0)
        reader_complain(reader, value, "bad-value",
                        "columns is empty; expected { target_column: source_column }");
    g_autoptr(GHashTable) targets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (size_t i = 0; i < value->count; i++) {
        const YamlNode *key = value->items[2 * i];
        Rule *rule = rule_parse(key, value->items[2 * i + 1], reader->file, reader->diags);
        if (rule == NULL)
            continue;
        check_collision(reader, key, rule, targets);
        g_ptr_array_add(mapping->rules, rule);
    }
}

static void
read_drop(const Reader *reader, const YamlNode *key, const YamlNode *value, Mapping *mapping)
{
    static const char *const known[] = {"why", "link", NULL};
    const char *name = reader_scalar(reader, key, "the name of a dropped column");
    if (name == NULL)
        return;
    json_t *entry = json_object();
    g_ptr_array_add(mapping->dropped_marks, name_new(name, node_mark(key)));
    json_object_set_new(mapping->dropped, name, entry);
    if (value->kind == YAML_SCALAR && !yaml_is_null(value) && value->text[0] != '\0') {
        json_set_string(entry, "why", value->text);
        return;
    }
    if (!reader_is_map(reader, value, "a dropped column", "{ why: \"never filled since 2023\" }"))
        return;
    reader_known_keys(reader, value, known, "a dropped column");
    const YamlNode *why = yaml_get(value, "why"), *link = yaml_get(value, "link");
    if (why == NULL)
        reader_complain(reader, key, "missing-key",
                        "dropped column '%s' needs a reason: { why: \"…\" }", name);
    else
        json_set_string(entry, "why", reader_scalar(reader, why, "why"));
    if (link != NULL)
        json_set_string(entry, "link", reader_scalar(reader, link, "link"));
}

static void
read_dropped(const Reader *reader, const YamlNode *value, Mapping *mapping)
{
    if (!reader_is_map(reader, value, "dropped",
                       "{ legacy_flag: { why: \"never filled since 2023\" } }"))
        return;
    for (size_t i = 0; i < value->count; i++)
        read_drop(reader, value->items[2 * i], value->items[2 * i + 1], mapping);
}

static void
read_lossy(const Reader *reader, const YamlNode *value, Mapping *mapping)
{
    g_ptr_array_unref(mapping->lossy);
    mapping->lossy = reader_names(reader, value, "lossy");
}

static void
read_output_names(const Reader *reader, const YamlNode *value, Mapping *mapping)
{
    static const char *const words[] = {"keep", "propagate", NULL};
    mapping->propagates = reader_word(reader, value, "output_names", words) == 1;
}

static void
read_dbt(const Reader *reader, const YamlNode *value, Mapping *mapping)
{
    static const char *const known[] = {"source", "ref", "target", NULL};
    if (!reader_is_map(
            reader, value, "dbt",
            "{ source: \"schema.table\", target: \"schema.table\" } or { ref: old, target: new }"))
        return;
    reader_known_keys(reader, value, known, "dbt");
    for (size_t i = 0; i < value->count; i++)
        (void) reader_scalar(reader, value->items[2 * i + 1], "a name of dbt");
    if ((yaml_get(value, "source") == NULL) == (yaml_get(value, "ref") == NULL))
        reader_complain(reader, value, "missing-key", "dbt needs either `source` or `ref`");
    if (yaml_get(value, "target") == NULL)
        reader_complain(reader, value, "missing-key", "dbt needs `target`");
    json_decref(mapping->dbt);
    mapping->dbt = yaml_to_json(value);
}

/* "1%", "0.25 %" or "0.01", as parts per million. */
static bool
share_parse(const char *text, int64_t *ret_ppm)
{
    char *end = NULL;
    double share = g_ascii_strtod(text, &end);
    if (end == text || !g_ascii_isdigit(text[0]))
        return false;
    while (*end == ' ')
        end++;
    bool is_percent = *end == '%';
    end += is_percent;
    share *= is_percent ? 10000 : 1000000;
    if (*end != '\0' || !isfinite(share) || share < 0 || share > 1000000)
        return false;
    *ret_ppm = (int64_t) llround(share);
    return true;
}

static void
read_quarantine(const Reader *reader, const YamlNode *value, Mapping *mapping)
{
    static const char *const known[] = {"rows_max", "share_max", NULL};
    if (!reader_is_map(reader, value, "quarantine", "{ rows_max: 100, share_max: 1% }"))
        return;
    reader_known_keys(reader, value, known, "quarantine");
    const YamlNode *rows = yaml_get(value, "rows_max"), *share = yaml_get(value, "share_max");
    /* what is not said does not allow more than what is said */
    mapping->says_quarantine = rows != NULL || share != NULL;
    if (mapping->says_quarantine)
        mapping->rows_max = mapping->share_max_ppm = 0;
    if (rows != NULL)
        (void) reader_int(reader, rows, "rows_max", 0, G_MAXINT64, &mapping->rows_max);
    if (share == NULL)
        return;
    const char *text = reader_scalar(reader, share, "share_max");
    if (text != NULL && !share_parse(text, &mapping->share_max_ppm))
        reader_complain(reader, share, "bad-value",
                        "share_max must be a share such as 1%% or 0.01, here is '%s'", text);
}

static void
read_nothing(const Reader *reader, const YamlNode *value, Mapping *mapping)
{
}

static const struct {
    const char *name;
    KeyFn *read;
    bool is_needed;
} keys[] = {
    {"apiVersion", read_nothing, true},
    {"kind", read_nothing, true},
    {"source", read_source, true},
    {"target", read_target, true},
    {"aliases", read_aliases, false},
    {"key", read_key, false},
    {"where", read_where, false},
    {"columns", read_columns, true},
    {"consumers", mapping_read_consumers, false},
    {"dropped", read_dropped, false},
    {"lossy", read_lossy, false},
    {"output_names", read_output_names, false},
    {"dbt", read_dbt, false},
    {"quarantine", read_quarantine, false},
};

static void
read_header(const Reader *reader, const YamlNode *document)
{
    const YamlNode *version = yaml_get(document, "apiVersion"), *kind = yaml_get(document, "kind");
    if (version != NULL && g_strcmp0(version->text, "honk/v1") != 0)
        reader_complain(reader, version, "bad-value", "apiVersion must be honk/v1, here is '%s'",
                        version->text != NULL ? version->text : "");
    if (kind != NULL && g_strcmp0(kind->text, "Mapping") != 0)
        reader_complain(reader, kind, "bad-value", "kind must be Mapping, here is '%s'",
                        kind->text != NULL ? kind->text : "");
}

/* --- what the parts of a document say of each other --- */

static bool
rule_reads(const Rule *rule, const char *column)
{
    if (rule->base == BASE_FROM)
        return g_strcmp0(rule->from, column) == 0; /* NULL when it was refused */
    for (guint i = 0; i < rule->parts->len; i++) {
        const Part *part = rule->parts->pdata[i];
        if (part->is_column && strcmp(part->text, column) == 0)
            return true;
    }
    return false;
}

static void
check_dropped(const Reader *reader, const Mapping *mapping)
{
    for (guint i = 0; i < mapping->dropped_marks->len; i++) {
        const Name *name = mapping->dropped_marks->pdata[i];
        for (guint j = 0; j < mapping->rules->len; j++) {
            const Rule *rule = mapping->rules->pdata[j];
            if (rule_reads(rule, name->text))
                diags_add(reader->diags, DIAG_ERROR, "mapped-and-dropped", reader->file,
                          name->mark.line, name->mark.column,
                          "column '%s' is dropped here, but column '%s' is made from it (line %d)",
                          name->text, rule->target, rule->mark.line);
        }
    }
}

/* Each name of a list must be a target column that has a rule. */
static void
check_listed(const Reader *reader, const Mapping *mapping, const GPtrArray *names, const char *what)
{
    g_autoptr(GPtrArray) targets = g_ptr_array_new();
    for (guint i = 0; i < mapping->rules->len; i++)
        g_ptr_array_add(targets, ((Rule *) mapping->rules->pdata[i])->target);
    g_ptr_array_add(targets, NULL);
    for (guint i = 0; i < names->len; i++) {
        const Name *name = names->pdata[i];
        if (mapping_rule(mapping, name->text) != NULL)
            continue;
        const char *near = text_nearest(name->text, (const char *const *) targets->pdata);
        diags_add(reader->diags, DIAG_ERROR, "unknown-column", reader->file, name->mark.line,
                  name->mark.column, "%s names '%s', which is no target column of `columns`%s%s%s",
                  what, name->text, near != NULL ? "; did you mean '" : "",
                  near != NULL ? near : "", near != NULL ? "'?" : "");
    }
}

static void
mark_lossy(const Mapping *mapping)
{
    for (guint i = 0; i < mapping->lossy->len; i++) {
        Rule *rule = (Rule *) mapping_rule(mapping, ((Name *) mapping->lossy->pdata[i])->text);
        if (rule != NULL)
            rule->lossy = true;
    }
}

static Mapping *
document_read(const Reader *reader, const YamlNode *document)
{
    const char *known[G_N_ELEMENTS(keys) + 1] = {NULL};
    if (!reader_is_map(reader, document, "a mapping", "{ apiVersion: honk/v1, kind: Mapping, … }"))
        return NULL;
    Mapping *mapping = mapping_new(reader->file);
    mapping->mark = node_mark(document);
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        known[i] = keys[i].name;
    reader_known_keys(reader, document, known, "a mapping");
    read_header(reader, document);
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        const YamlNode *value = yaml_get(document, keys[i].name);
        if (value != NULL)
            keys[i].read(reader, value, mapping);
        else if (keys[i].is_needed)
            reader_complain(reader, document, "missing-key", "a mapping needs `%s`", keys[i].name);
    }
    check_dropped(reader, mapping);
    check_listed(reader, mapping, mapping->key_marks, "key");
    check_listed(reader, mapping, mapping->lossy, "lossy");
    mark_lossy(mapping);
    return mapping;
}

/* The same pair twice would leave the choice to chance. */
static void
check_pairs(const Reader *reader, const MappingSet *set)
{
    g_autoptr(GHashTable) first = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < set->mappings->len; i++) {
        Mapping *one = set->mappings->pdata[i];
        if (one->source == NULL || one->target == NULL)
            continue;
        g_autofree char *pair = g_strdup_printf("%s\n%s", one->source, one->target);
        const Mapping *other = g_hash_table_lookup(first, pair);
        if (other == NULL)
            g_hash_table_insert(first, g_steal_pointer(&pair), one);
        else
            diags_add(reader->diags, DIAG_ERROR, "twice", reader->file, one->mark.line,
                      one->mark.column, "'%s' to '%s' is mapped twice in this file (line %d)",
                      one->source, one->target, other->mark.line);
    }
}

bool
mapping_parse(const char *text, size_t bytes, const char *file, Diags *diags, MappingSet **ret,
              GError **error)
{
    g_autoptr(Diags) own =
        diags_new(); /* `diags` may hold findings of other files: only ours decide */
    Reader reader = {.file = file, .diags = own};
    g_autoptr(YamlFile) yaml = NULL;
    g_autoptr(MappingSet) set = mapping_set_new();
    g_autoptr(GError) cause = NULL;
    if (yaml_parse(text, bytes, file, own, &yaml, &cause)) {
        for (size_t i = 0; i < yaml_document_count(yaml); i++) {
            const YamlNode *document = yaml_document(yaml, i);
            Mapping *mapping = document != NULL ? document_read(&reader, document) : NULL;
            if (mapping != NULL)
                g_ptr_array_add(set->mappings, mapping);
        }
        if (set->mappings->len == 0 && !diags_has_errors(own))
            diags_add(own, DIAG_ERROR, "empty", file, 1, 1, "there is no mapping in this file");
        check_pairs(&reader, set);
    }
    for (size_t i = 0; i < diags_count(own); i++) {
        const Diag *diag = diags_get(own, i);
        diags_add(diags, diag->level, diag->code, diag->file, diag->line, diag->column, "%s",
                  diag->message);
    }
    if (!diags_to_error(own, error))
        return false;
    if (cause != NULL) { /* too large to be read at all */
        g_propagate_error(error, g_steal_pointer(&cause));
        return false;
    }
    *ret = g_steal_pointer(&set);
    return true;
}
