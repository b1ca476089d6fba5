/*
 * prisma.c - schemas of Prisma: `model Line { … @@map("lines") }`, and what its client calls the model in programs.
 *
 * A model without @@map has the table of its own name. The client is made from the schema: prisma.line.findMany(…).
 */
#include "rewrite/imports/imports.h"

#include <string.h>

#define QUERY_MAX 4000       /* pieces of one query that are looked through */
#define RELATION "relation." /* before the name of a field that is rows of another model */
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
    if (unit->model == model) /* asked of one field after the other */
        return unit->model_rename;
    guint map = map_of(unit, model);
    g_autofree char *table = map != G_MAXUINT ? imports_quoted(unit, map) : NULL;
    unit->model = model;
    unit->model_rename = map == G_MAXUINT ? word_rename(unit, model)
                         : table != NULL ? rename_of_last(unit->work->renames, table, strlen(table))
                                         : NULL;
    return unit->model_rename;
}

/* Names of models whose table is a dataset -> its Rename. */
static GHashTable *
models_of(Unit *unit)
{
    GHashTable *models = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (guint i = 1; i < unit->pieces->len; i++) {
        const Piece *piece = unit_piece(unit, i);
        bool is_model = piece->kind == PIECE_WORD && model_of(unit, i) == i;
        const Rename *rename = is_model ? rename_of_model(unit, i) : NULL;
        if (rename != NULL)
            g_hash_table_insert(
                models, g_strndup(unit->text->bytes + piece->begin, piece->end - piece->begin),
                (void *) rename);
    }
    return models;
}

static const Rename *
rename_of_type(const Unit *unit, GHashTable *models, guint word)
{
    const Piece *piece = unit_piece(unit, word);
    g_autofree char *type = g_strndup(unit->text->bytes + piece->begin, piece->end - piece->begin);
    return g_hash_table_lookup(models, type);
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

/* `lines Line[]` of another model: what a query calls the rows of the table that belong to that one's. */
void
exports_note_prisma_relations(Unit *unit)
{
    if (!unit_is_language(unit, MODULE))
        return;
    g_autoptr(GHashTable) models = models_of(unit);
    for (guint i = 1; i + 1 < unit->pieces->len; i++) {
        if (unit_piece(unit, i)->kind != PIECE_WORD ||
            unit_piece(unit, i - 1)->kind != PIECE_LINE ||
            unit_piece(unit, i + 1)->kind != PIECE_WORD)
            continue;
        const Rename *rename = rename_of_type(unit, models, i + 1);
        if (rename == NULL || !rename_changes_columns(rename))
            continue;
        Span name = piece_span(unit_piece(unit, i));
        g_autofree char *within = g_strdup_printf(RELATION "%.*s", (int) (name.end - name.begin),
                                                  unit->text->bytes + name.begin);
        exports_add_class(unit, MODULE, within, name, rename);
    }
}

void
imports_prisma(Unit *unit)
{
    (void) unit; /* a schema gives names, and gets none */
}

/* ---- in programs ---- */

static bool
is_of_client(const Unit *unit, guint verb)
{
    static const char *const verbs[] = {
        "findMany", "findUnique",          "findFirst", "findUniqueOrThrow", "findFirstOrThrow",
        "create",   "createMany",          "update",    "updateMany",        "upsert",
        "delete",   "deleteMany",          "count",     "aggregate",         "groupBy",
        "fields",   "createManyAndReturn", NULL};
    return unit_is_among(unit, verb, verbs);
}

/* this.prisma.line.findMany(…): all that stands before the verb is the model. */
static void
bind_model(Unit *unit, guint name)
{
    const char *bytes = unit->text->bytes;
    const Piece *begin = unit_piece(unit, unit_name_begin(unit, name)),
                *end = unit_piece(unit, name);
    g_autofree char *local = g_strndup(bytes + begin->begin, end->end - begin->begin);
    g_autofree char *within = g_strndup(bytes + end->begin, end->end - end->begin);
    imports_bind(unit, G_MAXUINT, local, MODULE, within, NULL);
}

/* Names of what a query includes, in the brackets at `open`: include: { lines: { … } }, where: { lines: { some: … } }. */
static void
bind_relations(Unit *unit, guint open)
{
    guint end = MIN(unit_bracket_end(unit, open), open + QUERY_MAX);
    for (guint i = open; i + 2 < end; i++) {
        const Piece *piece = unit_piece(unit, i);
        g_autofree char *name =
            g_strndup(unit->text->bytes + piece->begin, piece->end - piece->begin);
        g_autofree char *within = g_strconcat(RELATION, name, NULL);
        if (piece->kind == PIECE_WORD && unit_is_sign(unit, i + 1, ':') &&
            unit_is_sign(unit, i + 2, '{'))
            imports_bind(unit, G_MAXUINT, name, MODULE, within, NULL);
    }
}

void
imports_prisma_client(Unit *unit)
{
    for (guint i = 2; i + 2 < unit->pieces->len; i++) {
        guint dot = unit_next(unit, i, true), verb = unit_next(unit, dot, true);
        guint open = unit_next(unit, verb, false);
        if (unit_piece(unit, i)->kind != PIECE_WORD || !unit_is_sign(unit, dot, '.') ||
            unit_name_begin(unit, i) == i || !is_of_client(unit, verb))
            continue;
        bind_model(unit, i);
        if (unit_is_sign(unit, open, '('))
            bind_relations(unit, open);
    }
}

guint
prisma_relation_open(const Unit *unit, const ImportedClass *class, guint name)
{
    guint open = unit_next(unit, unit_next(unit, name, true), true);
    bool is_relation = strcmp(class->export->module, MODULE) == 0 &&
                       g_str_has_prefix(class->export->within, RELATION);
    return is_relation && unit_is_sign(unit, unit_next(unit, name, true), ':') &&
                   unit_is_sign(unit, open, '{')
               ? open
               : G_MAXUINT;
}
