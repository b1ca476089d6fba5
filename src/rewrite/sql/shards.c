/*
 * shards.c - tables that are parts of a dataset: events_20240101 of `events_*`, users$20240101, and `users_*`, which may
 * mean `users_v1`.
 *
 * Where the mapping is said of shards (`events_*`), on both sides, the shards of days and other numbers keep what they have
 * behind its stem. All else is a person's.
 */
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

/* ---- a dataset of shards ---- */

static char *
replaced_last(char *const *parts, const char *last, char **ret)
{
    guint length = g_strv_length((char **) parts);
    memcpy(ret, parts, length * sizeof *ret);
    ret[length - 1] = (char *) last;
    ret[length] = NULL;
    return ret[length - 1];
}

/* `spelling` of this shard alone. */
static const Spelling *
spelling_of_shard(Work *work, const Spelling *spelling, const char *name)
{
    Arena *arena = work->sql->arena;
    const char *target = spelling->target[g_strv_length(spelling->target) - 1];
    Spelling *shard = arena_alloc(arena, sizeof *shard);
    *shard = *spelling;
    shard->source =
        arena_alloc(arena, (g_strv_length(spelling->source) + 1) * sizeof *shard->source);
    shard->target =
        arena_alloc(arena, (g_strv_length(spelling->target) + 1) * sizeof *shard->target);
    shard->last = replaced_last(spelling->source, arena_text(arena, name), shard->source);
    replaced_last(spelling->target,
                  arena_printf(arena, "%.*s%s", (int) strlen(target) - 1, target,
                               name + strlen(spelling->stem)),
                  shard->target);
    return shard;
}

static bool
has_shards(const Spelling *spelling)
{
    return g_str_has_suffix(spelling->target[g_strv_length(spelling->target) - 1], "*");
}

/* 20240101, 2024*, 2024_01 */
static bool
is_number(const char *suffix)
{
    return suffix[0] != '\0' && strspn(suffix, "0123456789_*") == strlen(suffix);
}

void
sql_shard_match(Work *work, SqlSource *source)
{
    SqlPath path = source->path;
    SqlPart parts[SPELLING_PARTS_MAX];
    if (path.count == 0 || path.count > SPELLING_PARTS_MAX)
        return;
    memcpy(parts, path.parts, path.count * sizeof *parts);
    path.parts = parts;
    SqlPart *last = &parts[path.count - 1];
    const char *name = last->text;
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s), *found = NULL;
            bool is_other = false;
            if (spelling->stem == NULL || !g_str_has_prefix(name, spelling->stem) ||
                !is_number(name + strlen(spelling->stem)) || !has_shards(spelling))
                continue;
            last->text = (char *) spelling->last;
            if (renames_find(work->renames, work->sql->dialect, &path, &found, &is_other) != rename)
                continue;
            source->rename = rename;
            source->spelling = spelling_of_shard(work, found, name);
            return;
        }
    }
}

bool
sql_shard_refuses(Work *work, const SqlPath *path, const Spelling *spelling)
{
    if (!g_str_has_suffix(spelling->last, "*") || has_shards(spelling))
        return false;
    site_refuse(work, SITE_TABLE, path->parts[0].begin, path->parts[path->count - 1].end, "sharded",
                NULL,
                "these are shards, and the new dataset has none: what is said of their suffixes "
                "has to be said of rows");
    return true;
}

/* ---- parts of which nothing is said ---- */

/* `users_*` is also users_v1. */
static bool
is_wildcard_of(const char *name, const char *last)
{
    size_t bytes = strlen(name);
    return bytes > 1 && name[bytes - 1] == '*' && g_ascii_strncasecmp(name, last, bytes - 1) == 0;
}

/* The names before the last are those of the dataset, as far as both say them. */
static bool
is_beside(const Work *work, const SqlPath *path, const Spelling *spelling)
{
    guint length = g_strv_length(spelling->source);
    for (guint i = 1; i < length && i < path->count; i++) {
        const SqlPart *part = &path->parts[path->count - 1 - i];
        if (!sql_same_table(work->sql->dialect, part->text, part->quote,
                            spelling->source[length - 1 - i]))
            return false;
    }
    return true;
}

/* `acme.web.*`, and `acme.web.vis*` beside `visits_*`: more than the dataset, of which nothing is known. */
static bool
is_wider(const Work *work, const SqlPath *path, const Spelling *spelling)
{
    const char *name = path->parts[path->count - 1].text;
    size_t bytes = strlen(name), length = strlen(spelling->last);
    return work->sql->dialect->has_paths_in_quotes && path->count > 1 && bytes > 0 &&
           spelling->source[1] != NULL && name[bytes - 1] == '*' && bytes <= length &&
           g_ascii_strncasecmp(name, spelling->last, bytes - 1) == 0 &&
           is_beside(work, path, spelling);
}

/* users_v1_2024, users_v1_*, users_v1$20240101; events_intraday_* of `events_*` */
static bool
is_part_of(const char *name, const Spelling *spelling)
{
    size_t length = strlen(spelling->last);
    if (spelling->stem != NULL && strcmp(name, spelling->last) != 0 &&
        g_ascii_strncasecmp(name, spelling->stem, strlen(spelling->stem)) == 0)
        return true;
    if (g_ascii_strncasecmp(name, spelling->last, length) == 0 && name[length] != '\0' &&
        (strcmp(name + length, "_*") == 0 || strchr("$*@", name[length]) != NULL))
        return true;
    return spelling->stem == NULL && is_wildcard_of(name, spelling->last);
}

static bool
is_part(const Work *work, const SqlPath *path)
{
    const char *name = path->parts[path->count - 1].text;
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            if (is_part_of(name, spelling) || is_wider(work, path, spelling))
                return true;
        }
    }
    return false;
}

void
sql_shards(Work *work)
{
    for (guint b = 0; b < work->sql->blocks->len; b++) {
        const SqlBlock *block = g_ptr_array_index(work->sql->blocks, b);
        for (guint i = 0; i < block->sources->len; i++) {
            const SqlSource *source = g_ptr_array_index(block->sources, i);
            if (source->kind == SOURCE_TABLE && source->path.count > 0 &&
                source_spelling(source) == NULL && is_part(work, &source->path))
                site_refuse(work, SITE_TABLE, source->path.parts[0].begin,
                            source->path.parts[source->path.count - 1].end, "sharded", NULL,
                            "this names parts of the dataset, of which the mapping says nothing");
        }
    }
}
