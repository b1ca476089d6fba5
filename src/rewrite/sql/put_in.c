/* put_in.c - tables of whose name a part is put in at run time: `{{ project }}.identity.users`, @schema.users. */
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

static const char hole_begins[] = "{<%$@&~#";

/* @stage/users, @shop.users/2024: files, in Snowflake. */
static bool
is_stage(const Work *work, const SqlPath *path)
{
    const char *begin = work->text + path->parts[0].begin;
    size_t bytes = path->parts[path->count - 1].end - path->parts[0].begin;
    return work->sql->dialect->has_places && *begin == '@' &&
           ((path->parts[path->count - 1].end < work->bytes && begin[bytes] == '/') ||
            memchr(begin, '/', bytes) != NULL);
}

bool
sql_is_put_before(const Work *work, const SqlSource *source)
{
    if (source->kind != SOURCE_TEMPLATE || source->path.count < 2)
        return false;
    const Token *last = &g_array_index(work->sql->tokens, Token, source->last);
    return !is_stage(work, &source->path) &&
           (last->kind == TOKEN_WORD || last->kind == TOKEN_QUOTED) &&
           source->path.parts[source->path.count - 1].end == last->end;
}

static void
refuse(Work *work, size_t begin, size_t end)
{
    site_refuse(work, SITE_TABLE, begin, end, "hole-in-name", NULL, PUT_IN_REASON,
                (int) (end - begin), work->text + begin);
}

void
sql_put_before(Work *work, const SqlSource *source)
{
    const SqlPath *path = &source->path;
    SqlPath own = {.parts = path->parts + path->count - 1, .count = 1};
    const Spelling *spelling = NULL;
    bool is_other = false;
    if (renames_find(work->renames, work->sql->dialect, &own, &spelling, &is_other) != NULL ||
        is_other)
        refuse(work, path->parts[0].begin, path->parts[path->count - 1].end);
}

/* Blanks aside. */
static bool
is_written(const char *text, size_t bytes, const char *name)
{
    size_t at = 0;
    for (; *name != '\0' || at < bytes;) {
        if (at < bytes && g_ascii_isspace(text[at]))
            at++;
        else if (g_ascii_isspace(*name))
            name++;
        else if (at >= bytes || g_ascii_tolower(text[at++]) != g_ascii_tolower(*name++))
            return false;
    }
    return true;
}

/* The spelling of an alias that stands here byte by byte; NULL: none. */
static const Spelling *
written_spelling(const Work *work, const SqlSource *source, const Rename **ret)
{
    size_t begin = work_token(work, source->first)->begin,
           end = work_token(work, source->last)->end;
    for (guint i = 0; i < work->renames->list->len; i++) {
        *ret = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; s < (*ret)->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index((*ret)->spellings, s);
            if (is_written(work->text + begin, end - begin, spelling->whole))
                return spelling;
        }
    }
    return NULL;
}

/* The parts of what stands in [begin, end): a dot within braces parts nothing. */
static SqlPath
path_of_text(const Work *work, guint token, size_t begin, size_t end)
{
    SqlPart *parts = arena_alloc(work->sql->arena, SPELLING_PARTS_MAX * sizeof *parts);
    SqlPath path = {.parts = parts};
    int depth = 0;
    for (size_t at = begin, from = begin; at <= end && path.count < SPELLING_PARTS_MAX; at++) {
        char c = work->text[at];
        depth += at < end ? (c == '{') - (c == '}') : 0;
        if (at < end && (c != '.' || depth > 0))
            continue;
        parts[path.count++] =
            (SqlPart){.text = arena_copy(work->sql->arena, work->text + from, at - from),
                      .token = token,
                      .begin = (uint32_t) from,
                      .end = (uint32_t) at};
        from = at + 1;
    }
    return path;
}

/* {{ x }}, {x}, ${x}, $x, @x, %s, <x>, &x: no name of a store looks like this. */
static bool
is_put_in(const SqlPart *part)
{
    return strpbrk(part->text, "{<%") != NULL || strchr("$@&~#", part->text[0]) != NULL;
}

/* raw_{{ x }} is no name that does not begin with raw_, and {{ x }}_eu none that does not end so. */
static bool
may_be(const Work *work, const SqlPart *part, const char *name)
{
    size_t before = strcspn(part->text, hole_begins), bytes = strlen(name);
    const char *close = strrchr(part->text, '}');
    size_t behind = close != NULL ? strlen(close + 1) : 0;
    g_autofree char *begin = g_strndup(name, before), *ours = g_strndup(part->text, before);
    return before + behind <= bytes &&
           sql_same_table(work->sql->dialect, ours, part->quote, begin) &&
           (behind == 0 ||
            sql_same_table(work->sql->dialect, close + 1, part->quote, name + bytes - behind));
}

/* users{{ x }}, {% if x %}users{% else %}leads{% endif %}: what stands outside of its templates is the name, which it is where
 * nothing more is put in. */
static bool
may_be_whole(const Work *work, const SqlPart *part, const char *name)
{
    bool has_template = false;
    for (const char *at = part->text; *at != '\0';) {
        bool is_template = at[0] == '{' && (at[1] == '{' || at[1] == '%');
        const char *close = is_template ? strchr(at, '}') : NULL;
        size_t bytes = strcspn(at, "{");
        has_template = has_template || is_template;
        if (bytes == 0) {
            at = close != NULL ? close + strspn(close, "}") : at + 1;
            continue;
        }
        g_autofree char *said = g_strndup(at, bytes);
        if ((has_template || at[bytes] != '\0') &&
            sql_same_table(work->sql->dialect, said, part->quote, name))
            return true;
        at += bytes;
    }
    return false;
}

/* Would it be this name if the right thing were put in? */
static bool
may_become(const Work *work, const SqlPath *path, const Spelling *spelling)
{
    guint length = g_strv_length(spelling->source);
    bool has_hole = false;
    for (guint i = 1; i <= path->count; i++) {
        const SqlPart *part = &path->parts[path->count - i];
        bool is_hole = i == 1
                           ? may_be_whole(work, part, spelling->last)
                           : is_put_in(part) &&
                                 (i > length || may_be(work, part, spelling->source[length - i]));
        bool agrees = i <= length && sql_same_table(work->sql->dialect, part->text, part->quote,
                                                    spelling->source[length - i]);
        if (!is_hole && !agrees)
            return false;
        has_hole = has_hole || is_hole;
    }
    return has_hole;
}

bool
sql_put_in_refuses(Work *work, const SqlPath *path)
{
    for (guint i = 0; !is_stage(work, path) && i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            if (!may_become(work, path, g_ptr_array_index(rename->spellings, s)))
                continue;
            refuse(work, path->parts[0].begin, path->parts[path->count - 1].end);
            return true;
        }
    }
    return false;
}

const Rename *
sql_put_behind(Work *work, SqlSource *source, const Spelling **ret_spelling)
{
    const Rename *rename = NULL;
    const Spelling *spelling =
        source->kind == SOURCE_TEMPLATE ? written_spelling(work, source, &rename) : NULL;
    size_t begin = work_token(work, source->first)->begin,
           end = work_token(work, source->last)->end;
    bool is_known =
        spelling != NULL && (spelling->is_glued || strpbrk(spelling->last, hole_begins) == NULL ||
                             g_strv_equal((const char *const *) spelling->source,
                                          (const char *const *) spelling->target));
    if (!is_known || strlen(spelling->whole) != end - begin)
        return NULL; /* what is put in stays as it is, blanks and all */
    source->path = path_of_text(work, source->first, begin, end);
    *ret_spelling = spelling;
    return rename;
}

void
sql_put_whole(Work *work, const SqlSource *source)
{
    const Rename *rename = NULL;
    size_t begin = work_token(work, source->first)->begin,
           end = work_token(work, source->last)->end;
    const SqlPath path = path_of_text(work, source->first, begin, end);
    if (written_spelling(work, source, &rename) != NULL)
        site_refuse(work, SITE_TABLE, begin, end, "hole-in-name", NULL,
                    "the table's own name is put in at run time: change it where it is said");
    else if (path.count > 1) /* raw_{{ x }}.users */
        sql_put_in_refuses(work, &path);
}

void
sql_put_within(Work *work, const SqlSource *source)
{
    const SqlPath *said = &source->path;
    const Token *token = work_token(work, source->first);
    if (token->kind != TOKEN_QUOTED || said->parts[said->count - 1].token != source->first ||
        memchr(work->text + token->begin, '{', token->end - token->begin) == NULL)
        return;
    const SqlPath path = path_of_text(work, source->first, token->begin + 1, token->end - 1);
    sql_put_in_refuses(work, &path);
}
