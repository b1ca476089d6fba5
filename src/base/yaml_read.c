/*
 * yaml_read.c - libyaml's events become a tree whose nodes know their bytes.
 *
 * The stack of open collections is ours, so that depth is bounded. A map is put in order when it
 * closes: equal keys are found there, and merge keys resolved. Everything that is wrong is said in
 * the words of a person, with its place; errors of meaning (equal keys, odd keys) do not stop the
 * reading, so that all of them are reported at once.
 */
#include "base/yaml.h"

#include "base/limits.h"
#include "base/text.h"
#include "base/yaml_file.h"
#include "base/yaml_words.h"

#include <string.h>
#include <yaml.h>

typedef struct {
    size_t byte;
    int line, column;
} Place;

/* libyaml counts characters. The cursor walks with it, mostly forward, and knows the bytes. */
typedef struct {
    size_t chars, byte, line_begin;
    int line;
} Cursor;

/* A list or map that is still open. */
typedef struct {
    YamlNode *node;
    GPtrArray *items;
    bool is_flow; /* written with brackets */
    size_t end;   /* of its last item so far */
} Frame;

typedef struct {
    YamlFile *file;
    Diags *diags;
    char *problem; /* the first error, with its place */
    yaml_parser_t parser;
    size_t skipped; /* bytes of a byte order mark */
    Cursor cursor;
    Frame stack[YAML_DEPTH_MAX];
    int depth;
    YamlNode *root;
    size_t nodes, aliased;
    GHashTable *anchors; /* name -> YamlNode *, in this document */
    GHashTable *keys;    /* text -> key node, while one map is put in order */
} Builder;

/* ---- places and findings ---- */

static void
cursor_reset(Builder *builder)
{
    builder->cursor = (Cursor){.byte = builder->skipped, .line_begin = builder->skipped, .line = 1};
}

static void
cursor_step(const YamlFile *file, Cursor *cursor)
{
    const char *at = file->text + cursor->byte;
    cursor->byte += (size_t) (g_utf8_next_char(at) - at);
    cursor->chars++;
    if (*at == '\n' || (*at == '\r' && at[1] != '\n')) {
        cursor->line++;
        cursor->line_begin = cursor->byte;
    }
}

static Place
cursor_place(const Cursor *cursor)
{
    return (Place){.byte = cursor->byte,
                   .line = cursor->line,
                   .column = (int) (cursor->byte - cursor->line_begin) + 1};
}

static Place
place_of(Builder *builder, yaml_mark_t mark)
{
    Cursor *cursor = &builder->cursor;
    if (mark.index < cursor->chars)
        cursor_reset(builder);
    while (cursor->chars < mark.index && cursor->byte < builder->file->bytes)
        cursor_step(builder->file, cursor);
    return cursor_place(cursor);
}

static Place
place_of_byte(Builder *builder, size_t byte)
{
    cursor_reset(builder);
    while (builder->cursor.byte < byte && builder->cursor.byte < builder->file->bytes)
        cursor_step(builder->file, &builder->cursor);
    return cursor_place(&builder->cursor);
}

static Place
place_of_node(const YamlNode *node)
{
    return (Place){.byte = node->begin, .line = node->line, .column = node->column};
}

/* Report an error and go on. */
static void builder_error(Builder *builder, const char *code, Place place, const char *format, ...)
    G_GNUC_PRINTF(4, 5);
/* The same where it is the end: false, for the caller to return. */
#define builder_fail(...) (builder_error(__VA_ARGS__), false)

static void
builder_error(Builder *builder, const char *code, Place place, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *raw = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *message = text_printable(raw);
    diags_add(builder->diags, DIAG_ERROR, code, builder->file->name, place.line, place.column, "%s",
              message);
    if (builder->problem == NULL)
        builder->problem =
            g_strdup_printf("%s:%d:%d: %s", builder->file->name, place.line, place.column, message);
}

static bool
builder_syntax_error(Builder *builder)
{
    const yaml_parser_t *parser = &builder->parser;
    if (parser->error == YAML_READER_ERROR)
        return builder_fail(builder, "yaml-syntax",
                            place_of_byte(builder, builder->skipped + parser->problem_offset), "%s",
                            parser->problem);

    Place stop = place_of(builder, parser->problem_mark);
    YamlWords words = yaml_words(parser->problem, parser->context, builder->file->text, stop.byte);
    if (words.at_start && parser->context != NULL)
        stop = place_of(builder, parser->context_mark);
    if (words.inside == NULL || parser->context == NULL)
        return builder_fail(builder, "yaml-syntax", stop, "%s", words.words);
    return builder_fail(builder, "yaml-syntax", stop, "%s, in %s that starts on line %d",
                        words.words, words.inside, place_of(builder, parser->context_mark).line);
}

/* ---- nodes ---- */

static bool
node_new(Builder *builder, YamlKind kind, const yaml_event_t *event, YamlNode **ret)
{
    Place place = place_of(builder, event->start_mark);
    if (++builder->nodes > YAML_NODES_MAX)
        return builder_fail(builder, "yaml-limit", place, "more than %d values in one file",
                            YAML_NODES_MAX);
    YamlNode *node = arena_alloc(builder->file->arena, sizeof(YamlNode));
    *node = (YamlNode){.kind = kind,
                       .line = place.line,
                       .column = place.column,
                       .begin = place.byte,
                       .end = place.byte};
    *ret = node;
    return true;
}

/* Keys are names. `{{ x }}`, a template without quotes, is a map in a map to YAML. */
static void
builder_refuse_key(Builder *builder, const YamlNode *key)
{
    const char *text = builder->file->text;
    bool is_template = key->begin > 0 && text[key->begin - 1] == '{' && text[key->begin] == '{';
    builder_error(builder, "yaml-key", place_of_node(key), "%s cannot be a key, expected a name%s",
                  key->kind == YAML_LIST ? "a list" : "a map",
                  is_template ? " (a template '{{ … }}' needs quotes)" : "");
}

/* Hand a finished node to the collection that it stands in. */
static void
builder_add(Builder *builder, YamlNode *node, size_t end)
{
    if (builder->depth == 0) {
        builder->root = node;
        return;
    }
    Frame *frame = &builder->stack[builder->depth - 1];
    bool is_key = frame->node->kind == YAML_MAP && frame->items->len % 2 == 0;
    if (is_key && node->kind != YAML_SCALAR)
        builder_refuse_key(builder, node);
    g_ptr_array_add(frame->items, node);
    frame->end = end;
}

static void
builder_anchor(Builder *builder, const yaml_char_t *name, YamlNode *node)
{
    if (name != NULL)
        g_hash_table_replace(builder->anchors, g_strdup((const char *) name), node);
}

/* The tags of the core schema are what we do anyway; "!!str" and "!" make text of what looks like a
 * number. */
static bool
tag_is_text(Builder *builder, const yaml_char_t *tag, Place place)
{
    static const char prefix[] = "tag:yaml.org,2002:";
    static const char *const core[] = {"null", "bool", "int", "float", "seq", "map", NULL};
    if (tag == NULL)
        return false;
    const char *name = (const char *) tag;
    if (strcmp(name, "!") == 0 || strcmp(name, "tag:yaml.org,2002:str") == 0)
        return true;
    if (!g_str_has_prefix(name, prefix) || !g_strv_contains(core, name + strlen(prefix)))
        diags_add(builder->diags, DIAG_WARNING, "yaml-tag", builder->file->name, place.line,
                  place.column, "tag '%s' has no meaning here and is ignored", name);
    return false;
}

static bool
builder_scalar(Builder *builder, const yaml_event_t *event)
{
    YamlNode *node;
    if (!node_new(builder, YAML_SCALAR, event, &node))
        return false;
    const char *value = (const char *) event->data.scalar.value;
    size_t bytes = event->data.scalar.length;
    if (memchr(value, '\0', bytes) != NULL)
        return builder_fail(builder, "yaml-text", place_of_node(node),
                            "the text holds a NUL character");
    node->end = place_of(builder, event->end_mark).byte;
    node->text = arena_copy(builder->file->arena, value, bytes);
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE ||
                   tag_is_text(builder, event->data.scalar.tag, place_of_node(node));
    builder_anchor(builder, event->data.scalar.anchor, node);
    builder_add(builder, node, node->end);
    return true;
}

/* ---- aliases ---- */

static bool
node_copy(Builder *builder, const YamlNode *node, int depth, Place place, YamlNode **ret)
{
    if (++builder->aliased > YAML_ALIASED_NODES_MAX)
        return builder_fail(builder, "yaml-limit", place,
                            "aliases stand for more than %d values in this file",
                            YAML_ALIASED_NODES_MAX);
    if (node->kind != YAML_SCALAR && depth >= YAML_DEPTH_MAX)
        return builder_fail(builder, "yaml-limit", place, "nested deeper than %d levels",
                            YAML_DEPTH_MAX);
    YamlNode *copy = arena_alloc(builder->file->arena, sizeof(YamlNode));
    *copy = *node;
    size_t items = node->kind == YAML_MAP ? 2 * node->count : node->count;
    if (items > 0)
        copy->items = arena_alloc(builder->file->arena, items * sizeof(YamlNode *));
    for (size_t i = 0; i < items; i++)
        if (!node_copy(builder, node->items[i], depth + 1, place, &copy->items[i]))
            return false;
    *ret = copy;
    return true;
}

static bool
builder_alias(Builder *builder, const yaml_event_t *event)
{
    const char *name = (const char *) event->data.alias.anchor;
    Place place = place_of(builder, event->start_mark);
    const YamlNode *target = g_hash_table_lookup(builder->anchors, name);
    if (target == NULL)
        return builder_fail(builder, "yaml-alias", place,
                            "alias '*%s' has no anchor '&%s' above it in this document", name,
                            name);
    for (int i = 0; i < builder->depth; i++)
        if (builder->stack[i].node == target)
            return builder_fail(builder, "yaml-alias", place, "alias '*%s' stands inside itself",
                                name);
    YamlNode *copy;
    if (!node_copy(builder, target, builder->depth, place, &copy))
        return false;
    builder_add(builder, copy, place_of(builder, event->end_mark).byte);
    return true;
}

/* ---- collections ---- */

static bool
builder_open(Builder *builder, YamlKind kind, const yaml_event_t *event, const yaml_char_t *anchor,
             const yaml_char_t *tag, bool is_flow)
{
    YamlNode *node;
    if (!node_new(builder, kind, event, &node))
        return false;
    if (builder->depth == YAML_DEPTH_MAX)
        return builder_fail(builder, "yaml-limit", place_of_node(node),
                            "nested deeper than %d levels", YAML_DEPTH_MAX);
    tag_is_text(builder, tag, place_of_node(node));
    builder_anchor(builder, anchor, node);
    Frame *frame = &builder->stack[builder->depth++];
    GPtrArray *items = frame->items != NULL ? frame->items : g_ptr_array_new();
    *frame = (Frame){.node = node, .items = items, .is_flow = is_flow, .end = node->begin};
    return true;
}

static bool
key_is_merge(const YamlNode *key)
{
    return key->kind == YAML_SCALAR && !key->quoted && strcmp(key->text, "<<") == 0;
}

/* Add the pairs of `from` whose keys are not there yet. */
static void
map_merge(Builder *builder, const YamlNode *from, GPtrArray *pairs)
{
    for (size_t i = 0; i < from->count; i++) {
        YamlNode *key = from->items[2 * i];
        if (key->kind != YAML_SCALAR || g_hash_table_contains(builder->keys, key->text))
            continue;
        g_hash_table_insert(builder->keys, (void *) key->text, key);
        g_ptr_array_add(pairs, key);
        g_ptr_array_add(pairs, from->items[2 * i + 1]);
    }
}

static void
map_merge_all(Builder *builder, const YamlNode *value, GPtrArray *pairs)
{
    bool is_list = value->kind == YAML_LIST;
    for (size_t i = 0; i < (is_list ? value->count : 1); i++) {
        const YamlNode *from = is_list ? value->items[i] : value;
        if (from->kind == YAML_MAP)
            map_merge(builder, from, pairs);
        else
            builder_error(builder, "yaml-key", place_of_node(from),
                          "'<<' merges maps: expected a map, or a list of maps");
    }
}

/* Own keys first, in their order; then what merge keys add: own keys win, and earlier maps over
 * later ones. */
static void
map_settle(Builder *builder, const GPtrArray *items, GPtrArray *pairs)
{
    g_hash_table_remove_all(builder->keys);
    for (size_t i = 0; i + 1 < items->len; i += 2) {
        YamlNode *key = items->pdata[i];
        if (key->kind != YAML_SCALAR || key_is_merge(key))
            continue;
        const YamlNode *first = g_hash_table_lookup(builder->keys, key->text);
        if (first != NULL) {
            builder_error(builder, "duplicate-key", place_of_node(key),
                          "key '%s' is already on line %d", key->text, first->line);
            continue;
        }
        g_hash_table_insert(builder->keys, (void *) key->text, key);
        g_ptr_array_add(pairs, key);
        g_ptr_array_add(pairs, items->pdata[i + 1]);
    }
    for (size_t i = 0; i + 1 < items->len; i += 2)
        if (key_is_merge(items->pdata[i]))
            map_merge_all(builder, items->pdata[i + 1], pairs);
}

static void
node_take_items(Arena *arena, YamlNode *node, const GPtrArray *items)
{
    node->count = node->kind == YAML_MAP ? items->len / 2 : items->len;
    if (items->len == 0)
        return;
    node->items = arena_alloc(arena, items->len * sizeof(YamlNode *));
    memcpy(node->items, items->pdata, items->len * sizeof(YamlNode *));
}

/* A collection with brackets ends at its bracket, one without where its last item ends: libyaml
 * would say at the next token, behind comments and blank lines that are not part of it. */
static void
builder_close(Builder *builder, const yaml_event_t *event)
{
    Frame *frame = &builder->stack[--builder->depth];
    YamlNode *node = frame->node;
    node->end = frame->is_flow ? place_of(builder, event->end_mark).byte : frame->end;
    if (node->kind == YAML_MAP) {
        g_autoptr(GPtrArray) pairs = g_ptr_array_sized_new(frame->items->len);
        map_settle(builder, frame->items, pairs);
        node_take_items(builder->file->arena, node, pairs);
    } else {
        node_take_items(builder->file->arena, node, frame->items);
    }
    g_ptr_array_set_size(frame->items, 0);
    builder_add(builder, node, node->end);
}

/* ---- documents ---- */

static void
builder_document(Builder *builder)
{
    const YamlNode *root = builder->root;
    bool is_empty = root != NULL && root->kind == YAML_SCALAR && root->begin == root->end;
    g_ptr_array_add(builder->file->documents, is_empty ? NULL : builder->root);
    g_hash_table_remove_all(builder->anchors);
    builder->root = NULL;
}

static bool
builder_event(Builder *builder, const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return builder_scalar(builder, event);
    case YAML_ALIAS_EVENT:
        return builder_alias(builder, event);
    case YAML_SEQUENCE_START_EVENT:
        return builder_open(builder, YAML_LIST, event, event->data.sequence_start.anchor,
                            event->data.sequence_start.tag,
                            event->data.sequence_start.style == YAML_FLOW_SEQUENCE_STYLE);
    case YAML_MAPPING_START_EVENT:
        return builder_open(builder, YAML_MAP, event, event->data.mapping_start.anchor,
                            event->data.mapping_start.tag,
                            event->data.mapping_start.style == YAML_FLOW_MAPPING_STYLE);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        builder_close(builder, event);
        return true;
    case YAML_DOCUMENT_END_EVENT:
        builder_document(builder);
        return true;
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_STREAM_END_EVENT:
    case YAML_DOCUMENT_START_EVENT:
        return true;
    }
    return true;
}

static bool
builder_read(Builder *builder)
{
    for (bool more = true; more;) {
        yaml_event_t event;
        if (!yaml_parser_parse(&builder->parser, &event))
            return builder_syntax_error(builder);
        more = event.type != YAML_STREAM_END_EVENT;
        bool ok = builder_event(builder, &event);
        yaml_event_delete(&event);
        if (!ok)
            return false;
    }
    return builder->problem == NULL;
}

/* ---- the text before it is YAML ---- */

static bool
char_is_allowed(gunichar c)
{
    return c >= 0xa0 || (c >= 0x20 && c < 0x7f) || c == '\t' || c == '\n' || c == '\r' || c == 0x85;
}

/* libyaml would refuse these too, but could not say on which line. */
static bool
builder_check_text(Builder *builder)
{
    const char *text = builder->file->text;
    size_t bytes = builder->file->bytes;
    if (bytes >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0))
        return builder_fail(builder, "yaml-text", (Place){.line = 1, .column = 1},
                            "the text is UTF-16, expected UTF-8");
    for (size_t i = 0; i < bytes;) {
        gunichar c = (unsigned char) text[i];
        if (c >= 0x80)
            c = g_utf8_get_char_validated(text + i, (gssize) (bytes - i));
        if (c == (gunichar) -1 || c == (gunichar) -2)
            return builder_fail(builder, "yaml-text", place_of_byte(builder, i),
                                "byte 0x%02x is not UTF-8", (unsigned char) text[i]);
        if (!char_is_allowed(c))
            return builder_fail(builder, "yaml-text", place_of_byte(builder, i),
                                "control character U+%04X, expected text", c);
        i += (size_t) g_unichar_to_utf8(c, NULL);
    }
    if (g_str_has_prefix(text, "\xef\xbb\xbf"))
        builder->skipped = 3;
    return true;
}

/* ---- all of it ---- */

static void
builder_clear(Builder *builder)
{
    for (size_t i = 0; i < YAML_DEPTH_MAX; i++)
        if (builder->stack[i].items != NULL)
            g_ptr_array_unref(builder->stack[i].items);
    yaml_parser_delete(&builder->parser);
    g_hash_table_unref(builder->anchors);
    g_hash_table_unref(builder->keys);
    g_free(builder->problem);
}

static bool
builder_run(Builder *builder)
{
    if (!builder_check_text(builder))
        return false;
    cursor_reset(builder);
    yaml_parser_set_encoding(&builder->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&builder->parser,
                                 (const unsigned char *) builder->file->text + builder->skipped,
                                 builder->file->bytes - builder->skipped);
    return builder_read(builder);
}

bool
yaml_parse(const char *text, size_t bytes, const char *name, Diags *diags, YamlFile **ret,
           GError **error)
{
    if (bytes > YAML_BYTES_MAX)
        return fail(error, ERR_TOO_LARGE, "'%s' is larger than %d MiB", name,
                    YAML_BYTES_MAX / (1024 * 1024));
    g_autoptr(YamlFile) file = yaml_file_new(name, text, bytes);
    Builder builder = {.file = file,
                       .diags = diags,
                       .anchors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                       .keys = g_hash_table_new(g_str_hash, g_str_equal)};
    cursor_reset(&builder);
    bool ok = yaml_parser_initialize(&builder.parser) != 0;
    g_assert(ok); /* fails only for want of memory, like everything else */
    ok = builder_run(&builder);
    if (ok)
        *ret = g_steal_pointer(&file);
    else
        fail(error, ERR_INVALID, "%s", builder.problem);
    builder_clear(&builder);
    return ok;
}
