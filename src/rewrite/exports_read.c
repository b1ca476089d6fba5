/*
 * exports_read.c - what a program gives others: which names lead to a string that is the dataset's name.
 */
#include "rewrite/imports/imports.h"

#include <string.h>

/* NAME = "…", name: "…" */
static bool
is_own_key(const Unit *unit, const Use *use)
{
    guint before = unit_previous(unit, use->first, true);
    if (unit->language->joins_touching)
        return use->is_assigned;
    return use->key.end > 0 && !use->in_list && before != G_MAXUINT &&
           unit_piece(unit, before)->kind == PIECE_SIGN &&
           strchr("=:-", unit->text->bytes[unit_piece(unit, before)->begin]) != NULL;
}

/* orders = Table("orders", metadata, …) of SQLAlchemy: who gets the object never sees the table's name. */
static bool
is_table_object(const Unit *unit, const Use *use)
{
    static const char *const modules[] = {"db", "sa", NULL}; /* of Flask, and by habit */
    return unit_is_language(unit, "python") && use->argument == 0 && use->key.end == 0 &&
           span_is(unit->text, use->callee, "Table") &&
           (program_has_word(unit->work, "sqlalchemy") ||
            span_is_among(unit->text, use->receiver, modules));
}

void
exports_note(Unit *unit, const Use *use, const Rename *rename, const char *text, const char *after)
{
    g_autofree char *prefix = NULL, *module = exports_module(unit, &prefix);
    if (module == NULL || unit->language->gives_classes)
        return;
    if (rename != NULL && !rename_changes_columns(rename) && is_table_object(unit, use))
        return;
    Around around = {.unit = unit};
    Span own = is_own_key(unit, use) ? use->key : (Span){0};
    if (own.end == 0 && !unit->language->joins_touching)
        around_statement(&around, use->first);
    around_brackets(&around, use->first);
    if (around_has_margins(unit->language))
        around_margins(&around, use->first);
    g_autofree char *within = around_join(&around, around.is_variable ? "var" : prefix,
                                          around.is_variable ? (Span){0} : own);
    if (around.is_hidden || strcmp(within, prefix) == 0)
        return;
    Span place = text_span(unit->text, use->whole.begin, use->whole.end);
    Export *export = g_new0(Export, 1);
    *export = (Export){.path = g_strdup(unit->work->path),
                       .module = g_steal_pointer(&module),
                       .within = g_steal_pointer(&within),
                       .text = g_strdup(text),
                       .after = g_strdup(after),
                       .rename = rename,
                       .begin = place.begin,
                       .end = place.end,
                       .doubt = around.doubt};
    g_ptr_array_add(unit->work->exported, export);
}

void
exports_note_again(Unit *unit, const Use *use, const Constant *other)
{
    GPtrArray *exported = unit->work->exported;
    guint before = exported->len;
    exports_note(unit, use, other->rename, other->text, other->after);
    for (guint i = before; i < exported->len && other->export != NULL; i++) {
        Export *export = g_ptr_array_index(exported, i);
        g_free(export->path);
        export->path = g_strdup(other->export->path);
        export->begin = other->export->begin;
        export->end = other->export->end;
    }
}

void
exports_note_made(Unit *unit, const Use *use, const Constant *other)
{
    GPtrArray *exported = unit->work->exported;
    guint before = exported->len;
    exports_note_again(unit, use, other);
    for (guint i = before; i < exported->len; i++)
        ((Export *) g_ptr_array_index(exported, i))->doubt =
            "what it is set to is made of more than the name";
}

/* By what its language finds a file's names. */
char *
exports_module(Unit *unit, char **ret_before)
{
    const Work *work = unit->work;
    const Language *language = unit->language;
    if (unit->text->from != NULL || language != language_of(work->path, work->text, work->bytes))
        return NULL; /* a cell, a chunk */
    g_autofree char *plain = path_plain(work->path), *folder = folder_of(plain);
    *ret_before = g_strdup("");
    if (language->imports == imports_classes) {
        g_free(*ret_before);
        *ret_before = g_strdup(imports_package(unit));
        return g_strdup("classes");
    }
    if (language->imports == imports_php) {
        g_free(*ret_before);
        *ret_before = g_strdup(imports_namespace(unit));
        return g_strdup("php");
    }
    if (language->imports == imports_ruby || language->imports == imports_elixir ||
        language->imports == imports_lookml)
        return g_strdup(language->name);
    if (language->imports == imports_go || language->imports == imports_terraform) {
        g_free(*ret_before);
        *ret_before = g_strdup(language->imports == imports_go ? "" : "local");
        return g_strdup_printf("folder %s", folder);
    }
    return g_steal_pointer(&plain);
}

static const char *
last_name(const Export *export)
{
    const char *dot = strrchr(export->within, '.');
    return dot != NULL ? dot + 1 : export->within;
}

/* How many of them have each name, and each whole one; const char * of theirs -> guint. */
static void
count_names(const GPtrArray *exported, GHashTable *names, GHashTable *wholes)
{
    for (guint i = 0; i < exported->len; i++) {
        const Export *export = g_ptr_array_index(exported, i);
        const char *name = last_name(export);
        guint given = GPOINTER_TO_UINT(g_hash_table_lookup(names, name)),
              same = GPOINTER_TO_UINT(g_hash_table_lookup(wholes, export->within));
        g_hash_table_insert(names, (char *) name, GUINT_TO_POINTER(given + 1));
        g_hash_table_insert(wholes, export->within, GUINT_TO_POINTER(same + 1));
    }
}

/* What is set more than once is not known, and neither is what is given under one name twice. */
static void
doubt_doubled(const Work *work)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal),
                          wholes = g_hash_table_new(g_str_hash, g_str_equal);
    count_names(work->exported, names, wholes);
    for (guint i = 0; i < work->exported->len; i++) {
        Export *export = g_ptr_array_index(work->exported, i);
        const char *name = last_name(export);
        const Constant *constant = g_hash_table_lookup(work->constants, name);
        guint given = GPOINTER_TO_UINT(g_hash_table_lookup(names, name)),
              same = GPOINTER_TO_UINT(g_hash_table_lookup(wholes, export->within));
        if (same > 1 || (constant != NULL && constant->set > (int) given))
            export->doubt = "it is set in more than one place there";
    }
}

void
exports_finish(Work *work)
{
    doubt_doubled(work);
    imports_pass_on(work);
}

GPtrArray *
program_exports(const char *path, const char *text, size_t bytes, const Renames *renames,
                const RewriteOptions *options)
{
    const Language *language = language_of(path, text, bytes);
    if (language == NULL)
        return NULL; /* a notebook: nobody imports it */
    GPtrArray *exported = g_ptr_array_new();
    Rewrite *out = rewrite_new(language->name);
    Work work = {.renames = renames,
                 .options = options,
                 .path = path,
                 .text = text,
                 .bytes = bytes,
                 .exported = exported,
                 .out = out};
    program_rewrite(&work, language);
    rewrite_free(out);
    return exported;
}
