/*
 * program_prisma.c - schemas of Prisma: `model Line { … @@map("lines") }`, and what its client calls the model in programs.
 *
 * A model without @@map has the table of its own name. The client is made from the schema: prisma.line.findMany(…).
 */
#include "rewrite/imports.h"

#include <string.h>

#define MODULE "prisma" /* all schemas are one: the client is imported by the name of its package */

/* The name of the model that the piece is in, or that it is; G_MAXUINT: it is in none. */
static guint
model_of(Unit *unit, guint index)
{
    static const char *const heads[] = {"model", "view", NULL};
    guint open = unit_bracket_around(unit, index), next = unit_next(unit, index, true);
    while (open != G_MAXUINT && !unit_is_sign(unit, open, '{'))
        open = unit_bracket_around(unit, open);
    guint name = open != G_MAXUINT ? unit_previous(unit, open, true) : index;
    bool is_named = open != G_MAXUINT || unit_is_sign(unit, next, '{');
    return is_named && name != G_MAXUINT && name > 0 && unit_is_among(unit, name - 1, heads)
               ? name
               : G_MAXUINT;
}

/* The first piece behind `@@map(` of the model; G_MAXUINT: there is none. */
static guint
map_of(Unit *unit, guint model)
{
    guint open = unit_next(unit, model, true), end = unit_bracket_end(unit, open);
    for (guint i = open; i + 1 < end; i++)
        if (unit_is_word(unit, i, "map") && unit_is_sign(unit, i - 1, '@') &&
            unit_is_sign(unit, i - 2, '@') && unit_is_sign(unit, i + 1, '('))
            return unit_is_word(unit, i + 2, "name") ? i + 4 : i + 2; /* name: "…" */
    return G_MAXUINT;
}

bool
prisma_maps_table(const Unit *unit, const Use *use)
{
    const char *bytes = unit->text->bytes;
    return use->callee.begin > 1 && bytes[use->callee.begin - 1] == '@' &&
           bytes[use->callee.begin - 2] == '@';
}

bool
prisma_word_is_table(const Unit *unit, guint word)
{
    guint model = model_of((Unit *) unit, word);
    return model == word && map_of((Unit *) unit, model) == G_MAXUINT;
}

/* The mapping of the model's table; NULL: none. */
static const Rename *
rename_of_model(Unit *unit, guint model)
{
    guint map = map_of(unit, model);
    if (map == G_MAXUINT)
        return word_rename(unit, model);
    g_autofree char *table = imports_quoted(unit, map);
    return table != NULL ? rename_of_last(unit->work->renames, table, strlen(table)) : NULL;
}

/* A field of the table's model, also in @@index([…]). */
bool
prisma_is_column(const Unit *unit, guint index)
{
    guint model = model_of((Unit *) unit, index);
    if (model == G_MAXUINT || model == index || rename_of_model((Unit *) unit, model) == NULL)
        return false;
    return unit_piece(unit, index - 1)->kind == PIECE_LINE ||
           (index > 0 && unit_bracket_around((Unit *) unit, index) != G_MAXUINT &&
            unit_is_sign(unit, unit_bracket_around((Unit *) unit, index), '['));
}

/* `line` of `model Line`, as the client calls it, and `Line`, as its types do. */
void
exports_note_prisma(Unit *unit)
{
    for (guint i = 1; unit_is_language(unit, MODULE) && i < unit->pieces->len; i++) {
        if (unit_piece(unit, i)->kind != PIECE_WORD || model_of(unit, i) != i)
            continue;
        const Rename *rename = rename_of_model(unit, i);
        if (rename == NULL || !rename_changes_columns(rename))
            continue;
        Span name = piece_span(unit_piece(unit, i));
        g_autofree char *type = g_strndup(unit->text->bytes + name.begin, name.end - name.begin);
        g_autofree char *client = g_strdup(type);
        client[0] = g_ascii_tolower(client[0]);
        exports_add_class(unit, MODULE, type, name, rename);
        if (strcmp(client, type) != 0)
            exports_add_class(unit, MODULE, client, name, rename);
    }
}

void
imports_prisma(Unit *unit)
{
    (void) unit; /* a schema gives names, and gets none */
}

/* ---- in programs ---- */

/* From `line` of this.prisma.line back to the first name. */
static guint
chain_begin(const Unit *unit, guint index)
{
    while (index > 1 && unit_is_sign(unit, index - 1, '.') &&
           unit_piece(unit, index - 2)->kind == PIECE_WORD)
        index -= 2;
    return index;
}

void
imports_prisma_client(Unit *unit)
{
    static const char *const verbs[] = {
        "findMany", "findUnique",          "findFirst", "findUniqueOrThrow", "findFirstOrThrow",
        "create",   "createMany",          "update",    "updateMany",        "upsert",
        "delete",   "deleteMany",          "count",     "aggregate",         "groupBy",
        "fields",   "createManyAndReturn", NULL};
    for (guint i = 2; i + 2 < unit->pieces->len; i++) {
        guint dot = unit_next(unit, i, true), first = chain_begin(unit, i);
        if (unit_piece(unit, i)->kind != PIECE_WORD || !unit_is_sign(unit, dot, '.') ||
            first == i || !unit_is_among(unit, unit_next(unit, dot, true), verbs))
            continue;
        const char *bytes = unit->text->bytes;
        const Piece *begin = unit_piece(unit, first), *name = unit_piece(unit, i);
        g_autofree char *local = g_strndup(bytes + begin->begin, name->end - begin->begin);
        g_autofree char *within = g_strndup(bytes + name->begin, name->end - name->begin);
        imports_bind(unit, G_MAXUINT, local, MODULE, within, NULL);
    }
}
