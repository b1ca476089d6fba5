/* spelling.c - how names are written: the writer's quotes, the writer's number of parts. */
#include "rewrite/work.h"

#include <string.h>

/* ---- parts ---- */

char **
spelling_parts(const char *name)
{
    GPtrArray *parts = g_ptr_array_new();
    const char *begin = name;
    int depth = 0;
    for (const char *at = name;; at++) {
        depth += *at == '{' ? 1 : *at == '}' ? -1 : 0;
        bool ends = *at == '.' && depth <= 0 && parts->len + 1 < SPELLING_PARTS_MAX;
        if (*at != '\0' && !ends)
            continue;
        g_ptr_array_add(parts, g_strndup(begin, (gsize) (at - begin)));
        begin = at + 1;
        if (*at == '\0')
            break;
    }
    g_ptr_array_add(parts, NULL);
    return (char **) g_ptr_array_free(parts, FALSE);
}

const char *
spelling_last(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL ? dot + 1 : name;
}

/* @schema.users, {{ schema }}.users: what is put in stands for the source's part, and stays while that does. */
static char *
with_holes(const char *alias, const char *source, const char *target)
{
    g_auto(GStrv) holes = spelling_parts(alias), from = spelling_parts(source),
                  to = spelling_parts(target);
    guint count = g_strv_length(holes);
    if (strpbrk(alias, "@{$%") == NULL || count != g_strv_length(from) ||
        count != g_strv_length(to))
        return NULL;
    for (guint i = 0; i + 1 < count; i++) {
        bool is_hole = strpbrk(holes[i], "@{$%") != NULL;
        if (is_hole && strcmp(from[i], to[i]) != 0)
            return NULL;
        if (!is_hole)
            continue;
        g_free(to[i]);
        to[i] = g_strdup(holes[i]);
    }
    return g_strjoinv(".", to);
}

/* An alias may spell the entity `users-v1` as SQL has to, users_v1: then the target is spelled so, too. */
char *
spelling_of_alias(const char *alias, const char *source, const char *target)
{
    char *holes = with_holes(alias, source, target);
    if (holes != NULL || strcmp(spelling_last(alias), spelling_last(source)) == 0)
        return holes != NULL ? holes : g_strdup(target);
    g_autofree char *underscored = g_strdelimit(g_strdup(spelling_last(source)), "-", '_');
    if (strcmp(spelling_last(alias), underscored) == 0)
        return g_strdelimit(g_strdup(target), "-", '_');
    return g_strdup(target);
}

/* ---- quotes ---- */

static bool
is_reserved(const Dialect *dialect, const char *name)
{
    char word[32] = " "; /* longer than any that is reserved */
    size_t bytes = strlen(name);
    if (word_is_reserved(word_find(name, bytes)))
        return true;
    if (dialect->reserved == NULL || bytes + 3 > sizeof(word))
        return false;
    for (size_t i = 0; i < bytes; i++)
        word[i + 1] = g_ascii_tolower(name[i]);
    memcpy(word + bytes + 1, " ", 2);
    return strstr(dialect->reserved, word) != NULL;
}

static bool
is_plain(const Dialect *dialect, const char *name)
{
    if (!(g_ascii_isalpha(name[0]) || name[0] == '_') || is_reserved(dialect, name))
        return false;
    for (const char *c = name; *c != '\0'; c++) {
        bool folds = dialect->quotes_keep_case &&
                     ((dialect->column_case == CASE_LOWER && g_ascii_isupper(*c)));
        if (!(g_ascii_isalnum(*c) || *c == '_') || folds)
            return false;
    }
    return true;
}

static char *
quoted(const char *name, char quote)
{
    char close = quote == '[' ? ']' : quote;
    GString *text = g_string_new(NULL);
    g_string_append_c(text, quote);
    for (const char *c = name; *c != '\0'; c++) {
        if (*c == close)
            g_string_append_c(text, close);
        g_string_append_c(text, *c);
    }
    g_string_append_c(text, close);
    return g_string_free(text, FALSE);
}

char *
spell_like(const Dialect *dialect, const SqlPart *old, const char *name)
{
    if (old->quote == '\0')
        return is_plain(dialect, name) ? g_strdup(name) : quoted(name, dialect->name_quotes[0]);
    bool is_upper = dialect->column_case == CASE_UPPER && dialect->quotes_keep_case;
    g_autofree char *folded = is_upper ? g_ascii_strup(old->text, -1) : NULL;
    if (is_upper && strcmp(old->text, folded) == 0) {
        g_autofree char *upper = g_ascii_strup(name, -1);
        return quoted(upper, old->quote);
    }
    return quoted(name, old->quote);
}

/* The parts to write where `count` parts stand: as many, while what is left out agrees. */
static char *const *
parts_for(const Spelling *spelling, guint count, guint *ret_kept)
{
    guint from = g_strv_length(spelling->source), to = g_strv_length(spelling->target);
    *ret_kept = 0;
    if (count > to) { /* a bare target: what is before it stays */
        *ret_kept = count - to;
        return spelling->target;
    }
    guint left_out = to - count;
    bool agrees = from == to;
    for (guint i = 0; agrees && i < left_out; i++)
        agrees = strcmp(spelling->source[i], spelling->target[i]) == 0;
    return agrees ? spelling->target + left_out : spelling->target;
}

char *
spell_name(const Spelling *spelling, guint count, guint *ret_kept)
{
    return g_strjoinv(".", (char **) parts_for(spelling, count, ret_kept));
}

/* In one pair of quotes the parts have none of their own. */
static char *
spell_part(const Dialect *dialect, const SqlPath *path, const SqlPart *old, const char *name)
{
    bool is_inside = path->is_in_one_quote && path->count > 1;
    bool stays = old->quote == '\0' && strcmp(old->text, name) == 0; /* also {{ schema }} */
    bool has_dashes = dialect->has_dashed_paths && old->quote == '\0' && strchr(name, '-') != NULL;
    return is_inside || has_dashes || stays ? g_strdup(name) : spell_like(dialect, old, name);
}

/* A part that is the same in source and target stays as it is written, in capitals or not: `count` are written. */
static bool
part_stays(const SqlPath *path, const Spelling *spelling, guint count, guint index)
{
    guint from = g_strv_length(spelling->source), to = g_strv_length(spelling->target);
    if (from != to || count != path->count || count > to)
        return false;
    guint at = to - count + index;
    return strcmp(spelling->source[at], spelling->target[at]) == 0;
}

void
spell_path(Work *work, const SqlPath *path, const Spelling *spelling)
{
    const Dialect *dialect = work->sql->dialect;
    guint kept = 0;
    char *const *parts = parts_for(spelling, path->count, &kept);
    guint count = g_strv_length((char **) parts);
    const SqlPart *first = &path->parts[kept], *last = &path->parts[path->count - 1];
    g_autoptr(GString) whole = g_string_new(NULL);
    for (guint i = 0; i < count; i++) {
        const SqlPart *old = &path->parts[MIN(kept + i, path->count - 1)];
        g_autofree char *part = part_stays(path, spelling, count, i)
                                    ? g_strndup(work->text + old->begin, old->end - old->begin)
                                    : spell_part(dialect, path, old, parts[i]);
        if (i > 0)
            g_string_append_c(whole, '.');
        g_string_append(whole, part);
    }
    site_edit(work, SITE_TABLE, first->begin, last->end, whole->str);
}

const char *
word_as(const Work *work, const SqlBlock *block)
{
    const Token *first = &g_array_index(work->sql->tokens, Token, block->first);
    return g_ascii_islower(work->text[first->begin]) ? "as" : "AS";
}

bool
can_qualify(const SqlSource *source)
{
    const char *name = source->alias != NULL    ? source->alias->text
                       : source->path.count > 0 ? source->path.parts[source->path.count - 1].text
                                                : "{";
    if (source->is_template && source->alias == NULL) /* the table may be called otherwise */
        return false;
    if (source->kind == SOURCE_ARRAY && source->columns == NULL) /* the alias may be the value */
        return false;
    return strpbrk(name, "{}") == NULL && strchr("$@:%?", name[0]) == NULL;
}

char *
spell_qualifier(const Dialect *dialect, const SqlSource *source, const Spelling *spelling)
{
    if (source->alias != NULL) {
        return source->alias->quote != '\0' ? quoted(source->alias->text, source->alias->quote)
                                            : g_strdup(source->alias->text);
    }
    const SqlPart *last = &source->path.parts[source->path.count - 1];
    if (spelling == NULL)
        return last->quote != '\0' ? quoted(last->text, last->quote) : g_strdup(last->text);
    SqlPart old = *last;
    if (source->path.is_in_one_quote && source->path.count > 1)
        old.quote = '\0';
    return spell_like(dialect, &old, spelling->target[g_strv_length(spelling->target) - 1]);
}
