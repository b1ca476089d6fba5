/*
 * told.c - names of which a part is put in, as aliases of the mapping have them: f"… FROM {schema}.orders AS o".
 *
 * What is put in stands for the source's part there, and stays as it is written; so does what stands before the source's first
 * part, which is left out of what is read. `{}` of an alias is whatever is put in.
 */
#include "rewrite/program/program.h"

#include <string.h>

#define LEAD_BYTES_MAX 512 /* before the table's own name, as it is read */
#define TOLD_MAX 200       /* of one string; each takes a look at all of it */

typedef struct {
    size_t begin, end; /* without quotes of its own, or around the path */
    size_t outer;      /* where it begins with its own */
    bool has_quotes;   /* of its own */
} PathPart;

typedef struct {
    PathPart parts[SPELLING_PARTS_MAX];
    guint count;
} Path;

/* ---- how it is written ---- */

/* What names a hole at `at`: {x}, ${x}, #{x}, @{x}, {{ x }}, %(x)s, $x, and %s, which has no name. 0: nothing is put in here. */
static size_t
hole_bytes(const char *at, Span *ret_name)
{
    static const struct {
        const char *open, *close;
    } forms[] = {{"{{", "}}"}, {"${", "}"}, {"#{", "}"}, {"@{", "}"}, {"%(", ")s"}, {"{", "}"}};
    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++) {
        const char *name = at + strlen(forms[i].open);
        const char *close =
            g_str_has_prefix(at, forms[i].open) ? strstr(name, forms[i].close) : NULL;
        if (close == NULL)
            continue;
        *ret_name = (Span){(uint32_t) (name - at), (uint32_t) (close - at)};
        return (size_t) (close - at) + strlen(forms[i].close);
    }
    size_t bytes = 1;
    while (at[0] == '$' && is_identifier_byte(at[bytes]))
        bytes++;
    *ret_name = (Span){1, (uint32_t) bytes};
    if (g_str_has_prefix(at, "#$")) { /* sql"… #$x …" of Slick */
        size_t behind = hole_bytes(at + 1, ret_name);
        ret_name->begin++;
        ret_name->end++;
        return behind > 0 ? behind + 1 : 0;
    }
    if (g_str_has_prefix(at, "%s"))
        *ret_name = (Span){1, 1};
    return g_str_has_prefix(at, "%s") ? 2 : bytes > 1 ? bytes : 0;
}

/* `raw_{site}` for raw_${site}, raw_$site and raw_{{ site }}. Caller frees. */
static char *
without_decoration(const char *part)
{
    GString *plain = g_string_new(NULL);
    while (*part != '\0') {
        Span name;
        size_t bytes = hole_bytes(part, &name);
        if (bytes == 0) {
            g_string_append_c(plain, *part++);
            continue;
        }
        g_autofree char *inner = g_strndup(part + name.begin, name.end - name.begin);
        g_string_append_printf(plain, "{%s}", g_strstrip(inner));
        part += bytes;
    }
    return g_string_free(plain, FALSE);
}

/* [begin, end) as the file has it; what `+` puts in is in braces. Caller frees. */
static char *
as_written(const Text *text, size_t begin, size_t end)
{
    GString *written = g_string_new(NULL);
    while (begin < end) {
        if (!text_starts(text, begin, HOLE)) {
            g_string_append_c(written, text->bytes[begin++]);
            continue;
        }
        Span span = text_span(text, begin, begin + strlen(HOLE)), name;
        g_autofree char *hole = g_strndup(text->file + span.begin, span.end - span.begin);
        bool is_decorated = hole_bytes(hole, &name) == strlen(hole) || hole[0] == '%';
        g_string_append_printf(written, is_decorated ? "%s" : "{%s}", hole);
        begin += strlen(HOLE);
    }
    return g_string_free(written, FALSE);
}

/* Also {{ x }} of a template, and $x of another language, which stand in the text as they are. */
static bool
has_hole(const Text *text, const PathPart *part)
{
    return memchr(text->bytes + part->begin, '{', part->end - part->begin) != NULL ||
           memchr(text->bytes + part->begin, '$', part->end - part->begin) != NULL;
}

/* ---- the path that ends at some place ---- */

static bool
is_of_path(char c)
{
    return is_identifier_byte(c) || (c != '\0' && strchr("-.{}`\"[]$", c) != NULL);
}

/* Where the name that goes on at `at` begins: blanks are only in braces. */
static size_t
path_begin(const Text *text, size_t at)
{
    size_t from = at;
    int depth = 0;
    while (from > 0 && at - from < LEAD_BYTES_MAX &&
           (is_of_path(text->bytes[from - 1]) || (depth > 0 && text->bytes[from - 1] != '\n'))) {
        from--;
        depth += text->bytes[from] == '}' ? 1 : text->bytes[from] == '{' ? -1 : 0;
        if (depth < 0)
            return from + 1;
    }
    return from;
}

static bool
is_quote(char c)
{
    return c != '\0' && strchr("`\"[]", c) != NULL;
}

static void
add_part(const Text *text, Path *path, size_t begin, size_t end)
{
    bool opens = begin < end && is_quote(text->bytes[begin]),
         closes = begin + 1 < end && is_quote(text->bytes[end - 1]);
    path->parts[path->count++] = (PathPart){.begin = begin + opens,
                                            .end = end - closes,
                                            .outer = begin + (opens && !closes),
                                            .has_quotes = opens && closes};
}

/* The name whose last part begins at `at` and is so long. False: it has no other, or too many. */
static bool
read_path(const Text *text, size_t at, size_t bytes, Path *path)
{
    size_t from = path_begin(text, at), end = at + bytes;
    int depth = 0;
    from -= from > 0 && strchr("#@", text->bytes[from - 1]) != NULL && /* #$x, @{x} */
            text_starts(text, from, HOLE);
    end += is_quote(text_byte(text, end));
    *path = (Path){0};
    for (size_t i = from, begin = from; i <= end; i++) {
        depth += i < end ? (text->bytes[i] == '{') - (text->bytes[i] == '}') : 0;
        if (i < end && (text->bytes[i] != '.' || depth > 0))
            continue;
        if (path->count == SPELLING_PARTS_MAX)
            return false;
        add_part(text, path, begin, i);
        begin = i + 1;
    }
    return path->count > 1 && path->parts[path->count - 1].begin == at;
}

/* Caller frees. */
char *
text_path_as_written(const Text *text, size_t at, size_t bytes)
{
    Path path;
    if (!read_path(text, at, bytes, &path))
        return NULL;
    GString *whole = g_string_new(NULL);
    for (guint i = 0; i < path.count; i++) {
        g_autofree char *part = as_written(text, path.parts[i].begin, path.parts[i].end);
        g_string_append_printf(whole, i > 0 ? ".%s" : "%s", part);
    }
    return g_string_free(whole, FALSE);
}

/* ---- what an alias says of it ---- */

static bool
is_said_by(const Text *text, const PathPart *part, const char *said)
{
    g_autofree char *written = as_written(text, part->begin, part->end),
                    *ours = without_decoration(written), *theirs = without_decoration(said);
    return strcmp(ours, theirs) == 0 || (has_hole(text, part) && strcmp(theirs, "{}") == 0);
}

static bool
is_alias(const Text *text, const Path *path, const Spelling *alias)
{
    if (g_strv_length(alias->source) != path->count)
        return false;
    for (guint i = 0; i + 1 < path->count; i++)
        if (!is_said_by(text, &path->parts[i], alias->source[i]))
            return false;
    return true;
}

/* Of part `index`, of which `more` come before the source's first one; NULL: it stays as it is. Caller frees. */
static char *
meaning(const Text *text, const Path *path, guint index, int more, char *const *source)
{
    if (!has_hole(text, &path->parts[index]))
        return NULL;
    GString *said = g_string_new(NULL);
    for (int i = 0; index == 0 && i < -more; i++)
        g_string_append_printf(said, "%s.", source[i]);
    return g_string_free(g_string_append(said, source[(int) index - more]), FALSE);
}

/* Does all of it agree with the source, as far as nothing is put in? */
static bool
fits(const Text *text, const Path *path, int more, const Spelling *spelling)
{
    const PathPart *first = &path->parts[0];
    if (more < 0 && (first->has_quotes || !has_hole(text, first)))
        return false;
    if (more > 0 && g_strv_length(spelling->target) != g_strv_length(spelling->source))
        return false;
    for (guint i = (guint) MAX(more, 0); i < path->count; i++) {
        const PathPart *part = &path->parts[i];
        const char *name = spelling->source[(int) i - more];
        if (!has_hole(text, part) &&
            (strlen(name) != part->end - part->begin ||
             g_ascii_strncasecmp(name, text->bytes + part->begin, strlen(name)) != 0))
            return false;
    }
    return true;
}

/* By how many bytes the text grows. */
static int
tell(Text *text, const Path *path, const Spelling *spelling)
{
    size_t before = text->count;
    int more = (int) path->count - (int) g_strv_length(spelling->source);
    for (guint i = path->count; i-- > (guint) MAX(more, 0);) {
        g_autofree char *said = meaning(text, path, i, more, spelling->source);
        if (said != NULL)
            text_tell(text, path->parts[i].begin, path->parts[i].end, said);
    }
    if (more > 0)
        text_tell(text, path->parts[0].outer, path->parts[more].outer, "");
    return (int) text->count - (int) before;
}

static int
tell_at(Text *text, size_t at, const Rename *rename, const Spelling *alias)
{
    const Spelling *spelling = g_ptr_array_index(rename->spellings, 0);
    Path path;
    if (!read_path(text, at, strlen(alias->last), &path) || !is_alias(text, &path, alias) ||
        strcmp(alias->last, spelling->last) != 0)
        return 0;
    int more = (int) path.count - (int) g_strv_length(spelling->source);
    return fits(text, &path, more, spelling) ? tell(text, &path, spelling) : 0;
}

static void
tell_of_alias(Text *text, const Rename *rename, const Spelling *alias)
{
    size_t at = 0, from = 0, found = 0;
    for (int i = 0; i < TOLD_MAX; i++) {
        if (!find_word(text->bytes + from, text->count - from, alias->last, &found))
            return;
        at = from + found;
        from = (size_t) ((long) at + tell_at(text, at, rename, alias)) + strlen(alias->last);
    }
}

void
program_tell_names(const Work *work, Text *text)
{
    if (memchr(text->bytes, '{', text->count) == NULL &&
        memchr(text->bytes, '$', text->count) == NULL)
        return;
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 1; s < rename->spellings->len; s++) {
            const Spelling *alias = g_ptr_array_index(rename->spellings, s);
            if (strpbrk(alias->whole, "{$%#") != NULL && !alias->is_glued)
                tell_of_alias(text, rename, alias);
        }
    }
}
