/*
 * registered.c - classes that a program gets by their names alone: db.Crate, sequelize.models.Crate,
 * get_model("shop", "Crate"), schema.crates.
 *
 * No statement brings them, so nothing that is done with them is certain to be theirs. But a class that says its columns is
 * written, and a part of SQL beside its name may have these columns: it is told, and the class waits for it.
 */
#include "rewrite/imports/imports.h"
#include "rewrite/sql/parts.h"

#include <string.h>

/* One of Sequelize is called so in all of the program: what is done with it is followed as if it were imported. */
static void
add_class(Work *work, const char *name, const Export *export)
{
    if (g_hash_table_contains(work->imports->classes, name))
        return;
    ImportedClass *class = g_new0(ImportedClass, 1);
    *class = (ImportedClass){.export = export,
                             .rename = rename_here(work, export->rename),
                             .name = export->within,
                             .is_registered = true};
    g_hash_table_insert(work->imports->classes, g_strdup(name), class);
}

static void
visit(Unit *unit, const Piece *piece, const char *name, const GPtrArray *list)
{
    Work *work = unit->work;
    for (guint i = 0; i < list->len; i++) {
        const Export *export = g_ptr_array_index(list, i);
        if (!export->says_columns || strcmp(export->path, work->path) == 0)
            continue;
        g_hash_table_add(work->imports->called, (void *) export);
        if (export->is_registered && piece->kind == PIECE_WORD)
            add_class(work, name, export);
    }
}

void
imports_visit_registered(Unit *unit)
{
    const Work *work = unit->work;
    GHashTable *classes =
        work->imports != NULL && !unit->language->is_data
            ? exports_classes(work->options->exports, work->path, work->text, work->bytes)
            : NULL;
    for (guint i = 0; classes != NULL && i < unit->pieces->len; i++) {
        const Piece *piece = unit_piece(unit, i);
        Span span = piece->kind == PIECE_LITERAL ? (Span){piece->inner_begin, piece->inner_end}
                                                 : piece_span(piece);
        if ((piece->kind != PIECE_WORD && piece->kind != PIECE_LITERAL) || span.end <= span.begin)
            continue;
        g_autofree char *name =
            g_strndup(unit->text->bytes + span.begin, (size_t) (span.end - span.begin));
        const GPtrArray *list = g_hash_table_lookup(classes, name);
        if (list != NULL)
            visit(unit, piece, name, list);
    }
}

void
imports_note_use(Work *work, const Export *export, Span place, bool is_in_sql)
{
    ImportUse *use = arena_alloc(work->out->arena, sizeof(ImportUse));
    *use = (ImportUse){
        .export = export, .begin = place.begin, .end = place.end, .is_in_sql = is_in_sql};
    g_ptr_array_add(work->out->imports, use);
}

void
imports_tie_change(Work *work, const ColumnChange *change, Span place)
{
    GHashTableIter iter;
    void *key;
    if (work->imports == NULL)
        return;
    g_hash_table_iter_init(&iter, work->imports->called);
    while (g_hash_table_iter_next(&iter, &key, NULL)) {
        const Export *export = key;
        const Rename *rename = rename_here(work, export->rename);
        if (g_ptr_array_find(rename->changes, change, NULL) &&
            g_hash_table_add(work->imports->tied, key))
            imports_note_use(work, export, place, false);
    }
}

void
imports_tie_table(Work *work, const Rename *rename, Span place)
{
    const GPtrArray *list = work->imports != NULL ? exports_list(work->options->exports) : NULL;
    if (list == NULL || !g_hash_table_add(work->imports->tied, (void *) rename))
        return;
    for (guint i = 0; i < list->len; i++) {
        const Export *export = g_ptr_array_index(list, i);
        if (export->says_columns && strcmp(export->path, work->path) != 0 &&
            rename_here(work, export->rename) == rename)
            imports_note_use(work, export, place, true);
    }
}
