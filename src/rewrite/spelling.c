/* spelling.c - how names are written: the writer's quotes, the writer's number of parts. */
#include "base/text.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

/* ---- parts ---- */

/* What begins a part of a name that is put in at run time: {{ x }}, {x}, ${x}, @x, %(x)s, <x>, &x. So does :x, if it begins the name. */
static const char hole_signs[] = "@{$%<~&#";

static bool
begins_put_in(const char *part)
{
    return part[0] == ':' || (part[0] != '\0' && strchr(hole_signs, part[0]) != NULL);
}

static bool
is_put_in_name(const char *part)
{
    return begins_put_in(part) || strpbrk(part, hole_signs) != NULL;
}

/* The first dot of &schema..users ends what SQL*Plus puts in. */
static bool
parts_names(const char *begin, const char *at)
{
    return *at == '.' && !(*begin == '&' && at[1] == '.');
}

char **
spelling_parts(const char *name)
{
    GPtrArray *parts = g_ptr_array_new();
    const char *begin = name;
    int depth = 0;
    for (const char *at = name;; at++) {
        depth += *at == '{' ? 1 : *at == '}' ? -1 : 0;
        bool ends = parts_names(begin, at) && depth <= 0 && parts->len + 1 < SPELLING_PARTS_MAX;
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

/* @schema.users, {{ schema }}.users, shop.users_{{ id }}: what is put in stands for the source's part, and stays while that does, and
 * what is before it. */
static char *
with_holes(const char *alias, const char *source, const char *target)
{
    g_auto(GStrv) holes = spelling_parts(alias), from = spelling_parts(source),
                  to = spelling_parts(target);
    guint count = g_strv_length(holes), all = g_strv_length(from);
    if (!is_put_in_name(alias) || count > all || all != g_strv_length(to))
        return NULL;
    guint left_out = all - count;
    for (guint i = 0; i < all; i++) {
        bool is_hole = i >= left_out && is_put_in_name(holes[i - left_out]);
        bool is_same = strcmp(from[i], to[i]) == 0;
        if (i + 1 == all && !is_same)
            break;
        if ((is_hole || i < left_out) && !is_same)
            return NULL;
        if (!is_hole)
            continue;
        g_free(to[i]);
        to[i] = g_strdup(holes[i - left_out]);
    }
    return g_strjoinv(".", to + left_out);
}

/* Are the parts before the last one the source's, as far as is known before something is put in? */
static bool
has_same_schema(char *const *parts, char *const *from, guint count)
{
    for (guint i = 0; i + 1 < count; i++)
        if (!is_put_in_name(parts[i]) && strcmp(parts[i], from[i]) != 0)
            return false;
    return true;
}

/* identity.users where the mapping says users: what is before it stays, unless the mapping says that it does not. */
static char *
with_lead(const char *alias, const char *source, const char *target)
{
    g_auto(GStrv) parts = spelling_parts(alias), from = spelling_parts(source),
                  to = spelling_parts(target);
    guint count = g_strv_length(parts), own = g_strv_length(to);
    if (g_strv_length(from) != own || count <= own ||
        !has_same_schema(parts + count - own, from, own)) /* another way to the table */
        return g_strdup(target);
    g_autofree char *behind = g_strjoinv(".", parts + count - own),
                    *filled = with_holes(behind, source, target);
    GString *written = g_string_new(NULL);
    for (guint i = 0; i < count - own; i++)
        g_string_append_printf(written, "%s.", parts[i]);
    return g_string_free(g_string_append(written, filled != NULL ? filled : target), FALSE);
}

const char *
spelling_glue(const char *alias, const char *source)
{
    g_auto(GStrv) parts = spelling_parts(alias);
    const char *last = parts[g_strv_length(parts) - 1], *name = text_last_part(source);
    if (!g_str_has_prefix(last, name))
        return NULL;
    const char *glue = alias + strlen(alias) - strlen(last) + strlen(name);
    return strchr("{$@", glue[glue[0] == '_']) != NULL && glue[0] != '\0' ? glue : NULL;
}

/* An alias may spell the entity `users-v1` as SQL has to, users_v1: then the target is spelled so, too. */
char *
spelling_of_alias(const char *alias, const char *source, const char *target)
{
    const char *glue = spelling_glue(alias, source);
    if (glue != NULL) {
        g_autofree char *before = g_strndup(alias, (gsize) (glue - alias));
        g_autofree char *written = spelling_of_alias(before, source, target);
        return g_strconcat(written, glue, NULL);
    }
    char *holes = with_holes(alias, source, target);
    if (holes != NULL || strcmp(text_last_part(alias), text_last_part(source)) == 0)
        return holes != NULL ? holes : with_lead(alias, source, target);
    g_autofree char *underscored = g_strdelimit(g_strdup(text_last_part(source)), "-", '_');
    char *written = with_lead(alias, source, target);
    return strcmp(text_last_part(alias), underscored) == 0 ? g_strdelimit(written, "-", '_')
                                                           : written;
}

/* ---- quotes ---- */

static bool
is_reserved(const Dialect *dialect, const char *name)
{
    return word_is_reserved(word_find(name, strlen(name))) || dialect_reserves(dialect, name);
}

bool
is_reserved_somewhere(const char *name)
{
    return is_reserved(NULL, name);
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

/* `group`, in quotes only because it is a word: where names without quotes are folded to capitals, small letters of the mapping are
 * not meant as such. */
static char *
spell_bare(const Dialect *dialect, const char *name)
{
    g_autofree char *upper = g_ascii_strup(name, -1), *lower = g_ascii_strdown(name, -1);
    bool is_folded = dialect->column_case == CASE_UPPER && dialect->quotes_keep_case &&
                     is_reserved(dialect, name) && strcmp(name, lower) == 0;
    return is_plain(dialect, name) ? g_strdup(name)
                                   : quoted(is_folded ? upper : name, dialect->name_quotes[0]);
}

char *
spell_like(const Dialect *dialect, const SqlPart *old, const char *name)
{
    if (old->quote == '\0')
        return spell_bare(dialect, name);
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
    if (count >
        to) { /* public.users of users: what is before it stays, unless the mapping takes it away */
        *ret_kept = from > to ? 0 : count - to;
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

guint
spelling_parts_written(const Spelling *spelling, guint count)
{
    guint kept = 0;
    char *const *parts = parts_for(spelling, count, &kept);
    return kept + g_strv_length((char **) parts);
}

/* In one pair of quotes the parts have none of their own. */
static bool
is_inside_quotes(const Work *work, const SqlPart *part)
{
    return part->quote != '\0' && work->text[part->begin] != part->quote;
}

/* @schema, {{ schema }}; users${SUFFIX} where there is one, too, and no quotes hold just this */
static bool
is_put_in(const SqlPart *old, const char *name)
{
    return name[0] == '\0' || begins_put_in(name) || /* db..users */
           (old->quote == '\0' && is_put_in_name(name) && is_put_in_name(old->text));
}

/* 2024_orders behind a dot: where one such name needs no quotes, another does not. */
static bool
both_begin_with_digits(const SqlPart *old, const char *name)
{
    bool is_plain_else = true;
    for (const char *at = name; *at != '\0'; at++)
        is_plain_else = is_plain_else && is_identifier_byte(*at);
    return old->quote == '\0' && g_ascii_isdigit(old->text[0]) && g_ascii_isdigit(name[0]) &&
           is_plain_else;
}

/* `@schema`.`users`: what is put in stands within quotes, too. */
static bool
has_quoted_hole(const Work *work, const SqlPath *path)
{
    for (guint i = 0; i < path->count; i++)
        if (path->parts[i].quote != '\0' && !is_inside_quotes(work, &path->parts[i]) &&
            begins_put_in(path->parts[i].text))
            return true;
    return false;
}

/* The source's part that is meant by part `index` of the path, or "". */
static const char *
source_part(const SqlPath *path, const Spelling *spelling, guint index)
{
    guint from = g_strv_length(spelling->source) + index;
    return from >= path->count ? spelling->source[from - path->count] : "";
}

/* What is written for part `index` of the path. */
static char *
spell_part(const Work *work, const SqlPath *path, guint index, const Spelling *spelling,
           const char *after)
{
    const Dialect *dialect = work->sql->dialect;
    const SqlPart *old = &path->parts[index];
    g_autofree char *name =
        name_in_letters(dialect, old, source_part(path, spelling, index), after);
    if (old->quote != '\0' && begins_put_in(name) && has_quoted_hole(work, path))
        return quoted(name, old->quote);
    bool is_inside = is_inside_quotes(work, old);
    bool stays = old->quote == '\0' && strcmp(old->text, name) == 0; /* also {{ schema }} */
    bool has_dashes = dialect->has_dashed_paths && old->quote == '\0' && strchr(name, '-') != NULL;
    bool is_raw = is_inside || is_put_in(old, name) || has_dashes || stays ||
                  both_begin_with_digits(old, name);
    return is_raw ? g_strdup(name) : spell_like(dialect, old, name);
}

/* A part that is the same in source and target stays as it is written, in capitals or not. */
static bool
part_stays(const SqlPath *path, const Spelling *spelling, guint index)
{
    guint from = g_strv_length(spelling->source), to = g_strv_length(spelling->target);
    if (from != to || path->count > to)
        return false;
    guint at = to - path->count + index;
    return strcmp(spelling->source[at], spelling->target[at]) == 0;
}

/* Likewise where there are more parts or fewer: the table itself is called as before. */
static bool
last_stays(const Spelling *spelling)
{
    return strcmp(spelling->last, spelling->target[g_strv_length(spelling->target) - 1]) == 0;
}

/* As many parts as before: each in its own place and quotes. */
static void
spell_parts(Work *work, const SqlPath *path, const Spelling *spelling, char *const *parts,
            guint kept)
{
    const SqlPart *first = &path->parts[kept], *last = &path->parts[path->count - 1];
    g_autoptr(GString) whole = g_string_new(NULL);
    size_t written = first->begin;
    for (guint i = kept; i < path->count; i++) {
        const SqlPart *old = &path->parts[i];
        size_t bytes = old->end - old->begin;
        g_autofree char *part = part_stays(path, spelling, i)
                                    ? g_strndup(work->text + old->begin, bytes)
                                    : spell_part(work, path, i, spelling, parts[i - kept]);
        g_string_append_len(whole, work->text + written, (gssize) (old->begin - written));
        g_string_append(whole, part);
        written = old->end;
        if (strlen(part) != bytes || memcmp(work->text + old->begin, part, bytes) != 0)
            edit_add(work, old->begin, old->end, part);
    }
    Site *site = site_add(work, SITE_TABLE, DISPOSITION_REWRITTEN, first->begin, last->end);
    site->after = keep(work, whole->str);
    if (strcmp(site->before, whole->str) == 0)
        site->disposition = DISPOSITION_ALREADY;
}

/* `a.b`.c: what is written anew can keep no quotes that end within it. */
static bool
has_mixed_quotes(const Work *work, const SqlPath *path)
{
    bool has_inside = false;
    for (guint i = 0; i < path->count; i++)
        has_inside = has_inside || is_inside_quotes(work, &path->parts[i]);
    return has_inside && !path->is_in_one_quote;
}

/* a . b, or with a comment around the dot. */
static bool
has_gaps(const Work *work, const SqlPath *path)
{
    for (guint i = 0; i + 1 < path->count; i++)
        for (size_t at = path->parts[i].end; at < path->parts[i + 1].begin; at++)
            if (g_ascii_isspace(work->text[at]) || work->text[at] == '*')
                return true;
    return false;
}

static void
append_part(GString *whole, const char *part)
{
    if (whole->len > 0)
        g_string_append_c(whole, '.');
    g_string_append(whole, part);
}

/* As one: where parts are more or fewer, in the quotes of the last one. */
static void
spell_anew(Work *work, const SqlPath *path, const Spelling *spelling, char *const *parts,
           guint kept)
{
    const SqlPart *first = &path->parts[kept], *last = &path->parts[path->count - 1];
    size_t begin = first->begin, end = last->end;
    bool is_mixed = has_mixed_quotes(work, path);
    guint parts_written = kept + g_strv_length((char **) parts);
    g_autoptr(GString) whole = g_string_new(NULL);
    for (guint i = 0; is_mixed && i < kept; i++) {
        g_autofree char *part =
            spell_like(work->sql->dialect, &path->parts[i], path->parts[i].text);
        append_part(whole, part);
    }
    for (guint i = 0; parts[i] != NULL; i++) {
        bool is_last = parts[i + 1] == NULL;
        guint index = is_last ? path->count - 1 : MIN(kept + i, path->count - 1);
        const SqlPart *old = &path->parts[index];
        bool stays = !is_mixed && (is_last ? last_stays(spelling)
                                           : parts_written == path->count &&
                                                 part_stays(path, spelling, kept + i));
        g_autofree char *part = stays ? g_strndup(work->text + old->begin, old->end - old->begin)
                                : is_mixed ? spell_like(work->sql->dialect, old, parts[i])
                                           : spell_part(work, path, index, spelling, parts[i]);
        append_part(whole, part);
    }
    if (is_mixed) {
        begin = g_array_index(work->sql->tokens, Token, path->parts[0].token).begin;
        end = g_array_index(work->sql->tokens, Token, last->token).end;
    }
    site_edit(work, SITE_TABLE, begin, end, whole->str);
}

void
spell_path(Work *work, const SqlPath *path, const Spelling *spelling)
{
    guint kept = 0;
    char *const *parts = parts_for(spelling, path->count, &kept);
    bool stands_apart = has_mixed_quotes(work, path) || has_gaps(work, path);
    if (stands_apart && kept + g_strv_length((char **) parts) == path->count)
        spell_parts(work, path, spelling, parts, kept);
    else
        spell_anew(work, path, spelling, parts, kept);
}

bool
spelling_adds_quotes(const Work *work, const SqlPath *path, const Spelling *spelling)
{
    guint kept = 0;
    char *const *parts = parts_for(spelling, path->count, &kept);
    for (guint i = 0; parts[i] != NULL; i++) {
        const SqlPart *old =
            &path->parts[parts[i + 1] == NULL ? path->count - 1 : MIN(kept + i, path->count - 1)];
        if (old->quote == '\0' && !is_put_in(old, parts[i]) &&
            !both_begin_with_digits(old, parts[i]) && strcmp(old->text, parts[i]) != 0 &&
            (is_reserved_somewhere(parts[i]) || !is_plain(work->sql->dialect, parts[i])))
            return true;
    }
    return false;
}

#define AS_LOOKED_AT 64 /* items; people who mix letters do so within a screenful */

/* The AS of the first item that has one; else the statement's verb. */
static const Token *
word_like_as(const Work *work, const SqlBlock *block)
{
    for (guint i = 0; i < MIN(block->items->len, AS_LOOKED_AT); i++) {
        const SqlItem *item = g_ptr_array_index(block->items, i);
        if (item->alias != NULL && item->alias->token > 0 &&
            work_token(work, item->alias->token - 1)->word == WORD_AS)
            return work_token(work, item->alias->token - 1);
    }
    return work_token(work, block->first);
}

const char *
word_as(const Work *work, const SqlBlock *block)
{
    return g_ascii_islower(work->text[word_like_as(work, block)->begin]) ? "as" : "AS";
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
    g_autofree char *name = name_in_letters(dialect, &old, spelling->last,
                                            spelling->target[g_strv_length(spelling->target) - 1]);
    return spell_like(dialect, &old, name);
}

const char *
source_called_after(const SqlSource *source)
{
    const Spelling *spelling = source_spelling(source);
    const Rename *rename = source_rename(source);
    if (source->alias != NULL)
        return source->alias->text;
    if (spelling != NULL && (rename == NULL || !rename->is_derived))
        return spelling->target[g_strv_length(spelling->target) - 1];
    return source->path.count > 0 ? source->path.parts[source->path.count - 1].text : NULL;
}

const SqlSource *
source_called(const SqlBlock *block, const char *name, size_t bytes)
{
    const SqlSource *source = NULL;
    for (; block != NULL && source == NULL; block = block->parent)
        source = sql_block_source(block, name, bytes);
    return source;
}

const SqlSource *
qualifier_catcher(const SqlBlock *block, const SqlSource *source, const char *name)
{
    for (; block != NULL; block = block->parent) {
        for (guint i = 0; i < block->sources->len; i++) {
            const SqlSource *other = g_ptr_array_index(block->sources, i);
            bool is_one = other->is_twin || /* the target, and FROM */
                          (source->is_twin && source_rename(source) != NULL &&
                           source_rename(other) == source_rename(source));
            const char *called = is_one ? NULL : source_called_after(other);
            if (other != source && called != NULL && text_same_folded(called, name))
                return other;
        }
        if (block == source->block)
            break;
    }
    return NULL;
}
