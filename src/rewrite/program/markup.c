/* markup.c - XML cut into attributes, text and comments; and lines of `key = value`. */
#include "rewrite/program/mapper.h"

#include <string.h>

typedef struct {
    const Text *text;
    size_t end;
    GArray *pieces;
    Span element;
    bool is_mapper; /* of MyBatis or iBATIS */
} Markup;

static char
byte(const Markup *markup, size_t at)
{
    return at < markup->end ? markup->text->bytes[at] : '\0';
}

static bool
starts(const Markup *markup, size_t at, const char *what)
{
    size_t bytes = strlen(what);
    return at + bytes <= markup->end && memcmp(markup->text->bytes + at, what, bytes) == 0;
}

static size_t
find(const Markup *markup, size_t at, const char *what)
{
    const char *found = at < markup->end
                            ? memmem(markup->text->bytes + at, markup->end - at, what, strlen(what))
                            : NULL;
    return found != NULL ? (size_t) (found - markup->text->bytes) : markup->end;
}

static void
add_value(Markup *markup, size_t begin, size_t end, Span key, Quoting quoting)
{
    const char *bytes = markup->text->bytes;
    while (begin < end && g_ascii_isspace(bytes[begin]))
        begin++;
    while (end > begin && g_ascii_isspace(bytes[end - 1]))
        end--;
    Piece piece = {.kind = PIECE_LITERAL,
                   .is_alone = true,
                   .begin = (uint32_t) begin,
                   .end = (uint32_t) end,
                   .inner_begin = (uint32_t) begin,
                   .inner_end = (uint32_t) end,
                   .key = key,
                   .quoting = quoting};
    if (end > begin)
        g_array_append_val(markup->pieces, piece);
}

static void
add_comment(Markup *markup, size_t begin, size_t end)
{
    Piece piece = {.kind = PIECE_COMMENT, .begin = (uint32_t) begin, .end = (uint32_t) end};
    g_array_append_val(markup->pieces, piece);
}

static bool
is_name_byte(char c)
{
    return g_ascii_isalnum(c) || (c != '\0' && strchr("_-.:", c) != NULL);
}

/* ---- XML ---- */

static size_t
lex_attribute(Markup *markup, size_t at)
{
    Span key = {(uint32_t) at, 0};
    while (is_name_byte(byte(markup, at)))
        at++;
    key.end = (uint32_t) at;
    while (g_ascii_isspace(byte(markup, at)))
        at++;
    if (key.end == key.begin || byte(markup, at) != '=')
        return MAX(at, key.begin + 1);
    for (at++; g_ascii_isspace(byte(markup, at)); at++)
        ;
    char quote = byte(markup, at);
    const char mark[] = {quote, '\0'};
    if (quote != '"' && quote != '\'')
        return at + 1;
    size_t end = find(markup, at + 1, mark);
    add_value(markup, at + 1, end, key, (Quoting){.quote = quote, .escape = ESCAPE_MARKUP});
    return MIN(end + 1, markup->end);
}

static size_t
lex_tag(Markup *markup, size_t at)
{
    bool is_end = byte(markup, at + 1) == '/';
    Span name = {(uint32_t) at + 1, (uint32_t) at + 1};
    while (is_name_byte(byte(markup, name.end)))
        name.end++;
    markup->element = is_end ? (Span){0} : name;
    for (at = MAX(name.end, at + 1); at < markup->end && byte(markup, at) != '>';)
        at = g_ascii_isspace(byte(markup, at)) ? at + 1 : lex_attribute(markup, at);
    return MIN(at + 1, markup->end);
}

/* ---- mappers ---- */

static bool
holds_statement(const Markup *markup, const MapperTag *tag)
{
    static const char *const names[] = {"select",    "insert",    "update",    "delete",
                                        "selectKey", "statement", "procedure", NULL};
    return markup->is_mapper && span_is_among(markup->text, tag->name, names);
}

/* <sql id="…"> that stands where it is included; what no statement of this file includes is text like any other. */
static bool
is_included(const Markup *markup, const MapperTag *tag)
{
    static const char open[] = "<include";
    Span id, refid, part;
    if (!markup->is_mapper || !span_is(markup->text, tag->name, "sql") ||
        !mapper_attribute(markup->text, tag, "id", &id))
        return false;
    for (size_t at = find(markup, 0, open); at < markup->end; at = find(markup, at + 1, open)) {
        MapperTag include;
        if (mapper_read_tag(markup->text, at, markup->end, &include) &&
            mapper_attribute(markup->text, &include, "refid", &refid) &&
            mapper_find_part(markup->text, refid, &part) && part.begin == tag->behind)
            return true;
    }
    return false;
}

static void
add_element(Markup *markup, const MapperTag *tag, size_t end)
{
    Piece piece = {.kind = PIECE_LITERAL,
                   .is_alone = true,
                   .is_element = true,
                   .is_sql = true,
                   .begin = (uint32_t) tag->behind,
                   .end = (uint32_t) end,
                   .inner_begin = (uint32_t) tag->behind,
                   .inner_end = (uint32_t) end,
                   .quoting = {.escape = ESCAPE_MARKUP}};
    g_array_append_val(markup->pieces, piece);
}

/* Statements within a statement, and comments. */
static void
lex_within(Markup *markup, size_t at, size_t end)
{
    for (at = MIN(find(markup, at, "<"), end); at < end; at = MIN(find(markup, at, "<"), end)) {
        MapperTag tag;
        size_t behind = at + 1, inner_end;
        if (starts(markup, at, "<!--")) {
            behind = MIN(find(markup, at, "-->") + 3, end);
            add_comment(markup, at, behind);
        } else if (starts(markup, at, "<![CDATA[")) {
            behind = MIN(find(markup, at, "]]>") + 3, end);
        } else if (mapper_read_tag(markup->text, at, end, &tag) && !tag.is_end && !tag.is_empty &&
                   holds_statement(markup, &tag) &&
                   (inner_end = mapper_inner_end(markup->text, &tag, end, &behind)) != SIZE_MAX) {
            add_element(markup, &tag, inner_end);
        }
        at = behind;
    }
}

/* Behind a statement of a mapper, or a part that is included; 0: neither begins here. */
static size_t
lex_mapped(Markup *markup, size_t at)
{
    MapperTag tag;
    size_t behind, inner_end;
    if (!markup->is_mapper || !mapper_read_tag(markup->text, at, markup->end, &tag) || tag.is_end ||
        tag.is_empty)
        return 0;
    bool is_whole = holds_statement(markup, &tag);
    if (!is_whole && !is_included(markup, &tag))
        return 0;
    inner_end = mapper_inner_end(markup->text, &tag, markup->end, &behind);
    if (inner_end == SIZE_MAX)
        return 0;
    lex_tag(markup, at);
    if (is_whole)
        add_element(markup, &tag, inner_end);
    lex_within(markup, tag.behind, inner_end);
    return behind;
}

static size_t
lex_node(Markup *markup, size_t at)
{
    size_t end;
    if (starts(markup, at, "<!--")) {
        end = MIN(find(markup, at, "-->") + 3, markup->end);
        add_comment(markup, at, end);
        return end;
    }
    if (starts(markup, at, "<![CDATA[")) {
        end = find(markup, at, "]]>");
        add_value(markup, MIN(at + 9, end), end, markup->element, (Quoting){.escape = ESCAPE_NONE});
        return MIN(end + 3, markup->end);
    }
    if (starts(markup, at, "<!") || starts(markup, at, "<?"))
        return MIN(find(markup, at, ">") + 1, markup->end);
    if (byte(markup, at) == '<') {
        size_t behind = lex_mapped(markup, at);
        return behind > 0 ? behind : lex_tag(markup, at);
    }
    end = find(markup, at, "<");
    add_value(markup, at, end, markup->element, (Quoting){.escape = ESCAPE_MARKUP});
    return end;
}

GArray *
lex_markup(const Text *text, G_GNUC_UNUSED const Language *language, size_t begin, size_t end,
           size_t *ret_broken_at)
{
    Markup markup = {.text = text, .end = end, .pieces = g_array_new(FALSE, FALSE, sizeof(Piece))};
    *ret_broken_at = SIZE_MAX;
    markup.is_mapper =
        find(&markup, begin, "<mapper") < end || find(&markup, begin, "<sqlMap") < end;
    for (size_t at = begin, next; at < end; at = MAX(next, at + 1))
        next = lex_node(&markup, at);
    return markup.pieces;
}

/* ---- key = value ---- */

/* The end of the line, or of those that it goes on in. */
static size_t
value_end(const Markup *markup, size_t at)
{
    for (;;) {
        size_t end = find(markup, at, "\n");
        size_t last = end > at && byte(markup, end - 1) == '\r' ? end - 1 : end;
        if (last <= at || byte(markup, last - 1) != '\\' || end >= markup->end)
            return end;
        at = end + 1;
    }
}

static size_t
lex_property(Markup *markup, size_t at)
{
    while (byte(markup, at) == ' ' || byte(markup, at) == '\t')
        at++;
    size_t end = value_end(markup, at), sign = at;
    if (strchr("#!;", byte(markup, at)) != NULL && byte(markup, at) != '\0') {
        end = find(markup, at, "\n");
        add_comment(markup, at, end);
        return MIN(end + 1, markup->end);
    }
    while (sign < end && byte(markup, sign) != '=' && byte(markup, sign) != ':')
        sign++;
    Span key = {(uint32_t) at, (uint32_t) sign};
    while (key.end > key.begin && g_ascii_isspace(markup->text->bytes[key.end - 1]))
        key.end--;
    Quoting quoting = {.escape = ESCAPE_C};
    size_t value = sign + 1, last = end;
    while (value < last && g_ascii_isspace(byte(markup, value)))
        value++;
    while (last > value && g_ascii_isspace(byte(markup, last - 1)))
        last--;
    char quote = byte(markup, value);
    if (last > value + 1 && (quote == '"' || quote == '\'') && byte(markup, last - 1) == quote) {
        quoting.quote = quote;
        value++;
        last--;
    }
    if (sign < end)
        add_value(markup, value, last, key, quoting);
    else
        add_value(markup, at, end, (Span){0}, quoting);
    return MIN(end + 1, markup->end);
}

GArray *
lex_properties(const Text *text, G_GNUC_UNUSED const Language *language, size_t begin, size_t end,
               size_t *ret_broken_at)
{
    Markup markup = {.text = text, .end = end, .pieces = g_array_new(FALSE, FALSE, sizeof(Piece))};
    *ret_broken_at = SIZE_MAX;
    for (size_t at = begin, next; at < end; at = MAX(next, at + 1))
        next = lex_property(&markup, at);
    return markup.pieces;
}
