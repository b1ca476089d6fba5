/*
 * parse_rule.c - one entry of `columns`: the target's name and what it is made of.
 *
 * A table of keys, each with the function that reads it; a rule has exactly one base (from, concat, expr, const).
 */
#include "mapping/reader.h"

#include "base/text.h"

#include <string.h>

typedef void KeyFn(const Reader *reader, const YamlNode *key, const YamlNode *value, Rule *rule);

static void
read_from(const Reader *reader, const YamlNode *key, const YamlNode *value, Rule *rule)
{
    const char *name = reader_scalar(reader, value, "from");
    rule->base = BASE_FROM;
    rule->base_mark = node_mark(value);
    rule->from = g_strdup(name != NULL ? name : "");
}

static void
read_expr(const Reader *reader, const YamlNode *key, const YamlNode *value, Rule *rule)
{
    const char *sql = reader_scalar(reader, value, "expr");
    rule->base = BASE_EXPR;
    rule->base_mark = node_mark(value);
    rule->expr = g_strdup(sql != NULL ? sql : "NULL");
}

static void
read_const(const Reader *reader, const YamlNode *key, const YamlNode *value, Rule *rule)
{
    Literal *literal = reader_literal(reader, value, "const");
    rule->base = BASE_CONST;
    rule->base_mark = node_mark(value);
    rule->constant = literal != NULL ? literal : g_new0(Literal, 1);
}

/* A column's name, or { text: "…" }, or { from: column }. */
static Part *
read_part(const Reader *reader, const YamlNode *node)
{
    static const char *const known[] = {"text", "from", NULL};
    Part *part = g_new0(Part, 1);
    part->mark = node_mark(node);
    part->is_column = true;
    if (node->kind != YAML_MAP) {
        part->text = g_strdup(reader_scalar(reader, node, "a part of concat"));
        return part;
    }
    reader_known_keys(reader, node, known, "a part of concat");
    const YamlNode *text = yaml_get(node, "text"), *from = yaml_get(node, "from");
    if ((text == NULL) == (from == NULL)) {
        reader_complain(reader, node, "bad-value",
                        "a part of concat is a column, or { text: \"…\" }");
    } else if (from != NULL) {
        part->text = g_strdup(reader_scalar(reader, from, "from"));
    } else if (text->kind != YAML_SCALAR) {
        reader_complain(reader, text, "wrong-type", "text must be a single value");
    } else {
        part->is_column = false;
        part->text = g_strdup(text->text); /* may be empty, and blanks count */
    }
    return part;
}

static void
read_concat(const Reader *reader, const YamlNode *key, const YamlNode *value, Rule *rule)
{
    rule->base = BASE_CONCAT;
    rule->base_mark = node_mark(value);
    if (value->kind != YAML_LIST || value->count == 0) {
        reader_complain(reader, value, "wrong-type",
                        "concat must be a list such as [ first_name, { text: \" \" }, last_name ]");
        return;
    }
    for (size_t i = 0; i < value->count; i++) {
        Part *part = read_part(reader, value->items[i]);
        if (part->text == NULL)
            part->text = g_strdup("");
        g_ptr_array_add(rule->parts, part);
    }
}

static void
read_split(const Reader *reader, const YamlNode *key, const YamlNode *value, Rule *rule)
{
    static const char *const known[] = {"by", "part", NULL};
    int64_t part = 1;
    if (!reader_is_map(reader, value, "split", "{ by: \" \", part: 1 }"))
        return;
    reader_known_keys(reader, value, known, "split");
    const YamlNode *by = yaml_get(value, "by"), *number = yaml_get(value, "part");
    if (by == NULL || number == NULL) {
        reader_complain(reader, value, "missing-key",
                        "split needs %s, such as { by: \" \", part: 1 }",
                        by == NULL ? "'by'" : "'part'");
        return;
    }
    if (by->kind != YAML_SCALAR || by->text[0] == '\0') {
        reader_complain(reader, by, "bad-value", "split by must be a text that is not empty");
        return;
    }
    if (reader_int(reader, number, "split part", -1000000, 1000000, &part) && part == 0)
        reader_complain(reader, number, "bad-value",
                        "split part counts from 1, or from -1 backwards; there is no part 0");
    rule->split_by = g_strdup(by->text);
    rule->split_part = (int) part;
}

static void
read_pair(const Reader *reader, const YamlNode *from, const YamlNode *to, Rule *rule)
{
    if (from->kind != YAML_SCALAR) {
        reader_complain(reader, from, "wrong-type", "a key of values must be a single value");
        return;
    }
    if (yaml_is_null(from) && !(from->quoted)) {
        reader_complain(
            reader, from, "bad-value",
            "NULL cannot be a key of values: `default` says what becomes of NULL (quote "
            "it if the text is meant)");
        return;
    }
    Literal *made = reader_literal(reader, to, "what a value becomes");
    if (made == NULL)
        return;
    Pair *pair = g_new0(Pair, 1);
    pair->from =
        (Literal){.text = g_strdup(from->text), .quoted = from->quoted, .mark = node_mark(from)};
    pair->to = *made;
    g_free(made);
    g_ptr_array_add(rule->pairs, pair);
}

static void
read_values(const Reader *reader, const YamlNode *key, const YamlNode *value, Rule *rule)
{
    rule->values_mark = node_mark(key);
    if (!reader_is_map(reader, value, "values", "{ UK: GB }"))
        return;
    if (value->count == 0)
        reader_complain(reader, value, "bad-value", "values is empty; expected { old: new, … }");
    for (size_t i = 0; i < value->count; i++)
        read_pair(reader, value->items[2 * i], value->items[2 * i + 1], rule);
}

static void
read_others(const Reader *reader, const YamlNode *key, const YamlNode *value, Rule *rule)
{
    static const char *const words[] = {
        [OTHERS_KEEP] = "keep", [OTHERS_NULL] = "null", [OTHERS_REFUSE] = "refuse", NULL};
    /* `others: null` is the word here, although YAML reads it as nothing */
    int word = yaml_is_null(value) && value->kind == YAML_SCALAR && value->text[0] != '\0'
                   ? OTHERS_NULL
                   : reader_word(reader, value, "others", words);
    if (word >= 0)
        rule->others = (Others) word;
}

/* Other stores' words for our types. */
static const struct {
    const char *word;
    ColumnType type;
} other_words[] = {
    {"integer", TYPE_INT},    {"bigint", TYPE_INT},         {"string", TYPE_TEXT},
    {"varchar", TYPE_TEXT},   {"char", TYPE_TEXT},          {"boolean", TYPE_BOOL},
    {"double", TYPE_FLOAT},   {"real", TYPE_FLOAT},         {"numeric", TYPE_DECIMAL},
    {"number", TYPE_DECIMAL}, {"datetime", TYPE_TIMESTAMP}, {"time", TYPE_TIMESTAMP},
    {"blob", TYPE_BYTES},     {"binary", TYPE_BYTES},
};

static bool
said_other_word(const Reader *reader, const YamlNode *value)
{
    for (size_t i = 0; value->kind == YAML_SCALAR && i < G_N_ELEMENTS(other_words); i++)
        if (g_ascii_strcasecmp(value->text, other_words[i].word) == 0) {
            reader_complain(reader, value, "bad-value", "type '%s' is called '%s' here",
                            value->text, column_type_name(other_words[i].type));
            return true;
        }
    return false;
}

static void
read_type(const Reader *reader, const YamlNode *key, const YamlNode *value, Rule *rule)
{
    const char *words[TYPE_COUNT + 1] = {NULL};
    for (ColumnType type = 0; type < TYPE_COUNT; type++)
        words[type] = column_type_name(type);
    rule->type_mark = node_mark(value);
    int word = said_other_word(reader, value) ? -1 : reader_word(reader, value, "type", words);
    if (word < 0)
        return;
    rule->has_type = true;
    rule->type = (ColumnType) word;
}

static void
read_format(const Reader *reader, const YamlNode *key, const YamlNode *value, Rule *rule)
{
    const char *format = reader_scalar(reader, value, "format");
    g_autofree char *problem = NULL;
    rule->format_mark = node_mark(value);
    if (format == NULL)
        return;
    /* whether it must give a whole date is known with the types, when the rule is bound */
    if (!value_format_check(format, false, &problem))
        reader_complain(reader, value, "bad-format", "the format '%s' %s", format, problem);
    else
        rule->format = g_strdup(format);
}

static void
read_default(const Reader *reader, const YamlNode *key, const YamlNode *value, Rule *rule)
{
    Literal *literal = reader_literal(reader, value, "default");
    if (literal != NULL && literal->is_null) {
        reader_complain(reader, value, "bad-value",
                        "default is what NULL becomes; it cannot be NULL itself");
        literal_free(literal);
        return;
    }
    rule->fallback = literal;
}

static const struct {
    const char *name;
    KeyFn *read;
    bool is_base;
} keys[] = {
    {"from", read_from, true},   {"concat", read_concat, true}, {"expr", read_expr, true},
    {"const", read_const, true}, {"split", read_split},         {"values", read_values},
    {"others", read_others},     {"type", read_type},           {"format", read_format},
    {"default", read_default},
};

static void
read_keys(const Reader *reader, const YamlNode *map, Rule *rule)
{
    const char *base = NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
        const YamlNode *key = yaml_get_key(map, keys[i].name);
        if (key == NULL)
            continue;
        if (keys[i].is_base && base != NULL) {
            reader_complain(
                reader, key, "two-rules",
                "column '%s' has both '%s' and '%s'; a rule has one of from, concat, expr, const",
                rule->target, base, keys[i].name);
            continue;
        }
        if (keys[i].is_base)
            base = keys[i].name;
        keys[i].read(reader, key, yaml_get(map, keys[i].name), rule);
    }
    if (base == NULL) {
        rule->from = g_strdup(""); /* of no column: what follows may look at it */
        reader_complain(reader, map, "missing-key",
                        "column '%s' has no source: expected one of from, concat, expr, const",
                        rule->target);
    }
}

/* Combinations that say nothing, whatever the types are. */
static void
check_sense(const Reader *reader, const YamlNode *map, const Rule *rule)
{
    const YamlNode *others = yaml_get_key(map, "others");
    if (others != NULL && yaml_get(map, "values") == NULL)
        reader_complain(
            reader, others, "bad-value",
            "'others' says what becomes of values that `values` does not name; there is "
            "no `values`");
    if (rule->base == BASE_CONST && (rule->split_by != NULL || rule->pairs->len > 0))
        reader_complain(reader, map, "bad-value",
                        "column '%s' is a constant: there is nothing to split or to map",
                        rule->target);
}

Rule *
rule_parse(const YamlNode *key, const YamlNode *value, const char *file, Diags *diags)
{
    Reader reader = {.file = file, .diags = diags};
    const char *known[G_N_ELEMENTS(keys) + 1] = {NULL};
    if (key->kind != YAML_SCALAR || key->text[0] == '\0') {
        reader_complain(&reader, key, "wrong-type",
                        "the name of a target column must be a text that is not empty");
        return NULL;
    }
    g_autoptr(Rule) rule = rule_new(key->text, node_mark(key));
    g_autofree char *what = g_strdup_printf("the rule of column '%s'", key->text);
    if (value->kind == YAML_SCALAR && !yaml_is_null(value)) { /* short form: user_id: id */
        read_from(&reader, key, value, rule);
        return g_steal_pointer(&rule);
    }
    if (!reader_is_map(&reader, value, what, "{ from: source_column }"))
        return NULL;
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        known[i] = keys[i].name;
    reader_known_keys(&reader, value, known, what);
    read_keys(&reader, value, rule);
    check_sense(&reader, value, rule);
    return g_steal_pointer(&rule);
}
