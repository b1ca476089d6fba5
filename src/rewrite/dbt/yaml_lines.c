/* yaml_lines.c - see yaml_lines.h. */
#include "rewrite/dbt/yaml_lines.h"

#include <string.h>

size_t
lines_begin(const Work *work, size_t at)
{
    while (at > 0 && work->text[at - 1] != '\n')
        at--;
    return at;
}

size_t
lines_next(const Work *work, size_t at)
{
    const char *end = memchr(work->text + at, '\n', work->bytes - at);
    return end != NULL ? (size_t) (end - work->text) + 1 : work->bytes;
}

static size_t
indent_at(const Work *work, size_t line)
{
    return strspn(work->text + line, " ");
}

bool
lines_begin_with(const Work *work, size_t line, const char *signs)
{
    size_t at = line + indent_at(work, line);
    at += at + 1 < work->bytes && work->text[at] == '\r' && work->text[at + 1] == '\n';
    return at >= work->bytes ? strchr(signs, '\n') != NULL : strchr(signs, work->text[at]) != NULL;
}

/* Before the blanks that stand before it: lines may be long, and nothing else of them is looked at. */
static size_t
before_blanks(const Work *work, size_t at)
{
    while (at > 0 && work->text[at - 1] == ' ')
        at--;
    return at;
}

static bool
begins_line(const Work *work, size_t at)
{
    return at == 0 || work->text[at - 1] == '\n';
}

bool
lines_is_item(const Work *work, const YamlNode *node, size_t *ret_dash)
{
    size_t behind = before_blanks(work, node->begin);
    if (behind == 0 || behind == node->begin || work->text[behind - 1] != '-')
        return false;
    size_t line = before_blanks(work, behind - 1);
    *ret_dash = behind - 1 - line;
    return begins_line(work, line);
}

size_t
lines_end_of(const Work *work, const YamlNode *node)
{
    size_t last = node->kind == YAML_MAP ? 2 * node->count : node->count, end = node->end;
    bool is_flow = node->begin < work->bytes && strchr("[{", work->text[node->begin]) != NULL;
    if (node->kind != YAML_SCALAR && !is_flow && last > 0)
        return lines_end_of(work, node->items[last - 1]);
    while (end > node->begin && g_ascii_isspace(work->text[end - 1]))
        end--;
    return end;
}

/* Nothing of it stands elsewhere, by an alias, or is used elsewhere, by an anchor. */
static bool
is_plain(const Work *work, const YamlNode *node, const YamlNode *within)
{
    size_t count = node->kind == YAML_MAP    ? 2 * node->count
                   : node->kind == YAML_LIST ? node->count
                                             : 0;
    if (node->begin < within->begin || node->end > within->end || work->text[node->begin] == '&')
        return false;
    for (size_t i = 0; i < count; i++)
        if (!is_plain(work, node->items[i], node))
            return false;
    return true;
}

size_t
lines_of_entry(const Work *work, const YamlNode *entry, size_t dash)
{
    size_t line = lines_begin(work, entry->begin);
    while (line > 0) {
        size_t above = lines_begin(work, line - 1);
        if (indent_at(work, above) != dash || !lines_begin_with(work, above, "#"))
            break;
        line = above;
    }
    return line;
}

size_t
lines_behind_entry(const Work *work, const YamlNode *entry, size_t dash)
{
    size_t line = lines_next(work, lines_end_of(work, entry));
    while (line < work->bytes && indent_at(work, line) > dash && lines_begin_with(work, line, "#"))
        line = lines_next(work, line);
    return line;
}

bool
lines_are_entries(const Work *work, const YamlNode *list, size_t *ret_dash)
{
    for (size_t i = 0; list != NULL && list->kind == YAML_LIST && i < list->count; i++) {
        size_t dash = 0;
        if (list->items[i]->kind != YAML_MAP || !lines_is_item(work, list->items[i], &dash) ||
            (i > 0 && dash != *ret_dash))
            return false;
        *ret_dash = dash;
    }
    return list != NULL && list->kind == YAML_LIST && list->count > 0;
}

/* All its lines end in LF, or all in CR LF. */
static bool
ends_alike(const Work *work, const YamlNode *node)
{
    bool has_returns = lines_have_returns(work, node->begin);
    const char *end = work->text + node->end;
    for (const char *at = work->text + node->begin;
         (at = memchr(at, has_returns ? '\n' : '\r', (size_t) (end - at))) != NULL; at++)
        if (!has_returns || at[-1] != '\r')
            return false;
    return true;
}

bool
lines_have_returns(const Work *work, size_t at)
{
    size_t next = lines_next(work, at);
    return next >= 2 && work->text[next - 1] == '\n' && work->text[next - 2] == '\r';
}

void
lines_end_like(const Work *work, size_t at, GString *text)
{
    if (!lines_have_returns(work, at))
        return;
    g_autoptr(GString) alike = g_string_sized_new(text->len);
    for (gsize i = 0; i < text->len; i++) {
        if (text->str[i] == '\n' && (i == 0 || text->str[i - 1] != '\r'))
            g_string_append_c(alike, '\r');
        g_string_append_c(alike, text->str[i]);
    }
    g_string_assign(text, alike->str);
}

bool
lines_are_map(const Work *work, const YamlNode *map, size_t *ret_dash)
{
    if (!lines_is_item(work, map, ret_dash) || !is_plain(work, map, map))
        return false;
    for (size_t i = 1; i < map->count; i++)
        if (!begins_line(work, before_blanks(work, map->items[2 * i]->begin)))
            return false;
    return ends_alike(work, map);
}
