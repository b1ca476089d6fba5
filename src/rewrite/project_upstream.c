/*
 * project_upstream.c - which models of a dbt project one is made of, as their ref() say, wherever they stand.
 *
 * What is commented out counts, too: dbt reads ref() in comments of SQL. In comments of templates it does not, and there a
 * model is taken for upstream that is none.
 */
#include "rewrite/project_parts.h"

#include <string.h>

/* The next {{ … }} or {% … %} from `*at` on. */
static bool
next_template(const ProjectFile *file, size_t *at, Token *ret)
{
    const char *text = file->text, *end = text + file->bytes, *open = text + *at;
    while ((open = memchr(open, '{', (size_t) (end - open))) != NULL) {
        const char *closing = open + 1 < end && open[1] == '{'   ? "}}"
                              : open + 1 < end && open[1] == '%' ? "%}"
                                                                 : NULL;
        const char *close =
            closing != NULL ? memmem(open, (size_t) (end - open), closing, 2) : NULL;
        if (close != NULL) {
            *at = (size_t) (close - text) + 2;
            *ret = (Token){
                .kind = TOKEN_TEMPLATE, .begin = (uint32_t) (open - text), .end = (uint32_t) *at};
            return true;
        }
        open++;
    }
    return false;
}

static void
take_calls(const ProjectModel *model, const Token *template, GPtrArray *ret)
{
    const DbtHome home = dbt_home(model->entry->place.root);
    g_autoptr(GPtrArray) calls = dbt_calls(model->entry->file->text, template);
    for (guint i = 0; i < calls->len; i++) {
        ProjectModel *read = project_model_find(model->all, &home, g_ptr_array_index(calls, i));
        if (read != NULL)
            g_ptr_array_add(ret, read);
    }
}

/* Itself, and all that it reads. */
static GHashTable *
upstream_of(ProjectModel *model)
{
    GHashTable *found = g_hash_table_new(NULL, NULL);
    g_autoptr(GPtrArray) open = g_ptr_array_new();
    g_ptr_array_add(open, model);
    while (open->len > 0) {
        ProjectModel *one = g_ptr_array_steal_index_fast(open, open->len - 1);
        Token template;
        size_t at = 0;
        if (g_hash_table_add(found, one))
            while (next_template(one->entry->file, &at, &template))
                take_calls(one, &template, open);
    }
    return found;
}

static bool
is_made_of(ProjectModel *model, const ProjectModel *other)
{
    g_rec_mutex_lock(&model->all->lock);
    if (model->upstream == NULL)
        model->upstream = upstream_of(model);
    bool is_there = g_hash_table_contains(model->upstream, other);
    g_rec_mutex_unlock(&model->all->lock);
    return is_there;
}

bool
project_makes(const RewriteOptions *options, const DbtName *model)
{
    DbtCall own = {.is_understood = true,
                   .count = 1,
                   .names = {(char *) options->model},
                   .version = (char *) options->version},
            called = {.is_understood = true, .version = model->version};
    if (model->package != NULL)
        called.names[called.count++] = model->package;
    called.names[called.count++] = model->name;
    if (options->models == NULL)
        return strcmp(options->model, model->name) == 0;
    const ProjectModel *file = project_model_find(options->models, &options->home, &own);
    ProjectModel *target = project_model_find(options->models, &options->home, &called);
    return file != NULL && target != NULL && is_made_of(target, file);
}
