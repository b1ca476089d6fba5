/*
 * mapper.c - mappers of MyBatis and iBATIS: SQL among tags that choose, repeat and include.
 *
 *   <select id="find"> SELECT <include refid="columns"/> FROM users <where> <if test="…"> AND id = #{id} </if> </where> </select>
 *
 * An element is one text: what is included stands where it is included, <if> and <choose> are branches, what tags write is
 * there, and #{x} is a value. Edits go to where the bytes are, also into a part that several statements include
 * (shared.c).
 */
#include "rewrite/program/mapper.h"

#include <string.h>

#define INCLUDE_DEPTH_MAX 8 /* parts within parts: people write two */
#define INCLUDED_BYTES_MAX                                                                         \
    (256 << 10) /* of one statement: parts that include parts may double each time */

/* ---- reading ---- */

typedef struct {
    Text *out;
    const Text *text;
    const Language *language;
    GArray *parts;          /* Span: what was included; or NULL */
    GHashTable *properties; /* of the include that is read: names to Span *; or NULL */
    int depth;              /* of includes */
    guint when;             /* of <when> so far, in this <choose> */
    bool joins;             /* in a <where> in which nothing was said yet */
    bool in_list;           /* in <set> or the like: something stands there at any rate */
    bool is_first; /* of a list of iBATIS, which takes away what the first one has in front */
} Reader;

static void read_content(Reader *reader, size_t begin, size_t end);

static void
say(Reader *reader, size_t begin, size_t end, const char *what)
{
    text_put(reader->out, begin, end, what, strlen(what));
}

/* <where> takes away AND and OR where nothing is before them; here something always is. */
static void
join(Reader *reader, size_t at, const char *first, size_t bytes)
{
    size_t word = 0;
    while (word < bytes && g_ascii_isalpha(first[word]))
        word++;
    bool is_joint = (word == 3 && g_ascii_strncasecmp(first, "and", 3) == 0) ||
                    (word == 2 && g_ascii_strncasecmp(first, "or", 2) == 0);
    if (reader->joins && !is_joint)
        say(reader, at, at, "AND ");
    reader->joins = false;
}

static void
read_run(Reader *reader, size_t begin, size_t end, Escape escape)
{
    Piece piece = {.kind = PIECE_LITERAL,
                   .inner_begin = (uint32_t) begin,
                   .inner_end = (uint32_t) end,
                   .quoting = {.escape = escape, .holes = HOLES_OFF}};
    bool has_template = mapper_find(reader->text, begin, end, "{{") < end ||
                        mapper_find(reader->text, begin, end, "{%") < end;
    reader->out->is_unread = reader->out->is_unread || has_template;
    if (end > begin)
        text_decode(reader->out, reader->language, &piece, false, NULL);
}

/* #{x} is a value; ${x} is text, which the include may say. */
static void
read_parameter(Reader *reader, size_t at, size_t behind)
{
    bool has_braces = reader->text->bytes[at + 1] == '{';
    g_autofree char *name =
        g_strndup(reader->text->bytes + at + 1 + has_braces, behind - at - 2 - has_braces);
    const Span *property =
        reader->properties != NULL ? g_hash_table_lookup(reader->properties, name) : NULL;
    if (reader->text->bytes[at] == '#')
        say(reader, at, behind, "?");
    else if (property != NULL)
        text_put(reader->out, at, behind, reader->text->bytes + property->begin,
                 property->end - property->begin);
    else
        say(reader, at, behind, HOLE);
}

/* Behind #{x}, ${x}, #{list[${i}].x}, and #x# and $x$ of iBATIS; 0: none begins here. */
static size_t
parameter_end(const Text *text, size_t at, size_t end)
{
    int depth = 0;
    char sign = text->bytes[at], next = text_byte(text, at + 1);
    if ((sign != '#' && sign != '$') || (next != '{' && !g_ascii_isalpha(next)))
        return 0;
    if (next != '{') {
        for (at++; at < end && (mapper_is_name_byte(text->bytes[at]) || text->bytes[at] == '[' ||
                                text->bytes[at] == ']');
             at++)
            ;
        return at < end && text->bytes[at] == sign ? at + 1 : 0;
    }
    for (at++; at < end; at++) {
        depth += text->bytes[at] == '{' ? 1 : text->bytes[at] == '}' ? -1 : 0;
        if (text->bytes[at] == '}' && depth == 0)
            return at + 1;
    }
    return 0;
}

static void
read_text(Reader *reader, size_t begin, size_t end, Escape escape)
{
    const Text *text = reader->text;
    size_t first = begin, from = begin;
    while (first < end && g_ascii_isspace(text->bytes[first]))
        first++;
    if (first < end)
        join(reader, first, text->bytes + first, end - first);
    for (size_t at = begin; at < end; at++) {
        size_t behind = parameter_end(text, at, end);
        if (behind == 0)
            continue;
        read_run(reader, from, at, escape);
        read_parameter(reader, at, behind);
        from = behind;
        at = behind - 1;
    }
    read_run(reader, from, end, escape);
}

/* ---- elements ---- */

/* What an attribute says, for which the tag stands. */
static void
say_attribute(Reader *reader, const MapperTag *tag, const char *name, size_t at)
{
    Span value;
    if (!mapper_attribute(reader->text, tag, name, &value) || value.end == value.begin)
        return;
    join(reader, at, reader->text->bytes + value.begin, value.end - value.begin);
    text_put(reader->out, at, at, reader->text->bytes + value.begin, value.end - value.begin);
    say(reader, at, at, " ");
}

static void
read_where(Reader *reader, size_t at, size_t begin, size_t end)
{
    say(reader, at, begin, " WHERE 1 = 1 ");
    reader->joins = true;
    read_content(reader, begin, end);
    reader->joins = false;
}

static void
read_list(Reader *reader, size_t begin, size_t end)
{
    bool outer = reader->in_list;
    reader->in_list = true;
    read_content(reader, begin, end);
    reader->in_list = outer;
}

static bool
takes_away_and(const Reader *reader, const MapperTag *tag)
{
    Span overrides;
    if (!mapper_attribute(reader->text, tag, "prefixOverrides", &overrides))
        return false;
    g_autofree char *words =
        g_ascii_strdown(reader->text->bytes + overrides.begin, overrides.end - overrides.begin);
    return strstr(words, "and") != NULL;
}

static void
read_trim(Reader *reader, const MapperTag *tag, size_t end)
{
    Span prefix;
    bool has_prefix = mapper_attribute(reader->text, tag, "prefix", &prefix);
    if (takes_away_and(reader, tag) && has_prefix && span_is(reader->text, prefix, "where")) {
        read_where(reader, tag->begin, tag->behind, end);
        return;
    }
    if (takes_away_and(reader, tag)) { /* AND ( … ): something has to stand there */
        say(reader, tag->begin, tag->behind, HOLE);
        return;
    }
    say_attribute(reader, tag, "prefix", tag->begin);
    read_list(reader, tag->behind, end);
    say_attribute(reader, tag, "suffix", end);
}

/* { name: value } of <property name="…" value="…"/> in an <include>. */
static GHashTable *
properties_of(const Text *text, const MapperTag *include, size_t end)
{
    GHashTable *properties = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    for (size_t at = mapper_find(text, include->behind, end, "<"); !include->is_empty && at < end;
         at = mapper_find(text, at + 1, end, "<")) {
        MapperTag tag;
        Span name, value;
        if (mapper_read_tag(text, at, end, &tag) && span_is(text, tag.name, "property") &&
            mapper_attribute(text, &tag, "name", &name) &&
            mapper_attribute(text, &tag, "value", &value))
            g_hash_table_insert(properties,
                                g_strndup(text->bytes + name.begin, name.end - name.begin),
                                g_memdup2(&value, sizeof value));
    }
    return properties;
}

static void
read_include(Reader *reader, const MapperTag *tag, size_t end)
{
    Span refid, part;
    if (reader->depth == INCLUDE_DEPTH_MAX || reader->out->count > INCLUDED_BYTES_MAX ||
        !mapper_attribute(reader->text, tag, "refid", &refid) ||
        !mapper_find_part(reader->text, refid, &part)) {
        say(reader, tag->begin, tag->behind, HOLE);
        return;
    }
    g_autoptr(GHashTable) properties = properties_of(reader->text, tag, end);
    GHashTable *outer = reader->properties;
    if (reader->parts != NULL)
        g_array_append_val(reader->parts, part);
    if (g_hash_table_size(properties) > 0)
        reader->properties = properties;
    reader->depth++;
    read_content(reader, part.begin, part.end);
    reader->depth--;
    reader->properties = outer;
}

/* prepend="AND" of iBATIS */
static void
say_prepend(Reader *reader, const MapperTag *tag)
{
    if (!reader->is_first)
        say_attribute(reader, tag, "prepend", tag->behind);
    reader->is_first = false;
}

/* <dynamic prepend="WHERE"> <isNotNull prepend="AND" property="id"> … of iBATIS: the first one goes without its AND. */
static void
read_dynamic(Reader *reader, const MapperTag *tag, size_t end)
{
    Span prepend;
    if (!mapper_attribute(reader->text, tag, "prepend", &prepend)) {
        read_content(reader, tag->behind, end);
    } else if (span_is(reader->text, prepend, "where")) {
        read_where(reader, tag->begin, tag->behind, end);
    } else {
        say_attribute(reader, tag, "prepend", tag->begin);
        reader->is_first = true;
        read_list(reader, tag->behind, end);
        reader->is_first = false;
    }
}

static void
read_choose(Reader *reader, const MapperTag *tag, size_t end)
{
    guint outer = reader->when;
    reader->when = 0;
    read_content(reader, tag->behind, end);
    say(reader, end, end, reader->when > 0 ? "{% endif %}" : "");
    reader->when = outer;
}

/* <if>, <when>, <otherwise>: what is before them is the same, whether they are taken or not. */
static void
read_branch(Reader *reader, const MapperTag *tag, size_t end)
{
    bool joins = reader->joins, is_when = span_is(reader->text, tag->name, "when"),
         is_if = !is_when && !span_is(reader->text, tag->name, "otherwise");
    bool is_certain = is_if && reader->in_list;
    if (!is_certain)
        say(reader, tag->begin, tag->behind,
            is_if || (is_when && reader->when == 0) ? "{% if x %}"
            : is_when                               ? "{% elif x %}"
                                                    : "{% else %}");
    reader->when += is_when;
    say_prepend(reader, tag);
    read_content(reader, tag->behind, end);
    if (is_if && !is_certain)
        say(reader, end, end, "{% endif %}");
    reader->joins = joins;
}

static void
read_element(Reader *reader, const MapperTag *tag, size_t end)
{
    static const char *const silent[] = {"selectKey", "bind", "property", NULL},
                             *const branches[] = {"if",
                                                  "when",
                                                  "otherwise",
                                                  "isNull",
                                                  "isNotNull",
                                                  "isEmpty",
                                                  "isNotEmpty",
                                                  "isEqual",
                                                  "isNotEqual",
                                                  "isGreaterThan",
                                                  "isGreaterEqual",
                                                  "isLessThan",
                                                  "isLessEqual",
                                                  "isPropertyAvailable",
                                                  "isNotPropertyAvailable",
                                                  "isParameterPresent",
                                                  "isNotParameterPresent",
                                                  NULL},
                             *const loops[] = {"foreach", "iterate", NULL};
    const Text *text = reader->text;
    Span first;
    if (mapper_attribute(text, tag, "removeFirstPrepend", &first)) {
        say(reader, tag->begin, tag->behind, HOLE);
    } else if (span_is_among(text, tag->name, silent)) {
        say(reader, tag->begin, tag->behind, " ");
    } else if (span_is_among(text, tag->name, branches)) {
        read_branch(reader, tag, end);
    } else if (span_is(text, tag->name, "choose")) {
        read_choose(reader, tag, end);
    } else if (span_is(text, tag->name, "where")) {
        read_where(reader, tag->begin, tag->behind, end);
    } else if (span_is(text, tag->name, "set")) {
        say(reader, tag->begin, tag->behind, " SET ");
        read_list(reader, tag->behind, end);
    } else if (span_is(text, tag->name, "trim")) {
        read_trim(reader, tag, end);
    } else if (span_is(text, tag->name, "dynamic")) {
        read_dynamic(reader, tag, end);
    } else if (span_is_among(text, tag->name, loops)) {
        say_prepend(reader, tag);
        say_attribute(reader, tag, "open", tag->begin);
        read_content(reader, tag->behind, end);
        say_attribute(reader, tag, "close", end);
    } else if (span_is(text, tag->name, "include")) {
        read_include(reader, tag, end);
    } else {
        say(reader, tag->begin, tag->behind, HOLE);
    }
}

static size_t
read_tag(Reader *reader, size_t at, size_t end)
{
    MapperTag tag;
    size_t behind = end;
    if (!mapper_read_tag(reader->text, at, end, &tag) || tag.is_end) {
        reader->out->is_unread = true;
        return end;
    }
    size_t inner_end =
        tag.is_empty ? tag.behind : mapper_inner_end(reader->text, &tag, end, &behind);
    if (inner_end == SIZE_MAX) {
        reader->out->is_unread = true;
        return end;
    }
    read_element(reader, &tag, inner_end);
    return tag.is_empty ? tag.behind : behind;
}

static void
read_content(Reader *reader, size_t begin, size_t end)
{
    const Text *text = reader->text;
    for (size_t at = begin; at < end && !reader->out->is_unread;) {
        size_t behind = mapper_skip_verbatim(text, at, end);
        if (behind > at && text->bytes[at + 2] == '[') {
            read_text(reader, at + 9, MAX(behind - 3, at + 9), ESCAPE_NONE);
        } else if (behind > at) {
            say(reader, at, behind, " ");
        } else if (text->bytes[at] == '<') {
            behind = read_tag(reader, at, end);
        } else {
            behind = mapper_find(text, at, end, "<");
            read_text(reader, at, behind, ESCAPE_MARKUP);
        }
        at = behind;
    }
}

void
mapper_decode(Text *out, const Language *language, const Piece *piece, GArray *ret_parts)
{
    Reader reader = {.out = out, .text = out->from, .language = language, .parts = ret_parts};
    read_content(&reader, piece->inner_begin, piece->inner_end);
}
