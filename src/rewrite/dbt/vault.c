/*
 * vault.c - models that macros of Data Vault packages get by name: {{ automate_dv.hub(source_model='stg_users', …) }}, also by way
 * of a variable, or of YAML that the text holds in a block:
 *
 *     {% set meta %} source_model: stg_users {% endset %} {% set it = fromyaml(meta) %}
 *     {{ automate_dv.hub(source_model=it['source_model'], …) }}
 *
 * The packages ask for the model by ref(), or by source() where a map of two names is said. Which columns they take is said
 * beside it, in more ways than are followed here: where any of that model change, a person decides.
 */
#include "rewrite/dbt/vault.h"
#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/macro_parts.h"
#include "rewrite/sql/parts.h"

#include "base/text.h"
#include "base/yaml.h"

#include <string.h>

static const char *const packages[] = {"automate_dv", "datavault4dbt", "dbtvault", NULL};
static const char *const keys[] = {"source_model", "source_models", NULL};

/* ---- calls ---- */

/* The bracket of the innermost list, map or call around the word at `at`; words->len: none. */
static guint
opening(const char *text, const GArray *words, guint at)
{
    static const char *const opens[] = {"(", "[", "{", NULL}, *const closes[] = {")", "]", "}",
                                                                                 NULL};
    int depth = 0;
    for (guint i = at; i-- > 0;) {
        if (jinja_is_any(text, words, i, closes))
            depth++;
        else if (jinja_is_any(text, words, i, opens) && depth-- == 0)
            return i;
    }
    return words->len;
}

static bool
ends_argument(const char *text, const GArray *words, guint index)
{
    static const char *const ends[] = {",", ")", "]", NULL};
    return index < words->len && jinja_is_any(text, words, index, ends);
}

bool
dbt_vault_asks(const char *text, const GArray *words, guint at)
{
    if (!ends_argument(text, words, at + 1))
        return false;
    guint open = opening(text, words, at);
    bool is_listed = open < words->len && jinja_is(text, words, open, "[");
    guint value = is_listed ? open : at;
    if (value < 4 || !jinja_is(text, words, value - 1, "=") ||
        !jinja_is_any(text, words, value - 2, keys))
        return false;
    guint call = opening(text, words, value);
    return call >= 3 && call < words->len && jinja_is(text, words, call, "(") &&
           jinja_is(text, words, call - 2, ".") && jinja_is_any(text, words, call - 3, packages);
}

/* ---- a name ---- */

typedef struct {
    Work *work;
    size_t base;   /* of the YAML in the text */
    bool is_known; /* a macro of such a package gets it */
} Block;

/* Nothing else looks at it as at SQL. */
static void
understand(Work *work, size_t begin)
{
    set_add(&work->understood, GSIZE_TO_POINTER((gsize) begin + 1));
}

static void
refuse(Work *work, size_t begin, size_t end, const char *reason)
{
    understand(work, begin);
    if (!site_covers(work, begin, end))
        site_refuse(work, SITE_MENTION, begin, end, "in-template", NULL, "%s", reason);
}

/* NULL: it is none that the mapping speaks of, or a person decides, who is told. */
static const Rename *
rename_of(Work *work, const DbtCall *call, size_t begin, size_t end)
{
    const DbtDoubt *doubt = NULL;
    const Rename *rename = dbt_find(work, call, &doubt);
    if (rename == NULL) {
        if (doubt != NULL)
            understand(work, begin);
        if (doubt != NULL && !site_covers(work, begin, end))
            dbt_tell(work, doubt, begin, end);
        return NULL;
    }
    const DbtName *from = &rename->dbt->from, *to = &rename->dbt->to;
    if (!rename_changes_columns(rename) && from->version == NULL && to->version == NULL &&
        (call->is_source || g_strcmp0(from->package, to->package) == 0))
        return rename;
    refuse(work, begin, end, "columns of this model change, of which the macro is told by name");
    return NULL;
}

static void
follow(Work *work, size_t begin, size_t end, const char *from, const char *to)
{
    understand(work, begin);
    if (strcmp(from, to) != 0 && !site_covers(work, begin, end))
        site_edit(work, SITE_TABLE, begin, end, to);
}

static void
follow_model(Work *work, size_t begin, size_t end, char *name)
{
    const DbtCall call = {.is_understood = true, .count = 1, .names = {name}};
    const Rename *rename = rename_of(work, &call, begin, end);
    if (rename != NULL)
        follow(work, begin, end, name, rename->dbt->to.name);
}

/* ---- YAML ---- */

/* [begin, end) of the text: the scalar without its quotes. */
static void
place_of(const Block *block, const YamlNode *node, size_t *ret_begin, size_t *ret_end)
{
    *ret_begin = block->base + node->begin + (node->quoted ? 1 : 0);
    *ret_end = block->base + node->end - (node->quoted ? 1 : 0);
}

/* Written as it is: not as a block, and with no escapes, anchors or tags. */
static bool
is_plain(const Block *block, const YamlNode *node)
{
    size_t begin = 0, end = 0;
    place_of(block, node, &begin, &end);
    return node->kind == YAML_SCALAR && end >= begin && strlen(node->text) == end - begin &&
           memcmp(block->work->text + begin, node->text, end - begin) == 0;
}

/* `kind: users`: what the macro does with it is not known. */
static void
visit_other(const Block *block, const YamlNode *node)
{
    const DbtCall call = {.is_understood = true, .count = 1, .names = {(char *) node->text}};
    const DbtDoubt *doubt = NULL;
    size_t begin = block->base + node->begin, end = block->base + node->end;
    if (dbt_find(block->work, &call, &doubt) != NULL || doubt != NULL)
        refuse(block->work, begin, end, "the name stands in a template that is not understood");
}

static void
visit_name(const Block *block, const YamlNode *node)
{
    size_t begin = 0, end = 0;
    place_of(block, node, &begin, &end);
    if (!block->is_known || !is_plain(block, node))
        visit_other(block, node);
    else
        follow_model(block->work, begin, end, (char *) node->text);
}

/* `source_model: { shop: users }`: the table of a source. */
static void
visit_pair(const Block *block, const YamlNode *source, const YamlNode *table)
{
    Work *work = block->work;
    size_t begin = 0, end = 0, at = 0, to = 0;
    place_of(block, source, &at, &to);
    place_of(block, table, &begin, &end);
    const DbtCall call = {.is_source = true,
                          .is_understood = true,
                          .count = 2,
                          .names = {(char *) source->text, (char *) table->text}};
    const Rename *rename = rename_of(work, &call, begin, end);
    if (rename == NULL)
        return;
    if (!block->is_known || !is_plain(block, source) || !is_plain(block, table) ||
        rename->dbt->to.package == NULL) {
        refuse(work, begin, end, "the name stands in a template that is not understood");
        return;
    }
    follow(work, at, to, source->text, rename->dbt->to.package);
    follow(work, begin, end, table->text, rename->dbt->to.name);
}

/* `asks`: what stands here is what the macro reads. */
static void
visit(const Block *block, const YamlNode *node, bool asks)
{
    if (node == NULL)
        return;
    if (node->kind == YAML_SCALAR && asks)
        visit_name(block, node);
    else if (node->kind == YAML_SCALAR)
        visit_other(block, node);
    for (size_t i = 0; node->kind == YAML_LIST && i < node->count; i++)
        visit(block, node->items[i], asks);
    for (size_t i = 0; node->kind == YAML_MAP && i < node->count; i++) {
        const YamlNode *key = node->items[2 * i], *value = node->items[2 * i + 1];
        bool is_source = asks && value != NULL && value->kind == YAML_SCALAR &&
                         !yaml_is_null(value) && strcmp(key->text, "name") != 0;
        if (is_source && node->count == 1) {
            visit_pair(block, key, value);
            continue;
        }
        if (asks && (value == NULL || value->kind != YAML_SCALAR || yaml_is_null(value)))
            visit_name(block, key);
        else if (!asks)
            visit_other(block, key);
        visit(block, value,
              asks ? !is_source && value != NULL && value->kind == YAML_SCALAR
                   : g_strv_contains(keys, key->text));
    }
}

/* ---- the text ---- */

static bool
has_call(const char *text, const GPtrArray *templates, const char *callee, const char *argument)
{
    for (guint t = 0; t < templates->len; t++) {
        const GArray *words = g_ptr_array_index(templates, t);
        for (guint w = 0; w + 2 < words->len; w++)
            if (jinja_is(text, words, w, callee) && jinja_is(text, words, w + 1, "(") &&
                jinja_is(text, words, w + 2, argument))
                return true;
    }
    return false;
}

static bool
has_package(const char *text, const GPtrArray *templates)
{
    for (guint t = 0; t < templates->len; t++) {
        const GArray *words = g_ptr_array_index(templates, t);
        for (guint w = 0; w + 1 < words->len; w++)
            if (jinja_is_any(text, words, w, packages) && jinja_is(text, words, w + 1, "."))
                return true;
    }
    return false;
}

/* YAML that nobody reads, because templates make it, may tell a macro of a model. */
static void
refuse_words(Work *work, size_t begin, size_t end)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        size_t at = 0;
        if (rename->dbt == NULL || rename->dbt->is_source ||
            !find_word(work->text + begin, end - begin, rename->dbt->from.name, &at))
            continue;
        at += begin;
        refuse(work, at, at + strlen(rename->dbt->from.name),
               "the name stands in a template that is not understood");
    }
}

/* {% set meta %} … {% endset %}, of which `fromyaml(meta)` is taken. */
static void
visit_block(Work *work, const GPtrArray *templates, const GArray *set, size_t begin, size_t end)
{
    const JinjaWord *word = jinja_word(set, 1);
    g_autofree char *name = g_strndup(work->text + word->begin, word->end - word->begin);
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(YamlFile) file = NULL;
    if (!has_call(work->text, templates, "fromyaml", name))
        return;
    if (!yaml_parse(work->text + begin, end - begin, "", diags, &file, NULL)) {
        refuse_words(work, begin, end);
        return;
    }
    const Block block = {work, begin, has_package(work->text, templates)};
    for (size_t i = 0; i < yaml_document_count(file); i++)
        visit(&block, yaml_document(file, i), false);
}

static void
visit_strings(Work *work, const GArray *words)
{
    for (guint w = 0; w < words->len; w++) {
        const JinjaWord *word = jinja_word(words, w);
        if (word->kind != JINJA_STRING || !dbt_vault_asks(work->text, words, w))
            continue;
        g_autofree char *name = g_strndup(work->text + word->begin, word->end - word->begin);
        follow_model(work, word->begin, word->end, name);
        understand(work, word->begin);
    }
}

static void
words_free(void *words)
{
    g_array_unref(words);
}

static bool
is_block(const char *text, const GArray *words)
{
    return words->len == 2 && jinja_is(text, words, 0, "set");
}

/* The {% endset %} of the {% set name %} at `at`; all of them: it is none, or has another one within it. */
static guint
block_end(const char *text, const GPtrArray *templates, guint at)
{
    if (!is_block(text, g_ptr_array_index(templates, at)))
        return templates->len;
    for (guint i = at + 1; i < templates->len; i++) {
        const GArray *words = g_ptr_array_index(templates, i);
        if (is_block(text, words))
            return templates->len;
        if (words->len > 0 && jinja_is(text, words, 0, "endset"))
            return i;
    }
    return templates->len;
}

void
dbt_vault(Work *work)
{
    static const char *const words_of[] = {"source_model", "source_models", "fromyaml"};
    size_t at = 0;
    bool is_there = false;
    for (size_t i = 0; !is_there && i < G_N_ELEMENTS(words_of); i++)
        is_there = find_word(work->text, work->bytes, words_of[i], &at);
    if (!is_there)
        return;
    g_autoptr(GArray) tokens = jinja_templates(work->text, work->bytes);
    g_autoptr(GPtrArray) templates = g_ptr_array_new_with_free_func(words_free);
    for (guint i = 0; i < tokens->len; i++)
        g_ptr_array_add(templates, jinja_words(work->text, &g_array_index(tokens, Token, i)));
    for (guint t = 0; t < templates->len; t++) {
        guint close = block_end(work->text, templates, t);
        visit_strings(work, g_ptr_array_index(templates, t));
        if (close < templates->len)
            visit_block(work, templates, g_ptr_array_index(templates, t),
                        g_array_index(tokens, Token, t).end,
                        g_array_index(tokens, Token, close).begin);
    }
}
