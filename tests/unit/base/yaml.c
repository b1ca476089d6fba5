/* yaml.c - YAML is read into nodes that know their place, and what is broken is said in plain
 * words. */
#include "base/yaml.h"

#include "base/limits.h"

#include <string.h>

static YamlFile *
parsed(const char *text)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    YamlFile *file = NULL;
    bool ok = yaml_parse(text, strlen(text), "f.yaml", diags, &file, &error);
    g_assert_no_error(error);
    g_assert_true(ok);
    g_assert_cmpuint(diags_count(diags), ==, 0);
    return file;
}

static void
assert_refused_bytes(const char *text, size_t bytes, const char *expected)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    YamlFile *file = NULL;
    g_assert_false(yaml_parse(text, bytes, "f.yaml", diags, &file, &error));
    g_assert_null(file);
    g_assert_error(error, error_quark(), ERR_INVALID);
    g_assert_cmpuint(diags_count(diags), >=, 1);
    const Diag *diag = diags_get(diags, 0);
    g_autofree char *found =
        g_strdup_printf("%d:%d: %s [%s]", diag->line, diag->column, diag->message, diag->code);
    g_assert_cmpstr(found, ==, expected);
    g_autofree char *in_error =
        g_strdup_printf("f.yaml:%d:%d: %s", diag->line, diag->column, diag->message);
    g_assert_cmpstr(error->message, ==, in_error);
}

static void
assert_refused(const char *text, const char *expected)
{
    assert_refused_bytes(text, strlen(text), expected);
}

/* All documents as one JSON list. */
static void
assert_json(const char *text, const char *expected)
{
    g_autoptr(YamlFile) file = parsed(text);
    g_autoptr(json_t) list = json_array();
    for (size_t i = 0; i < yaml_document_count(file); i++)
        json_array_append_new(list, yaml_to_json(yaml_document(file, i)));
    g_autofree char *found = json_compact(list);
    g_assert_cmpstr(found, ==, expected);
}

/* ---- errors ---- */

static void
every_syntax_error_names_its_place_and_what_was_expected(void)
{
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"a: 1\nb c\nd: 2", "2:1: expected ': ' after this name, as in 'name: value'"},
        {"a: b: c",
         "1:5: unexpected ':': quote the text if it belongs to it, or check the indentation"},
        {"a: 1\n b: 2",
         "2:3: unexpected ':': quote the text if it belongs to it, or check the indentation"},
        {"a: ? b",
         "1:4: unexpected '?': quote the text if it belongs to it, or check the indentation"},
        {"a: - b", "1:4: unexpected '- ': expected a list item on a line of its own, "
                   "or quotes around the text"},
        {"x: 1\na: [1,\n 2", "3:3: expected ',' or ']', in the list that starts on line 2"},
        {"a: [1\nb: 2", "2:2: expected ',' or ']', in the list that starts on line 1"},
        {"a: {b: 1", "1:9: expected ',' or '}', in the map that starts on line 1"},
        {"a: 1\n- b",
         "2:1: expected a key, indented like the others, in the map that starts on line 1"},
        {"a:\n  - b\n c: 1",
         "3:2: expected a key, indented like the others, in the map that starts on line 1"},
        {"a: 'b' c", "1:8: unexpected text after the value, expected the end of the line"},
        {"x: y\n\na: \"b\" # c\n\n]",
         "5:1: expected a key, indented like the others, in the map that starts on line 1"},
        {"\n- a\nb: 1",
         "3:1: expected '- ', indented like the other items, in the list that starts on line 2"},
        {"a: [a,,b]", "1:7: expected a value"},
        {"[a] b", "1:5: expected '---' or the end of the file: "
                  "this does not belong to the document above"},
        {"b: 1\na: \"x\ny: 3\n", "2:4: the quoted text that starts here is never closed"},
        {"a: 'x\n---\nb: 1",
         "1:4: the quoted text that starts here is not closed before the document ends"},
        {"a: \"\\q\"", "1:5: unknown escape in double quotes: expected one like \\n, \\\" or \\\\, "
                       "or single quotes, in which a backslash is only a backslash"},
        {"a: \"\\xzz\"", "1:7: expected hexadecimal digits after \\x, \\u or \\U"},
        {"a: \"\\ud800\"", "1:7: this escape is no Unicode character"},
        {"a: @x", "1:4: a value cannot start with '@', expected it in quotes"},
        {"a: `x`", "1:4: a value cannot start with '`', expected it in quotes"},
        {"a: %x", "1:4: a value cannot start with '%', expected it in quotes"},
        {"a:\n\tb: 1", "2:1: a tab cannot indent, expected spaces"},
        {"a: |\n\tb", "2:1: a tab cannot indent, expected spaces"},
        {"a: *.sql", "1:4: a value that starts with '*' stands for an anchor: expected its name, "
                     "or quotes around the text"},
        {"a: & x", "1:4: a value that starts with '&' names an anchor: expected its name, "
                   "or quotes around the text"},
        {"a: |x\n b", "1:5: expected the text of the block on the next line"},
        {"a: |0\n b", "1:5: expected a digit from 1 to 9 after '|' or '>'"},
        {"%FOO\n---\na: 1", "1:1: a line that starts with '%' is a directive: "
                            "expected '%YAML 1.2', or quotes around the text"},
        {"%YAML 3.0\n---\na: 1", "1:1: expected YAML 1.1 or 1.2"},
        {"a: !<x 1", "1:4: a value that starts with '!' is a tag: expected '!name', "
                     "or quotes around the text"},
        {"a: !x!y 1", "1:4: a value that starts with '!' is a tag: expected '!name', "
                      "or quotes around the text"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *expected = g_strdup_printf("%s [yaml-syntax]", cases[i].expected);
        assert_refused(cases[i].text, expected);
    }
}

static void
columns_count_bytes_also_behind_letters_that_are_not_ascii(void)
{
    assert_refused("# é\né: \"ü\" ü: 3",
                   "2:10: unexpected text after the value, expected the end of the line "
                   "[yaml-syntax]");
}

static void
text_that_is_not_text_is_refused_with_its_place(void)
{
    assert_refused("a: 1\nb: caf\xe9\n", "2:7: byte 0xe9 is not UTF-8 [yaml-text]");
    assert_refused("a: \"\x1b[31m\"", "1:5: control character U+001B, expected text [yaml-text]");
    assert_refused("é: \x7f", "1:5: control character U+007F, expected text [yaml-text]");
    assert_refused_bytes("a: 1\nb\0: 2", 10,
                         "2:2: control character U+0000, expected text [yaml-text]");
    assert_refused("a:\n  b: \"x\\0y\"", "2:6: the text holds a NUL character [yaml-text]");
    assert_refused_bytes("\xff\xfe"
                         "a\0",
                         4, "1:1: the text is UTF-16, expected UTF-8 [yaml-text]");
}

static void
all_equal_keys_are_reported_with_both_places(void)
{
    const char *text = "a: 1\nb: {c: 1,\n  c: 2}\n\"a\": 3\n";
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    YamlFile *file = NULL;
    g_assert_false(yaml_parse(text, strlen(text), "f.yaml", diags, &file, &error));
    g_autofree char *found = diags_text(diags);
    g_assert_cmpstr(found, ==,
                    "f.yaml:3:3: error: key 'c' is already on line 2 [duplicate-key]\n"
                    "f.yaml:4:1: error: key 'a' is already on line 1 [duplicate-key]");
}

static void
keys_are_names(void)
{
    assert_refused("[a]: 1", "1:1: a list cannot be a key, expected a name [yaml-key]");
    assert_refused("? {a: 1}\n: 1", "1:3: a map cannot be a key, expected a name [yaml-key]");
    assert_refused("a: {{ x }}", "1:5: a map cannot be a key, expected a name "
                                 "(a template '{{ … }}' needs quotes) [yaml-key]");
}

static void
what_messages_quote_cannot_speak_to_a_terminal(void)
{
    assert_refused("\"a\\e[31m\": 1\n\"a\\e[31m\": 2",
                   "2:1: key 'a\\x1b[31m' is already on line 1 [duplicate-key]");
}

static void
an_unknown_tag_is_a_warning(void)
{
    const char *text = "a: !Ref b\nc: !!int 3";
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    g_autoptr(YamlFile) file = NULL;
    g_assert_true(yaml_parse(text, strlen(text), "f.yaml", diags, &file, &error));
    g_autofree char *found = diags_text(diags);
    g_assert_cmpstr(
        found, ==, "f.yaml:1:4: warning: tag '!Ref' has no meaning here and is ignored [yaml-tag]");
}

static void
a_missing_file_is_not_found(void)
{
    g_autoptr(Diags) diags = diags_new();
    g_autoptr(GError) error = NULL;
    YamlFile *file = NULL;
    g_assert_false(yaml_read_file("/nowhere/x.yaml", diags, &file, &error));
    g_assert_error(error, error_quark(), ERR_NOT_FOUND);
}

/* ---- limits ---- */

static void
depth_is_bounded(void)
{
    g_autoptr(GString) text = g_string_new("a:\n ");
    for (int i = 0; i < 100000; i++)
        g_string_append_c(text, '[');
    assert_refused(text->str, "2:65: nested deeper than 64 levels [yaml-limit]");
}

static void
a_billion_laughs_end_in_an_error(void)
{
    g_autoptr(GString) text = g_string_new("l0: &l0 [ha, ha, ha, ha, ha, ha, ha, ha, ha]\n");
    for (int i = 1; i < 10; i++) {
        g_string_append_printf(text, "l%d: &l%d [", i, i);
        for (int j = 0; j < 9; j++)
            g_string_append_printf(text, "*l%d, ", i - 1);
        g_string_append(text, "]\n");
    }
    assert_refused(text->str,
                   "6:10: aliases stand for more than 100000 values in this file [yaml-limit]");
}

static void
aliases_cannot_build_depth_beyond_the_limit(void)
{
    g_autoptr(GString) text = g_string_new("- &a0 [[[[[[[[[[x]]]]]]]]]]\n");
    for (int i = 1; i < 20; i++)
        g_string_append_printf(text, "- &a%d [[[[[[[[[[*a%d]]]]]]]]]]\n", i, i - 1);
    assert_refused(text->str, "7:17: nested deeper than 64 levels [yaml-limit]");
}

static void
an_alias_needs_an_anchor_above_it_and_outside_of_itself(void)
{
    assert_refused("a: *x", "1:4: alias '*x' has no anchor '&x' above it in this document "
                            "[yaml-alias]");
    assert_refused("a: &x 1\n---\na: *x", "3:4: alias '*x' has no anchor '&x' above it in this "
                                          "document [yaml-alias]");
    assert_refused("a: &x [*x]", "1:8: alias '*x' stands inside itself [yaml-alias]");
}

/* ---- what is read ---- */

static void
plain_scalars_follow_the_core_schema(void)
{
    assert_json("[~, null, Null, NULL, '', \"~\", nul]",
                "[[null,null,null,null,\"\",\"~\",\"nul\"]]");
    assert_json("[true, True, TRUE, false, 'true', yes, on]",
                "[[true,true,true,false,\"true\",\"yes\",\"on\"]]");
    assert_json("[0, 007, -5, +3, 0x1F, 0o17, 1_000, 0b1, '7']",
                "[[0,7,-5,3,31,15,\"1_000\",\"0b1\",\"7\"]]");
    assert_json("[9223372036854775807, 9223372036854775808]",
                "[[9223372036854775807,\"9223372036854775808\"]]");
    assert_json("[.5, 1., 1e3, -1.5E-1, .inf, .nan, ., e3, 1e, 1e999]",
                "[[0.5,1.0,1000.0,-0.14999999999999999,\".inf\",\".nan\",\".\",\"e3\",\"1e\","
                "\"1e999\"]]");
    assert_json("[2020-01-02, 12:30, 1.2.3]", "[[\"2020-01-02\",\"12:30\",\"1.2.3\"]]");
    assert_json("[!!str 12, ! 12, !!int 12]", "[[\"12\",\"12\",12]]");
}

static void
documents_are_kept_apart_and_empty_ones_are_null(void)
{
    assert_json("", "[]");
    assert_json("# only a comment\n", "[]");
    assert_json("---\n---\na: 1\n---\n# c\n", "[null,{\"a\":1},null]");
    assert_json("a: 1\n...\n---\nb:\n", "[{\"a\":1},{\"b\":null}]");
}

static void
blocks_and_folds_are_text(void)
{
    assert_json("a: |\n  x\n  1\nb: >-\n  x\n  y\nc: |+\n  z\n\n",
                "[{\"a\":\"x\\n1\\n\",\"b\":\"x y\","
                "\"c\":\"z\\n\\n\"}]");
    assert_json("a: |\n  12\nb: >-\n  12\n", "[{\"a\":\"12\\n\",\"b\":\"12\"}]");
}

static void
line_ends_and_a_byte_order_mark_do_not_matter(void)
{
    g_autoptr(YamlFile) file = parsed("\xef\xbb\xbf"
                                      "a: 1\r\nb:\r\n  - x\r\n  - é: y\r\n");
    const YamlNode *item = yaml_get(yaml_document(file, 0), "b")->items[1];
    g_assert_cmpint(item->line, ==, 4);
    g_assert_cmpint(item->column, ==, 5);
    g_assert_cmpint(yaml_get(item, "é")->column, ==, 9);
    g_assert_cmpint(yaml_document(file, 0)->column, ==, 1);
}

static void
aliases_are_copies(void)
{
    assert_json("a: &x {k: [1, 2]}\nb: *x\nc: [*x, *x]",
                "[{\"a\":{\"k\":[1,2]},\"b\":{\"k\":[1,2]},\"c\":[{\"k\":[1,2]},{\"k\":[1,2]}]}]");
    assert_json("a: &x 1\nb: &x 2\nc: *x", "[{\"a\":1,\"b\":2,\"c\":2}]");
    assert_json("- &k name\n- *k : 1", "[[\"name\",{\"name\":1}]]");
}

static void
merge_keys_add_what_is_not_there(void)
{
    const char *bases = "p: &p {x: 1, y: 2}\nq: &q {y: 3, z: 4}\n";
    static const struct {
        const char *text, *expected;
    } cases[] = {
        {"r: {<<: *p, x: 9}", "{\"x\":9,\"y\":2}"},
        {"r: {x: 9, <<: *p}", "{\"x\":9,\"y\":2}"},
        {"r: {<<: [*p, *q]}", "{\"x\":1,\"y\":2,\"z\":4}"},
        {"r: {<<: [*q, *p]}", "{\"y\":3,\"z\":4,\"x\":1}"},
        {"r: {<<: {<<: *p, w: 0}}", "{\"w\":0,\"x\":1,\"y\":2}"},
        {"r: {\"<<\": 1}", "{\"<<\":1}"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
        g_autofree char *text = g_strconcat(bases, cases[i].text, NULL);
        g_autoptr(YamlFile) file = parsed(text);
        g_autoptr(json_t) value = yaml_to_json(yaml_get(yaml_document(file, 0), "r"));
        g_autofree char *found = json_compact(value);
        g_assert_cmpstr(found, ==, cases[i].expected);
    }
    assert_refused("a: {<<: 3}", "1:9: '<<' merges maps: expected a map, or a list of maps "
                                 "[yaml-key]");
    assert_refused("<<: [{a: 1}, b]", "1:14: '<<' merges maps: expected a map, or a list of maps "
                                      "[yaml-key]");
}

static void
members_are_found_by_key(void)
{
    g_autoptr(YamlFile) file = parsed("spec:\n  name: x\n  none: ~\n  list: [1]\n  quoted: '~'\n");
    const YamlNode *spec = yaml_get(yaml_document(file, 0), "spec");
    g_assert_cmpstr(yaml_get_text(spec, "name"), ==, "x");
    g_assert_cmpstr(yaml_get_text(spec, "quoted"), ==, "~");
    g_assert_null(yaml_get_text(spec, "none"));
    g_assert_null(yaml_get_text(spec, "list"));
    g_assert_null(yaml_get_text(spec, "absent"));
    g_assert_null(yaml_get_text(NULL, "name"));
    g_assert_null(yaml_get(yaml_get(spec, "name"), "x"));
    g_assert_cmpint(yaml_get_key(spec, "list")->line, ==, 4);
    g_assert_cmpint(yaml_get_key(spec, "list")->column, ==, 3);
}

/* ---- bytes ---- */

static void
assert_bytes(const YamlFile *file, const YamlNode *node, const char *expected)
{
    const char *text = yaml_file_text(file, NULL);
    g_autofree char *found = g_strndup(text + node->begin, node->end - node->begin);
    g_assert_cmpstr(found, ==, expected);
}

static void
nodes_know_their_bytes_whatever_stands_before_them(void)
{
    g_autoptr(YamlFile) file = parsed("# Größe: 東京 👩\n"
                                      "é: ü x   # ö\n"
                                      "list:\n"
                                      "  - 'it''s'\n"
                                      "  - {k: [\"→\", b]}\n"
                                      "\n"
                                      "# behind\n"
                                      "after: &x end\n");
    const YamlNode *root = yaml_document(file, 0), *list = yaml_get(root, "list");
    assert_bytes(file, yaml_get_key(root, "é"), "é");
    assert_bytes(file, yaml_get(root, "é"), "ü x");
    assert_bytes(file, list->items[0], "'it''s'");
    g_assert_cmpstr(list->items[0]->text, ==, "it's");
    assert_bytes(file, list->items[1], "{k: [\"→\", b]}");
    assert_bytes(file, yaml_get(list->items[1], "k"), "[\"→\", b]");
    assert_bytes(file, list, "- 'it''s'\n  - {k: [\"→\", b]}");
    assert_bytes(file, yaml_get(root, "after"), "&x end");
    g_assert_cmpint(yaml_get(root, "after")->line, ==, 8);
}

/* Every scalar of a random tree, written with names of all widths, is found again at its bytes. */
static void
write_random(GString *text, int depth, GPtrArray *words)
{
    static const char *const letters[] = {"a", "é", "東", "👩", "z"};
    int kind = g_test_rand_int_range(0, depth > 4 ? 1 : 3);
    int count = g_test_rand_int_range(1, 4);
    if (kind == 0) {
        GString *word = g_string_new("w");
        for (int i = 0; i < count; i++)
            g_string_append(word, letters[g_test_rand_int_range(0, 5)]);
        g_string_append_printf(text, "%s", word->str);
        g_ptr_array_add(words, g_string_free(word, FALSE));
        return;
    }
    g_string_append_c(text, kind == 1 ? '[' : '{');
    for (int i = 0; i < count; i++) {
        g_string_append(text, i > 0 ? ", " : "");
        if (kind == 2)
            g_string_append_printf(text, "é%d: ", i);
        if (g_test_rand_bit())
            g_string_append(text, "# 東\n    ");
        write_random(text, depth + 1, words);
    }
    g_string_append_c(text, kind == 1 ? ']' : '}');
}

static void
collect_scalars(const YamlNode *node, GPtrArray *nodes)
{
    if (node->kind == YAML_SCALAR)
        g_ptr_array_add(nodes, (void *) node);
    for (size_t i = 0; i < node->count; i++)
        collect_scalars(node->items[node->kind == YAML_MAP ? 2 * i + 1 : i], nodes);
}

static void
scalars_of_random_trees_are_found_at_their_bytes(void)
{
    for (int round = 0; round < 300; round++) {
        g_autoptr(GString) text = g_string_new("ü: ");
        g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
        write_random(text, 0, words);
        g_autoptr(YamlFile) file = parsed(text->str);
        g_autoptr(GPtrArray) nodes = g_ptr_array_new();
        collect_scalars(yaml_document(file, 0), nodes);
        g_assert_cmpuint(nodes->len, ==, words->len);
        for (size_t i = 0; i < nodes->len; i++)
            assert_bytes(file, nodes->pdata[i], words->pdata[i]);
    }
}

static json_t *
random_json(int depth)
{
    json_t *value;
    int count = g_test_rand_int_range(0, 4);
    switch (g_test_rand_int_range(0, depth > 3 ? 3 : 5)) {
    case 0:
        return json_integer(g_test_rand_int());
    case 1:
        return g_test_rand_bit() ? json_null() : json_boolean(g_test_rand_bit());
    case 2:
        return json_sprintf("é \"%d\\ \n\t: # - *", g_test_rand_int());
    case 3:
        value = json_array();
        while (count-- > 0)
            json_array_append_new(value, random_json(depth + 1));
        return value;
    default:
        value = json_object();
        while (count-- > 0) {
            g_autofree char *key = g_strdup_printf("k: %d", g_test_rand_int());
            json_object_set_new(value, key, random_json(depth + 1));
        }
        return value;
    }
}

static void
json_is_yaml_and_means_the_same(void)
{
    for (int round = 0; round < 300; round++) {
        g_autoptr(json_t) value = random_json(0);
        g_autofree char *text = g_test_rand_bit() ? json_pretty(value) : json_compact(value);
        g_autoptr(YamlFile) file = parsed(text);
        g_autoptr(json_t) found = yaml_to_json(yaml_document(file, 0));
        g_assert_true(json_equal(value, found));
    }
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/yaml/every syntax error names its place and what was expected",
                    every_syntax_error_names_its_place_and_what_was_expected);
    g_test_add_func("/yaml/columns count bytes also behind letters that are not ASCII",
                    columns_count_bytes_also_behind_letters_that_are_not_ascii);
    g_test_add_func("/yaml/text that is not text is refused with its place",
                    text_that_is_not_text_is_refused_with_its_place);
    g_test_add_func("/yaml/all equal keys are reported with both places",
                    all_equal_keys_are_reported_with_both_places);
    g_test_add_func("/yaml/keys are names", keys_are_names);
    g_test_add_func("/yaml/what messages quote cannot speak to a terminal",
                    what_messages_quote_cannot_speak_to_a_terminal);
    g_test_add_func("/yaml/an unknown tag is a warning", an_unknown_tag_is_a_warning);
    g_test_add_func("/yaml/a missing file is not found", a_missing_file_is_not_found);
    g_test_add_func("/yaml/depth is bounded", depth_is_bounded);
    g_test_add_func("/yaml/a billion laughs end in an error", a_billion_laughs_end_in_an_error);
    g_test_add_func("/yaml/aliases cannot build depth beyond the limit",
                    aliases_cannot_build_depth_beyond_the_limit);
    g_test_add_func("/yaml/an alias needs an anchor above it and outside of itself",
                    an_alias_needs_an_anchor_above_it_and_outside_of_itself);
    g_test_add_func("/yaml/plain scalars follow the core schema",
                    plain_scalars_follow_the_core_schema);
    g_test_add_func("/yaml/documents are kept apart and empty ones are null",
                    documents_are_kept_apart_and_empty_ones_are_null);
    g_test_add_func("/yaml/blocks and folds are text", blocks_and_folds_are_text);
    g_test_add_func("/yaml/line ends and a byte order mark do not matter",
                    line_ends_and_a_byte_order_mark_do_not_matter);
    g_test_add_func("/yaml/aliases are copies", aliases_are_copies);
    g_test_add_func("/yaml/merge keys add what is not there", merge_keys_add_what_is_not_there);
    g_test_add_func("/yaml/members are found by key", members_are_found_by_key);
    g_test_add_func("/yaml/nodes know their bytes, whatever stands before them",
                    nodes_know_their_bytes_whatever_stands_before_them);
    g_test_add_func("/yaml/scalars of random trees are found at their bytes",
                    scalars_of_random_trees_are_found_at_their_bytes);
    g_test_add_func("/yaml/JSON is YAML and means the same", json_is_yaml_and_means_the_same);
    return g_test_run();
}
