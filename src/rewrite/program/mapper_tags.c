/* mapper_tags.c - tags of mappers, their attributes, and the parts of SQL that others include. */
#include "rewrite/program/mapper.h"

#include <string.h>

#define MAPPER_BYTES_MAX (1 << 20) /* the whole of it is looked through for each part */

/* ---- tags ---- */

size_t
mapper_find(const Text *text, size_t at, size_t end, const char *what)
{
    const char *found = at < end ? memmem(text->bytes + at, end - at, what, strlen(what)) : NULL;
    return found != NULL ? (size_t) (found - text->bytes) : end;
}

bool
mapper_is_name_byte(char c)
{
    return g_ascii_isalnum(c) || (c != '\0' && strchr("_-.:", c) != NULL);
}

/* Behind comments and CDATA sections, whose signs are no tags; or `at`. */
size_t
mapper_skip_verbatim(const Text *text, size_t at, size_t end)
{
    if (text_starts(text, at, "<!--"))
        return MIN(mapper_find(text, at, end, "-->") + 3, end);
    if (text_starts(text, at, "<![CDATA["))
        return MIN(mapper_find(text, at, end, "]]>") + 3, end);
    return at;
}

bool
mapper_read_tag(const Text *text, size_t at, size_t end, MapperTag *ret)
{
    *ret = (MapperTag){.begin = at, .is_end = text_byte(text, at + 1) == '/'};
    size_t name = at + 1 + ret->is_end;
    ret->name = (Span){(uint32_t) name, (uint32_t) name};
    while (ret->name.end < end && mapper_is_name_byte(text->bytes[ret->name.end]))
        ret->name.end++;
    size_t behind = ret->name.end;
    for (char quote = '\0'; behind < end && (quote != '\0' || text->bytes[behind] != '>'); behind++)
        if (quote == text->bytes[behind])
            quote = '\0';
        else if (quote == '\0' && strchr("\"'", text->bytes[behind]) != NULL)
            quote = text->bytes[behind];
    ret->is_empty = behind < end && text->bytes[behind - 1] == '/';
    ret->behind = behind + 1;
    return ret->name.end > ret->name.begin && behind < end;
}

bool
mapper_attribute(const Text *text, const MapperTag *tag, const char *name, Span *ret)
{
    for (size_t at = tag->name.end; at < tag->behind;) {
        Span key = {(uint32_t) at, (uint32_t) at};
        while (mapper_is_name_byte(text_byte(text, key.end)))
            key.end++;
        at = MAX(key.end, at + 1);
        if (key.end == key.begin)
            continue;
        while (g_ascii_isspace(text_byte(text, at)) || text_byte(text, at) == '=')
            at++;
        const char quote[] = {text_byte(text, at), '\0'};
        if (quote[0] != '"' && quote[0] != '\'')
            continue;
        *ret = (Span){(uint32_t) at + 1, (uint32_t) mapper_find(text, at + 1, tag->behind, quote)};
        at = ret->end + 1;
        if (span_is(text, key, name))
            return true;
    }
    *ret = (Span){0};
    return false;
}

size_t
mapper_inner_end(const Text *text, const MapperTag *tag, size_t end, size_t *ret_behind)
{
    int depth = 1;
    for (size_t at = mapper_find(text, tag->behind, end, "<"); at < end;
         at = mapper_find(text, at, end, "<")) {
        MapperTag inner;
        size_t behind = mapper_skip_verbatim(text, at, end);
        if (behind > at || !mapper_read_tag(text, at, end, &inner)) {
            at = MAX(behind, at + 1);
            continue;
        }
        bool is_same = span_is_same(text, inner.name, tag->name);
        depth += !is_same || inner.is_empty ? 0 : inner.is_end ? -1 : 1;
        *ret_behind = inner.behind;
        if (depth == 0)
            return at;
        at = inner.behind;
    }
    *ret_behind = end;
    return SIZE_MAX;
}

/* ---- parts that are included ---- */

/* `refid` without the mapper's own name before it; empty when it is a part of another mapper. */
static Span
own_name(const Text *text, Span refid)
{
    MapperTag mapper;
    Span namespace = {0}, before = {refid.begin, refid.begin};
    for (uint32_t at = refid.begin; at < refid.end; at++)
        if (text->bytes[at] == '.')
            before.end = at;
    if (before.end == before.begin)
        return refid;
    size_t root = mapper_find(text, 0, text->count, "<mapper");
    if (root == text->count)
        root = mapper_find(text, 0, text->count, "<sqlMap");
    if (root == text->count || !mapper_read_tag(text, root, text->count, &mapper) ||
        !mapper_attribute(text, &mapper, "namespace", &namespace) ||
        !span_is_same(text, namespace, before))
        return (Span){0};
    return (Span){before.end + 1, refid.end};
}

bool
mapper_find_part(const Text *text, Span refid, Span *ret)
{
    Span name = own_name(text, refid), id;
    guint count = 0;
    if (text->count > MAPPER_BYTES_MAX)
        return false;
    for (size_t at = mapper_find(text, 0, text->count, "<sql");
         name.end > name.begin && at < text->count;
         at = mapper_find(text, at + 1, text->count, "<sql")) {
        MapperTag tag;
        size_t behind;
        if (!mapper_read_tag(text, at, text->count, &tag) || !span_is(text, tag.name, "sql") ||
            !mapper_attribute(text, &tag, "id", &id) || !span_is_same(text, id, name))
            continue;
        size_t end = mapper_inner_end(text, &tag, text->count, &behind);
        *ret = (Span){(uint32_t) tag.behind, (uint32_t) end};
        count += end != SIZE_MAX;
    }
    return count == 1; /* of two, for two stores, nobody knows which */
}
