/*
 * text.c - one SQL text: its dialect, and what is decided in each of its variants.
 *
 * Where templates choose between branches, every branch is read with what surrounds it. What stands in several variants
 * must be decided alike in all of them; otherwise it depends on the template, and a person decides.
 */
#include "rewrite/code.h"
#include "rewrite/dbt/dbt.h"
#include "rewrite/made.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"
#include "sql/guess.h"

#include <string.h>

static void
refuse_broken(Work *work)
{
    const Sql *sql = work->sql;
    Site *site = site_add(work, SITE_FILE, DISPOSITION_UNPARSABLE, sql->broken_at, sql->broken_at);
    site->code = sql->is_deep       ? "too-deep"
                 : sql->is_wide     ? "too-wide"
                 : sql->is_manifold ? "too-many"
                                    : "unfinished";
    site->reason = sql->is_deep   ? "brackets within brackets, deeper than is looked into"
                   : sql->is_wide ? "more tables in one FROM than are looked at"
                   : sql->is_manifold
                       ? "the variables of its templates stand for more names, all places taken "
                         "together, than are looked at: give them different names, or divide the "
                         "file"
                       : "a string, name, comment or template begins here and does not end";
}

/* What looks at a variant of the text, one after the other: tables before the columns that are theirs, what is left over at the end. */
static void
decide(Work *work)
{
    sql_declared(work);
    sql_variables(work);
    sql_tables(work);
    sql_places(work);
    dbt_own_origins(work);
    sql_flow(work);
    sql_using(work);
    sql_row_variables(work);
    sql_columns(work);
    sql_hints(work);
    dbt_templates(work);
    dbt_variables(work);
    dbt_hooks(work);
    dbt_implied(work);
    dbt_given(work);
    dbt_var_uses(work);
    dbt_own(work);
    sql_makers(work);
    sql_mentions(work);
    dbt_unread(work);
    dbt_joined(work);
    dbt_glued(work);
    sql_glued(work);
    sql_joined(work);
    if (work->has_holes)
        sql_holes(work);
    sql_define(work);
    sql_triggers(work);
    sql_row_fields(work);
    sql_residue(work);
    sql_escaped(work);
    sql_given(work);
    if (work->options->finds_made) {
        sql_made(work);
        dbt_config(work);
    }
}

/* What was found out of this variant alone. */
static void
forget_variant(Work *work)
{
    g_array_unref(work->borders);
    g_clear_pointer(&work->variables, variables_free);
    g_clear_pointer(&work->row_variables, row_variables_free);
    g_clear_pointer(&work->elements, g_ptr_array_unref);
    g_clear_pointer(&work->spoken_of, g_hash_table_unref);
    g_clear_pointer(&work->spoken_tables, g_hash_table_unref);
    g_clear_pointer(&work->bases, g_hash_table_unref);
    g_clear_pointer(&work->forms, g_hash_table_unref);
    g_clear_pointer(&work->converted, g_hash_table_unref);
    g_clear_pointer(&work->made_here, g_hash_table_unref);
    g_clear_pointer(&work->new_here, g_hash_table_unref);
    g_clear_pointer(&work->understood, g_hash_table_unref);
    g_clear_pointer(&work->setters, g_hash_table_unref);
    g_clear_pointer(&work->run, g_hash_table_unref);
    g_clear_pointer(&work->appended, g_hash_table_unref);
    g_clear_pointer(&work->schemas, g_hash_table_unref);
    g_clear_pointer(&work->outputs, g_hash_table_unref);
    g_clear_pointer(&work->keys, g_hash_table_unref);
    g_clear_pointer(&work->labels, g_hash_table_unref);
    g_clear_pointer(&work->changes, g_hash_table_unref);
    g_clear_pointer(&work->names, g_hash_table_unref);
}

static void
rewrite_variant(Work *work)
{
    work->quoting = QUOTING_UNKNOWN;
    sql_borders(work);
    work->variables = variables_new();
    if (work->sql->is_broken)
        refuse_broken(work);
    else
        decide(work);
    forget_variant(work);
}

/* ---- several variants ---- */

typedef struct {
    Sql *sql;
    GPtrArray *sites, *edits, *made;
    GHashTable *known; /* of edits: "begin end text" */
} Variant;

static void
variant_free(void *data)
{
    Variant *variant = data;
    sql_free(variant->sql);
    g_ptr_array_unref(variant->sites);
    g_ptr_array_unref(variant->edits);
    g_ptr_array_unref(variant->made);
    g_hash_table_unref(variant->known);
    g_free(variant);
}

static char *
edit_key(const Edit *edit)
{
    return g_strdup_printf("%zu %zu %s", edit->begin, edit->end, edit->text);
}

static bool
gives_rows(const char *text, const Token *token, const void *data)
{
    const Work *work = data;
    uint32_t begin, end;
    return macros_give_rows(work->options->macros, text, token, &begin, &end) ||
           dbt_unites_alike(work, token);
}

static Sql *
read_sql(const Work *work, guint variant)
{
    return sql_new_with(work->text, work->bytes, work->dialect, variant, gives_rows, work);
}

static Variant *
variant_new(Work *work, guint number)
{
    Variant *variant = g_new0(Variant, 1);
    Rewrite *out = work->out;
    *variant = (Variant){
        .sql = read_sql(work, number),
        .sites = g_ptr_array_new(),
        .edits = g_ptr_array_new(),
        .made = g_ptr_array_new_with_free_func(made_free),
        .known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
    };
    Rewrite part = {.sites = variant->sites,
                    .edits = variant->edits,
                    .made = variant->made,
                    .arena = out->arena};
    work->out = &part;
    work->sql = variant->sql;
    rewrite_variant(work);
    work->out = out;
    for (guint i = 0; i < variant->edits->len; i++)
        g_hash_table_add(variant->known, edit_key(g_ptr_array_index(variant->edits, i)));
    return variant;
}

/* Is the edit also that of all variants in which its place is read? */
static bool
is_agreed(const GPtrArray *variants, const Edit *edit)
{
    g_autofree char *key = edit_key(edit);
    size_t place = edit->end > edit->begin ? edit->begin : edit->begin - 1;
    for (guint i = 0; i < variants->len; i++) {
        const Variant *variant = g_ptr_array_index(variants, i);
        if (sql_is_live(variant->sql, place) && !g_hash_table_contains(variant->known, key))
            return false;
    }
    return true;
}

static void
take_edits(Work *work, const GPtrArray *variants, Variant *variant, GHashTable *taken)
{
    for (guint i = 0; i < variant->edits->len; i++) {
        const Edit *edit = g_ptr_array_index(variant->edits, i);
        char *key = edit_key(edit);
        if (!g_hash_table_add(taken, key))
            continue;
        if (is_agreed(variants, edit))
            edit_add(work, edit->begin, edit->end, edit->text);
        else
            site_refuse(work, SITE_FILE, edit->begin, edit->end, "branches", NULL,
                        "'%s' is right here in one branch of a template, and not in another",
                        edit->text);
    }
}

static void
take_sites(Work *work, Variant *variant, GHashTable *taken)
{
    while (variant->sites->len > 0) {
        Site *site = g_ptr_array_steal_index(variant->sites, variant->sites->len - 1);
        char *key = g_strdup_printf("%zu %zu %d %d %s", site->begin, site->end, (int) site->kind,
                                    (int) site->disposition, site->code);
        if (g_hash_table_add(taken, key))
            g_ptr_array_add(work->out->sites, site);
    }
}

static void
read_variants(Work *work, guint count)
{
    g_autoptr(GPtrArray) variants = g_ptr_array_new_with_free_func(variant_free);
    g_autoptr(GHashTable) edits = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
                          sites = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 0; i < count; i++) {
        work->variants_left = count - 1 - i;
        g_ptr_array_add(variants, variant_new(work, i));
    }
    g_clear_pointer(&work->given_names, g_hash_table_unref);
    for (guint i = 0; i < count; i++) {
        take_edits(work, variants, g_ptr_array_index(variants, i), edits);
        take_sites(work, g_ptr_array_index(variants, i), sites);
        made_merge(work->out->made, ((Variant *) g_ptr_array_index(variants, i))->made);
    }
}

static guint
count_refused(const Work *work, const char *code)
{
    guint count = 0;
    for (guint i = 0; i < work->out->sites->len; i++) {
        const Site *site = g_ptr_array_index(work->out->sites, i);
        count += site->disposition == DISPOSITION_NEEDS_PERSON &&
                 (code == NULL || g_strcmp0(site->code, code) == 0);
    }
    return count;
}

static void
forget(Work *work)
{
    g_ptr_array_set_size(work->out->sites, 0);
    g_ptr_array_set_size(work->out->edits, 0);
    g_ptr_array_set_size(work->out->made, 0);
}

/* A table of WITH that branches make in different ways has the same names in all of them if it keeps the old ones: so that is
 * tried where branches do not agree, and taken where nothing else is against it. */
static void
rewrite_variants(Work *work, guint count)
{
    bool is_first = work->out->sites->len + work->out->edits->len + work->out->made->len == 0;
    read_variants(work, count);
    guint refused = count_refused(work, NULL), torn = count_refused(work, "branches");
    if (!is_first || torn == 0)
        return;
    forget(work);
    work->keeps_commons = true;
    read_variants(work, count);
    work->keeps_commons = false;
    if (count_refused(work, NULL) <= refused - torn)
        return;
    forget(work);
    read_variants(work, count);
}

/* Of nobody's word: sets `doubts_quotes`, too. */
static const Dialect *
guess(Work *work)
{
    bool is_known = work->options->tells_none && work->depth == 0; /* what is in it may tell */
    const Dialect *found = code_dialect(work->path, work->text, is_known ? 0 : work->bytes,
                                        work->options->usual, &work->doubts_quotes);
    return renames_guessed(work->renames, found);
}

guint
work_token_from(const Work *work, size_t byte)
{
    guint low = 0, high = work->sql->tokens->len - 1;
    while (low < high) {
        guint middle = low + (high - low) / 2;
        if (work_token(work, middle)->begin < byte)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool
work_is_text(const Work *work, guint index, const char *text)
{
    const Token *token = work_token(work, index);
    size_t bytes = strlen(text);
    return token->end - token->begin == bytes &&
           g_ascii_strncasecmp(work->text + token->begin, text, bytes) == 0;
}

bool
work_is_among(const Work *work, guint index, const char *const *words)
{
    for (; *words != NULL; words++)
        if (work_is_text(work, index, *words))
            return true;
    return false;
}

void
sql_text(Work *work)
{
    const Dialect *said = work->options->dialect;
    work->doubts_quotes = work->options->doubts_quotes;
    work->dialect = said != NULL ? said : guess(work);
    g_autoptr(GHashTable) declared = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    bool is_outermost = work->declared == NULL;
    work->out->language = "sql";
    work->declared = is_outermost ? declared : work->declared;
    work->out->dialect = work->dialect->name;
    work->sql = read_sql(work, 0);
    const Renames *renames = work->renames;
    Renames *own = sql_use(work);
    work->renames = own != NULL ? own : renames;
    guint variants = work->sql->variants;
    if (variants == 1)
        rewrite_variant(work);
    sql_free(work->sql);
    if (variants > 1)
        rewrite_variants(work, variants);
    g_clear_pointer(&work->given_names, g_hash_table_unref);
    g_clear_pointer(&work->used, g_ptr_array_unref);
    work->renames = renames;
    renames_free(own);
    work->declared = is_outermost ? NULL : work->declared;
}
