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

/* Does the file get what it calls so from one that stands in the folder of the class's file, or in one above it: models/index.js? */
static bool
is_brought_from_above(const Work *work, const char *local, const char *within, const char *path)
{
    const GPtrArray *bindings = g_hash_table_lookup(work->imports->locals, local);
    for (guint i = 0; bindings != NULL && i < bindings->len; i++) {
        const Binding *binding = g_ptr_array_index(bindings, i);
        g_autofree char *folder = folder_of(binding->module), *there = path_plain(path);
        size_t bytes = strlen(folder);
        if (!binding->is_own && strcmp(binding->within, within) == 0 &&
            strcmp(binding->module, there) != 0 && strncmp(there, folder, bytes) == 0 &&
            (bytes == 0 || there[bytes] == '/'))
            return true;
    }
    return false;
}

/* db.Crate, models.Crate, sequelize.model("Crate"), const { Crate } = require("../models"). */
static bool
is_of_registry(const Unit *unit, guint index, const char *name, const Export *export)
{
    static const char *const holders[] = {"db", "models", NULL}, *const getters[] = {"model", NULL};
    const Piece *piece = unit_piece(unit, index);
    if (piece->is_import)
        return is_brought_from_above(unit->work, name, name, export->path);
    guint before = unit_previous(unit, index, true);
    guint object = before != G_MAXUINT ? unit_previous(unit, before, true) : G_MAXUINT;
    const Piece *holder = unit_piece(unit, object);
    if (object == G_MAXUINT || holder->kind != PIECE_WORD)
        return false;
    if (piece->kind == PIECE_LITERAL)
        return unit_is_sign(unit, before, '(') && unit_is_among(unit, object, getters);
    if (!unit_is_sign(unit, before, '.'))
        return false;
    g_autofree char *local =
        g_strndup(unit->text->bytes + holder->begin, holder->end - holder->begin);
    return unit_is_among(unit, object, holders) ||
           is_brought_from_above(unit->work, local, "", export->path);
}

static void
visit(Unit *unit, guint index, const char *name, const GPtrArray *list)
{
    Work *work = unit->work;
    const Piece *piece = unit_piece(unit, index);
    for (guint i = 0; i < list->len; i++) {
        const Export *export = g_ptr_array_index(list, i);
        if (strcmp(export->path, work->path) == 0)
            continue;
        if (!export->says_columns) {
            if (export->is_registered && is_of_registry(unit, index, name, export))
                add_class(work, name, export);
            continue;
        }
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
            visit(unit, i, name, list);
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
