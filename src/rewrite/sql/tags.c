/*
 * tags.c - names that a branch of a template makes longer: `shop.users{% if x %}_old{% endif %}`.
 *
 * Where the branch is taken, two words touch that are one name: nobody has renamed that one.
 */
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

static const Token *
raw_at(const Work *work, guint index)
{
    return tokens_at(work->sql->list, index);
}

/* {%- … and … -%} take the blanks away that stand there. */
static bool
trims_before(const Work *work, const Token *tag)
{
    return tag->kind == TOKEN_TAG && work->text[tag->begin + 2] == '-';
}

static bool
trims_behind(const Work *work, const Token *tag)
{
    return tag->kind == TOKEN_TAG && work->text[tag->end - 3] == '-';
}

/* How deep in choices and loops, seen from where the walk began; `lowest` so far. */
typedef struct {
    int depth, lowest;
    bool is_left; /* another branch of what the walk began in */
} Walk;

static bool
begins_with(const Work *work, const Token *tag, const char *word)
{
    size_t at = tag->begin + 2;
    while (at < tag->end && (g_ascii_isspace(work->text[at]) || work->text[at] == '-'))
        at++;
    return g_str_has_prefix(work->text + at, word);
}

static void
pass_tag(const Work *work, Walk *walk, const Token *tag)
{
    if (begins_with(work, tag, "if") || begins_with(work, tag, "for"))
        walk->depth++;
    else if (begins_with(work, tag, "end"))
        walk->depth--;
    else if (begins_with(work, tag, "el") && walk->depth == walk->lowest)
        walk->is_left = true;
    if (walk->depth >= walk->lowest)
        return;
    walk->lowest = walk->depth;
    walk->is_left = false;
}

/* The token at `index` and the next one that is read stand on both sides of tags, and no blank is left between them. */
static bool
is_glued(const Work *work, guint index, size_t next)
{
    Walk walk = {0};
    guint first = index + 1, last = tokens_before(work->sql->list, next) - 1;
    bool is_trimmed =
        raw_at(work, first)->kind == TOKEN_SPACE && trims_before(work, raw_at(work, first + 1));
    first += is_trimmed;
    is_trimmed =
        raw_at(work, last)->kind == TOKEN_SPACE && trims_behind(work, raw_at(work, last - 1));
    last -= is_trimmed;
    if (raw_at(work, first)->kind != TOKEN_TAG || raw_at(work, last)->kind != TOKEN_TAG)
        return false;
    for (guint i = first; i <= last; i++) {
        const Token *token = raw_at(work, i);
        if (token->kind == TOKEN_TAG)
            pass_tag(work, &walk, token);
        else if (walk.depth == walk.lowest && !walk.is_left && token->kind == TOKEN_SPACE &&
                 !trims_behind(work, raw_at(work, i - 1)) &&
                 !trims_before(work, raw_at(work, i + 1)))
            return false;
    }
    return true;
}

static bool
is_of_name(const Token *token)
{
    return token->kind == TOKEN_WORD || token->kind == TOKEN_NUMBER;
}

/* The parts of names that others are made of, in the order of the text; NULL: none. */
static GArray *
glued_parts(const Work *work)
{
    GArray *parts = NULL;
    for (guint i = 0; i + 1 < work->sql->tokens->len; i++) {
        const Token *token = work_token(work, i), *next = work_token(work, i + 1);
        guint index = is_of_name(token) && is_of_name(next) && token->end < next->begin
                          ? tokens_before(work->sql->list, token->begin)
                          : G_MAXUINT;
        if (index == G_MAXUINT || !is_glued(work, index, next->begin))
            continue;
        if (parts == NULL)
            parts = g_array_new(FALSE, FALSE, sizeof(Token));
        g_array_append_val(parts, *token);
        g_array_append_val(parts, *next);
    }
    return parts;
}

/* The first part that ends behind `begin`, if it begins before `end`; or NULL. */
static const Token *
part_in(const GArray *parts, size_t begin, size_t end)
{
    guint from = 0, behind = parts->len;
    while (from < behind) {
        guint middle = from + (behind - from) / 2;
        if (g_array_index(parts, Token, middle).end <= begin)
            from = middle + 1;
        else
            behind = middle;
    }
    const Token *part = from < parts->len ? &g_array_index(parts, Token, from) : NULL;
    return part != NULL && part->begin < end ? part : NULL;
}

typedef struct {
    SiteKind kind;
    size_t begin, end;
} Refused;

/* What was decided of such a word is not, as it is a part of another one. */
static GArray *
take_sites(Work *work, const GArray *parts)
{
    GArray *refused = g_array_new(FALSE, FALSE, sizeof(Refused));
    for (guint i = work->out->sites->len; i > 0; i--) {
        const Site *site = g_ptr_array_index(work->out->sites, i - 1);
        const Token *part = site->disposition == DISPOSITION_REWRITTEN
                                ? part_in(parts, site->begin, site->end)
                                : NULL;
        if (part == NULL)
            continue;
        Refused one = {site->kind, part->begin, part->end};
        g_array_append_val(refused, one);
        g_ptr_array_remove_index(work->out->sites, i - 1);
    }
    return refused;
}

/* With what is written right behind a word, as its old name is. */
static void
drop_edits(Work *work, const GArray *parts)
{
    for (guint i = work->out->edits->len; i > 0; i--) {
        const Edit *edit = g_ptr_array_index(work->out->edits, i - 1);
        size_t begin = edit->begin > 0 ? edit->begin - 1 : 0;
        if (part_in(parts, begin, edit->end + 1) != NULL)
            g_ptr_array_remove_index(work->out->edits, i - 1);
    }
}

void
sql_glued(Work *work)
{
    g_autoptr(GArray) parts = tokens_have(work->sql->list, TOKEN_TAG) ? glued_parts(work) : NULL;
    if (parts == NULL)
        return;
    g_autoptr(GArray) refused = take_sites(work, parts);
    if (refused->len > 0)
        drop_edits(work, parts);
    for (guint i = refused->len; i > 0; i--) {
        const Refused *one = &g_array_index(refused, Refused, i - 1);
        site_refuse(work, one->kind, one->begin, one->end,
                    one->kind == SITE_TABLE ? "hole-in-name" : "hole", NULL,
                    "a branch of a template makes another name of this one");
    }
}
