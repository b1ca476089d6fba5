/*
 * models.c - which models of a dbt project are the dataset, although the mapping says no `dbt:`.
 *
 * The manifest tells where dbt put each model. It may be that of another target: so it proves that a model is the dataset, and
 * never that it is not.
 */
#include "rewrite/dbt/manifest.h"
#include "rewrite/dbt/sources.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"

#include <string.h>

typedef struct {
    const Renames *renames;
    const Dialect *dialect;
    GArray *models; /* DbtModel */
} Search;

static void
take_model(const DbtModel *model, void *data)
{
    g_array_append_val(((Search *) data)->models, *model);
}

static guint
count_of(char *const *parts)
{
    return g_strv_length((char **) parts);
}

/* ---- is it the dataset? ---- */

/* Its path, in an array of SPELLING_PARTS_MAX parts. */
static SqlPath
path_of(const DbtModel *model, SqlPart *parts)
{
    SqlPath path = {.parts = parts, .count = MIN(count_of(model->parts), SPELLING_PARTS_MAX)};
    for (guint i = 0; i < path.count; i++)
        parts[i] = (SqlPart){.text = model->parts[i]};
    return path;
}

/* The mapping names it with fewer parts, and these agree. */
static const Rename *
find_perhaps(const Search *search, const SqlPath *path, const Spelling **ret)
{
    for (guint i = 0; i < search->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(search->renames->list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            *ret = g_ptr_array_index(rename->spellings, s);
            guint count = count_of((*ret)->source);
            if (count > 1 && count < path->count &&
                spelling_ends_alike(search->dialect, path, *ret, count))
                return rename;
        }
    }
    return NULL;
}

/* The model whose table is the target, beside that of the source. */
static const DbtModel *
find_target(const Search *search, const DbtModel *source, const Spelling *spelling)
{
    guint want = count_of(spelling->target), have = count_of(source->parts);
    for (guint m = 0; m < search->models->len; m++) {
        const DbtModel *model = &g_array_index(search->models, DbtModel, m);
        bool is_same = count_of(model->parts) == have && want <= have;
        for (guint i = 0; is_same && i < have; i++)
            is_same = sql_same_table(search->dialect, model->parts[i], '\0',
                                     i < have - want ? source->parts[i]
                                                     : spelling->target[i - (have - want)]);
        if (is_same)
            return model;
    }
    return NULL;
}

static bool
is_doubled(const Search *search, const DbtModel *model)
{
    guint count = 0;
    for (guint i = 0; i < search->models->len; i++)
        count += strcmp(g_array_index(search->models, DbtModel, i).name, model->name) == 0;
    return count > 1;
}

/* ---- what becomes of it ---- */

static DbtDoubt *
doubt_of(const Search *search, const DbtModel *model, const DbtModel *target,
         const Spelling *spelling, bool is_certain)
{
    g_autofree char *relation = g_strjoinv(".", (char **) model->parts),
                    *moved = g_strjoinv(".", spelling->target);
    DbtDoubt *doubt = g_new0(DbtDoubt, 1);
    if (!is_certain)
        *doubt = (DbtDoubt){
            "source-unknown",
            g_strdup_printf("this model's table is '%s', which the mapping names with fewer parts: "
                            "say --default, or `dbt:` in the mapping",
                            relation)};
    else if (is_doubled(search, model))
        *doubt = (DbtDoubt){"version", g_strdup_printf("this may be '%s': there are two models of "
                                                       "that name, or versions of it",
                                                       relation)};
    else if (target == NULL)
        *doubt = (DbtDoubt){"source-moves",
                            g_strdup_printf("this model's table is '%s', and none has '%s': say "
                                            "`dbt:` in the mapping",
                                            relation, moved)};
    else
        g_clear_pointer(&doubt, g_free);
    return doubt;
}

static DbtRename *
rename_of(const DbtModel *model, const DbtModel *target, DbtDoubt *doubt)
{
    const DbtModel *to = doubt == NULL ? target : model;
    DbtRename *dbt = g_new0(DbtRename, 1);
    dbt->from =
        (DbtName){g_strdup(model->package), g_strdup(model->name), g_strdup(model->version)};
    dbt->to = (DbtName){g_strdup(to->package), g_strdup(to->name), g_strdup(to->version)};
    dbt->doubt = doubt;
    dbt->source[0] = dbt->from.name;
    dbt->target[0] = dbt->to.name;
    dbt->spelling = (Spelling){dbt->source, dbt->target, NULL, NULL};
    return dbt;
}

static void
judge_model(GPtrArray *ret, const Search *search, const DbtModel *model)
{
    SqlPart parts[SPELLING_PARTS_MAX];
    SqlPath path = path_of(model, parts);
    const Spelling *spelling = NULL;
    bool is_other = false;
    const Rename *rename =
        renames_find(search->renames, search->dialect, &path, &spelling, &is_other);
    bool is_certain = rename != NULL;
    if (rename == NULL)
        rename = find_perhaps(search, &path, &spelling);
    if (rename == NULL || rename->dbt != NULL) /* the mapping says itself what it is */
        return;
    const DbtModel *target = find_target(search, model, spelling);
    DbtDoubt *doubt = doubt_of(search, model, target, spelling, is_certain);
    g_ptr_array_add(ret, rename_like(rename, rename_of(model, target, doubt)));
}

void
dbt_models_read(GPtrArray *ret, const Renames *renames, const Dialect *dialect,
                const DbtManifests *manifests, const DbtHome *home)
{
    g_autoptr(GArray) models = g_array_new(FALSE, FALSE, sizeof(DbtModel));
    const Search search = {renames, dialect != NULL ? dialect : dialect_by_name("ansi"), models};
    dbt_manifests_models(manifests, home, take_model, (void *) &search);
    for (guint i = 0; i < models->len; i++)
        judge_model(ret, &search, &g_array_index(models, DbtModel, i));
}
