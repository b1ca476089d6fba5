/*
 * program_convention.c - classes whose table nobody names, because a framework calls it by the class: they are reported.
 */
#include "rewrite/convention.h"
#include "rewrite/imports.h"

#include <string.h>

#define HEAD_MAX 60 /* pieces of the head of a class, and of what stands before it */

/* Is one of the words in [from, to)? */
static bool
has_word(const Unit *unit, guint from, guint to, const char *const *words)
{
    for (guint i = from; i < to && i < unit->pieces->len; i++)
        if (unit_is_among(unit, i, words))
            return true;
    return false;
}

/* The same of a name that is set. */
static bool
sets_any(const Unit *unit, guint from, const char *const *words)
{
    for (guint i = from; i < unit->pieces->len; i++)
        if (unit_is_among(unit, i, words) && unit_is_sign(unit, unit_next(unit, i, false), '='))
            return true;
    return false;
}

/* The head ends where the body begins: at a line, at `{`. */
static guint
head_end(const Unit *unit, guint name)
{
    guint end = name;
    while (
        end < unit->pieces->len && end < name + HEAD_MAX && !unit_is_sign(unit, end, '{') &&
        (unit_piece(unit, end)->kind != PIECE_LINE || around_has_margins(unit->language) == false))
        end++;
    return end;
}

/* By the left margin: behind the last line of what begins at this one. */
static guint
body_end(Unit *unit, guint line)
{
    guint end = line + 1;
    for (; end < unit->pieces->len; end++) {
        guint outer = unit_line_of(unit, end) == end ? unit_line_around(unit, end) : line;
        while (outer != G_MAXUINT && outer > line)
            outer = unit_line_around(unit, outer);
        if (outer != line)
            break;
    }
    return end;
}

/* class Track(TimedModel), class Track(models.Model), without db_table and the like in its body. */
static bool
holds_for_django(Unit *unit, guint name)
{
    static const char *const said[] = {"db_table", "abstract", "app_label", "proxy", NULL};
    guint line = unit_line_of(unit, name), end = head_end(unit, name);
    bool is_model = false;
    for (guint i = name + 1; i < end; i++) {
        const Piece *piece = unit_piece(unit, i);
        size_t bytes = piece->end - piece->begin, model = strlen("Model");
        is_model =
            is_model || (piece->kind == PIECE_WORD && bytes >= model &&
                         memcmp(unit->text->bytes + piece->end - model, "Model", model) == 0);
    }
    return is_model && line != G_MAXUINT && !has_word(unit, name, body_end(unit, line), said);
}

/* @Entity class Track, and no @Table before it. */
static bool
holds_for_jpa(const Unit *unit, guint name)
{
    static const char *const entity[] = {"Entity", NULL}, *const table[] = {"Table", NULL};
    guint from = name;
    while (from > 0 && name - from < HEAD_MAX * 4 && unit_sign(unit, from - 1) != ';' &&
           (unit_sign(unit, from - 1) != '}' ||
            unit_bracket_around((Unit *) unit, from - 1) != G_MAXUINT))
        from--;
    for (guint i = from; i < name; i++)
        if (unit_is_among(unit, i, entity) && unit_is_sign(unit, i - 1, '@'))
            return !unit_is_sign(unit, i + 1, '(') && !has_word(unit, from, name, table);
    return false;
}

bool
convention_holds(Unit *unit, const Framework *framework, guint name)
{
    static const char *const records[] = {"ApplicationRecord", "ActiveRecord", NULL};
    static const char *const models[] = {"Model", "Eloquent", "Authenticatable", NULL};
    static const char *const named[] = {"table_name", "table_name_prefix", "abstract_class", NULL};
    static const char *const table[] = {"table", NULL};
    const char *rule = framework_name(framework);
    guint end = head_end(unit, name);
    if (strcmp(rule, "Rails") == 0)
        return has_word(unit, name + 1, end, records) && !sets_any(unit, 0, named);
    if (strcmp(rule, "Laravel") == 0)
        return has_word(unit, name + 1, end, models) && !sets_any(unit, end, table);
    return strcmp(rule, "Django") == 0 ? holds_for_django(unit, name) : holds_for_jpa(unit, name);
}

typedef void ClassFn(Unit *unit, guint name, const Rename *rename, const Framework *framework);

static void
each_class(Unit *unit, ClassFn *visit)
{
    const Work *work = unit->work;
    const Framework *framework = unit->text->from == NULL && unit->depth == 0
                                     ? framework_of(work->path, work->text, work->bytes)
                                     : NULL;
    for (guint i = 0; framework != NULL && i + 1 < unit->pieces->len; i++) {
        guint name = i + 1;
        while (unit_is_word(unit, i, "class") && unit_is_sign(unit, name + 1, ':') &&
               unit_is_sign(unit, name + 2, ':'))
            name += 3;
        const Piece *piece = unit_piece(unit, name);
        if (!unit_is_word(unit, i, "class") || piece->kind != PIECE_WORD)
            continue;
        const Rename *rename =
            convention_rename(work->renames, framework, work->path,
                              unit->text->bytes + piece->begin, piece->end - piece->begin);
        if (rename != NULL && convention_holds(unit, framework, name))
            visit(unit, name, rename, framework);
    }
}

static void
refuse(Unit *unit, guint name, const Rename *rename, const Framework *framework)
{
    const Piece *piece = unit_piece(unit, name);
    if (rename_changes_columns(rename))
        g_hash_table_add(unit->work->named, (void *) rename);
    program_refuse(
        unit->work, unit->text, SITE_TABLE, piece->begin, piece->end, "class", NULL,
        "by the rule of %s the dataset is the table of this class: it has to say the new "
        "name, and its fields have to follow",
        framework_name(framework));
}

void
program_conventions(Unit *unit)
{
    each_class(unit, refuse);
}

static void
note(Unit *unit, guint name, const Rename *rename, const Framework *framework)
{
    (void) framework;
    if (rename_changes_columns(rename))
        exports_note_class_at(unit, name, rename);
}

void
exports_note_conventions(Unit *unit)
{
    each_class(unit, note);
}
