/*
 * convention.c - classes whose table nobody names, because a framework calls it by the class: they are reported.
 */
#include "rewrite/convention.h"
#include "rewrite/imports/imports.h"
#include "rewrite/program/advice.h"
#include "rewrite/program/said.h"

#include <string.h>

#define ASKED_MAX                                                                                  \
    1000 /* names of one file that a dataset's class may have: for each, all of the file may be read */

bool
unit_has_word(const Unit *unit, guint from, guint to, const char *const *words)
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

bool
is_behind_class(const Unit *unit, guint name)
{
    while (name > 3 && unit_is_sign(unit, name - 1, ':') && unit_is_sign(unit, name - 2, ':') &&
           unit_piece(unit, name - 3)->kind == PIECE_WORD)
        name -= 3;
    return name > 0 && unit_is_word(unit, name - 1, "class") &&
           unit_piece(unit, name)->kind == PIECE_WORD;
}

guint
head_end(const Unit *unit, guint name)
{
    guint end = name;
    while (
        end < unit->pieces->len && end < name + HEAD_MAX && !unit_is_sign(unit, end, '{') &&
        (unit_piece(unit, end)->kind != PIECE_LINE || around_has_margins(unit->language) == false))
        end++;
    return end;
}

guint
body_end(Unit *unit, guint name)
{
    guint line = unit_line_of(unit, name), end = line + 1;
    for (; line != G_MAXUINT && end < unit->pieces->len; end++) {
        guint outer = unit_line_of(unit, end) == end ? unit_line_around(unit, end) : line;
        while (outer != G_MAXUINT && outer > line)
            outer = unit_line_around(unit, outer);
        if (outer != line)
            break;
    }
    return end;
}

/* class Track(TimedModel), class Track(models.Model), without db_table and the like in its body. */
bool
holds_for_django(Unit *unit, Called *called)
{
    static const char *const said[] = {"db_table", "abstract", "app_label", "proxy", NULL};
    guint end = head_end(unit, called->name);
    bool is_model = false;
    for (guint i = called->name + 1; i < end; i++) {
        const Piece *piece = unit_piece(unit, i);
        size_t bytes = piece->end - piece->begin, model = strlen("Model");
        is_model =
            is_model || (piece->kind == PIECE_WORD && bytes >= model &&
                         memcmp(unit->text->bytes + piece->end - model, "Model", model) == 0);
    }
    return is_model && is_behind_class(unit, called->name) &&
           unit_line_of(unit, called->name) != G_MAXUINT &&
           !unit_has_word(unit, called->name, body_end(unit, called->name), said);
}

/* Where what is said before the class begins: behind the statement or class before it. */
static guint
annotations_begin(Unit *unit, guint name)
{
    guint from = name;
    while (from > 0 && name - from < HEAD_MAX * 4 && unit_sign(unit, from - 1) != ';' &&
           (unit_sign(unit, from - 1) != '}' || unit_bracket_around(unit, from - 1) != G_MAXUINT))
        from--;
    return from;
}

/* @Entity class Track, and no @Table before it. */
bool
holds_for_jpa(Unit *unit, Called *called)
{
    static const char *const entity[] = {"Entity", NULL}, *const table[] = {"Table", NULL};
    guint name = called->name, from = annotations_begin(unit, name);
    if (!is_behind_class(unit, name))
        return false;
    for (guint i = from; i < name; i++)
        if (unit_is_among(unit, i, entity) && unit_is_sign(unit, i - 1, '@'))
            return !unit_is_sign(unit, i + 1, '(') && !unit_has_word(unit, from, name, table);
    return false;
}

/* data class Track(@Id val id: UUID), record Track(@Id Long id), class Track { @Id Long id; }: and no annotation says another
 * table, or that it is no table. */
bool
holds_for_spring(Unit *unit, Called *called)
{
    static const char *const others[] = {"Table", "Entity", "Document", "RedisHash", "Node", NULL};
    guint name = called->name, open = name + 1;
    bool is_record = name > 0 && unit_is_word(unit, name - 1, "record");
    if ((!is_behind_class(unit, name) && !is_record) ||
        unit_has_word(unit, annotations_begin(unit, name), name, others))
        return false;
    while (open < name + HEAD_MAX && open < unit->pieces->len && !unit_is_sign(unit, open, '(') &&
           !unit_is_sign(unit, open, '{'))
        open++;
    guint end = open < unit->pieces->len ? unit_bracket_end(unit, open) : open;
    for (guint i = open + 1; i < end && i < unit->pieces->len; i++)
        if (unit_is_word(unit, i, "Id") && unit_is_sign(unit, i - 1, '@'))
            return true;
    return false;
}

bool
holds_for_rails(Unit *unit, Called *called)
{
    static const char *const records[] = {"ApplicationRecord", "ActiveRecord", NULL};
    static const char *const named[] = {"table_name", "table_name_prefix", "abstract_class", NULL};
    return is_behind_class(unit, called->name) &&
           unit_has_word(unit, called->name + 1, head_end(unit, called->name), records) &&
           !sets_any(unit, 0, named);
}

bool
holds_for_laravel(Unit *unit, Called *called)
{
    static const char *const models[] = {"Model", "Eloquent", "Authenticatable", NULL};
    static const char *const table[] = {"table", NULL};
    guint end = head_end(unit, called->name);
    return is_behind_class(unit, called->name) &&
           unit_has_word(unit, called->name + 1, end, models) && !sets_any(unit, end, table);
}

/* ---- all of them ---- */

typedef void CalledFn(Unit *unit, const Called *called, const Rename *rename,
                      const Framework *framework);

static Span
name_span(const Piece *piece)
{
    return piece->kind == PIECE_LITERAL ? (Span){piece->inner_begin, piece->inner_end}
                                        : piece_span(piece);
}

static void
each_of_framework(Unit *unit, const Framework *framework, CalledFn *visit)
{
    const Work *work = unit->work;
    guint asked = 0;
    for (guint i = 1; i < unit->pieces->len && asked < ASKED_MAX; i++) {
        const Piece *piece = unit_piece(unit, i);
        Span span = name_span(piece);
        if ((piece->kind != PIECE_WORD && piece->kind != PIECE_LITERAL) || piece->is_import ||
            span.end <= span.begin)
            continue;
        Called called = {.name = i, .class = i};
        const Rename *rename =
            convention_rename(work->renames, framework, work->path, unit->text->bytes + span.begin,
                              span.end - span.begin);
        asked += rename != NULL;
        if (rename != NULL && framework_holds(framework, unit, &called))
            visit(unit, &called, rename, framework);
    }
}

static void
each_called(Unit *unit, CalledFn *visit)
{
    const Work *work = unit->work;
    const Framework *framework = NULL;
    while (unit->text->from == NULL && unit->depth == 0 &&
           (framework = framework_next(framework, work->path, work->text, work->bytes)) != NULL)
        each_of_framework(unit, framework, visit);
}

static void
refuse(Unit *unit, const Called *called, const Rename *rename, const Framework *framework)
{
    Span span = name_span(unit_piece(unit, called->name));
    bool is_said = rename_changes_columns(rename) && !unit->work->gives_old_names &&
                   class_write_columns(unit, class_said_at(unit, called->name, rename), rename);
    if (is_said)
        return;
    if (rename_changes_columns(rename))
        g_hash_table_add(unit->work->named, (void *) rename);
    if (site_covers(unit->work, span.begin, span.end))
        return;
    g_autofree char *reason = g_strdup_printf(
        "by the rule of %s the dataset is the table of this class: %s", framework_name(framework),
        called->is_generated ? "it is made anew from the new table, and what is called so follows"
                             : "it has to say the new name, and its fields have to follow");
    program_refuse_class(unit, unit->text, span.begin, span.end, rename, reason);
}

void
program_conventions(Unit *unit)
{
    each_called(unit, refuse);
}

static void
note(Unit *unit, const Called *called, const Rename *rename, const Framework *framework)
{
    if (!rename_changes_columns(rename))
        return;
    g_autoptr(GArray) said = class_said_at(unit, called->name, rename);
    if (said != NULL)
        g_hash_table_add(unit->work->said, (void *) rename);
    else
        g_hash_table_remove(unit->work->said, rename);
    if (framework_registers(framework))
        exports_note_registered_at(unit, called->name, rename);
    if (called->class != G_MAXUINT)
        exports_note_class_at(unit, called->class, called->is_elsewhere, rename);
}

void
exports_note_conventions(Unit *unit)
{
    each_called(unit, note);
}
