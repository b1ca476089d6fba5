/* generated.c - see generated.h. */
#include "change/generated.h"

#include "base/text.h"
#include "change/generated_tables.h"
#include "change/short_names.h"
#include "driver/made.h"
#include "sql/guess.h"

#include <string.h>

/* Names of the catalog may have dashes, where tables have `_`. */
static char *
short_name(const char *name)
{
    return g_strdelimit(g_strdup(text_last_part(name)), "-", '_');
}

/* ---- the store ---- */

typedef struct {
    const GeneratedSpec *spec;
    char *source, *target;
    QueryNames names;
    MadeStore *store;
    Schema *schema;
    Program *program;
    QueryRows rows;
    QueryWorld world;
} Made;

static void
made_clear(Made *made)
{
    program_free(made->program);
    schema_free(made->schema);
    made_store_free(made->store);
    query_names_clear(&made->names);
    g_free(made->source);
    query_rows_clear(&made->rows);
    g_free(made->target);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Made, made_clear)

static void
take_names(Made *made)
{
    const Mapping *mapping = made->spec->mapping;
    const GPtrArray *aliases = mapping_aliases(mapping);
    made->source = short_name(mapping_source(mapping));
    made->target = short_name(mapping_target(mapping));
    query_names_init(&made->names, made->source, made->target, NULL);
    for (guint i = 0; i < aliases->len; i++) {
        g_autofree char *alias = short_name(aliases->pdata[i]);
        query_names_add_old(&made->names, alias);
    }
}

static bool
make(Made *made, const char *before, GError **error)
{
    const GeneratedSpec *spec = made->spec;
    g_autoptr(GPtrArray) tables = made_tables(spec, made->source, before);
    g_autofree char *script = made_script(tables);
    if (!made_store_new(script, &made->store, error) ||
        !conn_describe(made_store_conn(made->store), made->source, &made->schema, error) ||
        !program_new(spec->mapping, made->schema, NULL, true, &made->program, error) ||
        !query_rows_find(made_store_conn(made->store), made->source, made->program, 0, &made->rows,
                         error))
        return false;
    conn_set_tick(made_store_conn(made->store), spec->tick, spec->tick_data);
    made->world = (QueryWorld){.conn = made_store_conn(made->store),
                               .object = made->source,
                               .names = &made->names,
                               .program = made->program,
                               .rows = &made->rows,
                               .propagates = spec->propagates,
                               .is_stand_in = true,
                               .until_ms = spec->until_ms};
    return true;
}

/* ---- what came of it ---- */

static void
add_weaker(const Made *made, const json_t *found, json_t *proofs)
{
    const json_t *proof;
    size_t i;
    json_array_foreach(found, i, proof)
    {
        g_autoptr(json_t) weaker = json_copy((json_t *) proof);
        const char *verdict = json_get_string(proof, "verdict", "");
        json_set_int(weaker, "generated", made->rows.rows);
        json_set_int(weaker, "refused", 0); /* nobody has these rows */
        if (strcmp(verdict, "same") == 0 && json_get_int(proof, "rows", 0) == 0) {
            json_set_string(weaker, "verdict", "not_run");
            json_set_string(weaker, "text", "it gives nothing over the rows that were made up");
        } else if (strcmp(verdict, "not_run") == 0) {
            g_autofree char *text =
                g_strdup_printf("over rows that were made up, in SQLite: %s",
                                json_get_string(proof, "text", "it cannot be run"));
            json_set_string(weaker, "text", text);
        }
        json_array_append(proofs, weaker);
    }
}

static void
add_not_run(const char *path, const char *why, json_t *proofs)
{
    json_array_append_new(proofs,
                          json_pack("{s:s, s:i, s:s, s:i, s:i, s:s}", "path", path, "line", 1,
                                    "verdict", "not_run", "rows", 0, "generated", 0, "text", why));
}

bool
generated_prove(const GeneratedSpec *spec, const char *path, const char *before, const char *after,
                json_t *proofs, GError **error)
{
    const Dialect *dialect =
        spec->dialect != NULL ? spec->dialect : dialect_guess(before, strlen(before), NULL, NULL);
    g_autofree char *old = with_short_names(before, dialect, NULL, NULL), /* as SQLite has them */
        *new = with_short_names(after, dialect, NULL, NULL);
    g_autoptr(GError) failed = NULL;
    g_autoptr(json_t) found = json_array();
    g_auto(Made) made = {.spec = spec};
    take_names(&made);
    if (!make(&made, old, &failed)) {
        if (error_is(failed, ERR_STOPPED)) {
            g_propagate_error(error, g_steal_pointer(&failed));
            return false;
        }
        add_not_run(path, failed->message, proofs);
        return true;
    }
    if (made.rows.rows == 0) {
        g_autofree char *why = g_strdup_printf(
            "no rows can be made up that the mapping maps: %s",
            made.rows.reason != NULL ? made.rows.reason : "it leaves all of them out");
        add_not_run(path, why, proofs);
        return true;
    }
    if (!queries_prove(&made.world, path, old, new, found, error))
        return false;
    add_weaker(&made, found, proofs);
    return true;
}
