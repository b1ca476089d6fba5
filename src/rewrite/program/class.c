/*
 * class.c - which class of a program stands for the dataset, where a string or word says that its table is called so.
 *
 * The string stands in the class (__tablename__, $table), before it (@Table of Java, #[sea_orm] of Rust), in its head (Slick),
 * in a method whose receiver it is (Go), or in a call that makes it (define of Sequelize, pgTable of Drizzle).
 */
#include "rewrite/imports/imports.h"
#include "rewrite/program/advice.h"
#include "rewrite/program/said.h"
#include "rewrite/sql/parts.h"

#include "base/text.h"

#include <string.h>

#define FAR 400 /* pieces between an annotation and its class: people list indexes there */

/* The name at `index`, and what that is in; NULL: it is in a function. Caller frees. */
static char *
name_at(Unit *unit, guint index, const char *before)
{
    Around around = {.unit = unit};
    if (unit_piece(unit, index)->kind != PIECE_WORD)
        return NULL;
    around_brackets(&around, index);
    return around.is_hidden ? NULL
                            : around_join(&around, before, piece_span(unit_piece(unit, index)));
}

/* What is around the annotation that the piece is in: @Entity({ name: "…" }), [Table("…")]. */
static guint
around_annotation(const Unit *unit, guint index)
{
    guint open = unit_bracket_around((Unit *) unit, index);
    while (open != G_MAXUINT) {
        guint before = unit_previous(unit, open, true);
        char sign = before != G_MAXUINT ? unit_sign(unit, before) : '\0';
        if (unit_is_sign(unit, open, '{') && (sign == '\0' || strchr("(,=:", sign) == NULL))
            break; /* a body: what is behind it has nothing to do with it */
        open = unit_bracket_around((Unit *) unit, open);
    }
    return open;
}

/* @Table(name = "…") public class User: the first class behind it, beside it. */
guint
class_behind(const Unit *unit, guint index)
{
    static const char *const heads[] = {"class", "record", "struct", "interface", NULL};
    for (guint i = index, steps = 0; steps < FAR && i < unit->pieces->len; i++, steps++)
        if (unit_is_among(unit, i, heads) && unit_sign(unit, i - 1) != '.' &&
            unit_sign(unit, i - 1) != ':')
            return unit_bracket_around((Unit *) unit, i) == around_annotation(unit, index)
                       ? unit_next(unit, i, true)
                       : G_MAXUINT;
    return G_MAXUINT;
}

/* class Users(tag: Tag) extends Table[User](tag, "…"): the head that the string stands in. */
static guint
class_before(const Unit *unit, guint index)
{
    static const char *const heads[] = {"class", NULL};
    for (guint steps = 0; steps < FAR && index != G_MAXUINT; steps++) {
        index = unit_previous(unit, index, true);
        char sign = index != G_MAXUINT ? unit_sign(unit, index) : '}';
        if (sign == '{' || sign == '}' || sign == ';')
            return G_MAXUINT;
        if (unit_is_among(unit, index, heads))
            return unit_next(unit, index, true);
    }
    return G_MAXUINT;
}

/* object Users : Table("…") of Exposed */
static guint
object_before(Unit *unit, const Use *use)
{
    guint callee = piece_of_callee(unit, use);
    guint colon = callee != G_MAXUINT ? unit_previous(unit, callee, true) : G_MAXUINT;
    guint name = colon != G_MAXUINT && unit_is_sign(unit, colon, ':')
                     ? unit_previous(unit, colon, true)
                     : G_MAXUINT;
    return name != G_MAXUINT && unit_is_word(unit, unit_previous(unit, name, true), "object")
               ? name
               : G_MAXUINT;
}

/* By the left margin: the classes and modules around, without `class Meta` of Django and Peewee. */
static char *
by_margins(Unit *unit, guint index)
{
    static const char *const inner[] = {"Meta", NULL};
    Around around = {.unit = unit};
    around_margins(&around, index);
    if (around.count > 0 && span_is_among(unit->text, around.spans[0], inner)) {
        memmove(around.spans, around.spans + 1, sizeof(around.spans) - sizeof(around.spans[0]));
        around.count--;
    }
    return around.is_hidden || around.count == 0 ? NULL : around_join(&around, "", (Span){0});
}

/* The class whose body it stands in: PHP, static tableName of JavaScript. */
static char *
by_brackets(Unit *unit, guint index, const char *before)
{
    Around around = {.unit = unit};
    around_brackets(&around, index);
    return around.is_hidden || around.count == 0 ? NULL : around_join(&around, before, (Span){0});
}

/* func (u *User) TableName(): the receiver's type. */
static char *
by_receiver(const Unit *unit, Span key)
{
    for (guint i = 2; i < unit->pieces->len; i++) {
        if (unit_piece(unit, i)->begin != key.begin)
            continue;
        guint behind, close = unit_previous(unit, i, false);
        if (close == G_MAXUINT || !unit_is_sign(unit, close, ')'))
            return NULL;
        return imports_name(unit, unit_previous(unit, close, false), '\0', &behind);
    }
    return NULL;
}

/* const users = pgTable("…"), const User = sequelize.define(…), User.init({…}, { tableName: "…" }) */
static char *
by_call(Unit *unit, guint index)
{
    static const char *const makers[] = {"define", "init", NULL};
    guint callee = unit_callee_around(unit, index);
    guint dot = callee != G_MAXUINT ? unit_previous(unit, callee, true) : G_MAXUINT;
    if (dot == G_MAXUINT)
        return NULL;
    guint object = unit_is_sign(unit, dot, '.') ? unit_previous(unit, dot, true) : G_MAXUINT;
    if (unit_is_among(unit, callee, makers + 1) && object != G_MAXUINT)
        return name_at(unit, object, "");
    guint sign = unit_is_among(unit, callee, makers) && object != G_MAXUINT
                     ? unit_previous(unit, object, true)
                     : dot;
    if (sign == G_MAXUINT || !unit_is_sign(unit, sign, '='))
        return NULL;
    return name_at(unit, unit_previous(unit, sign, true), "");
}

/* modelBuilder.Entity<User>().ToTable("…"), and the same in class X : IEntityTypeConfiguration<User>. */
static char *
by_entity(const Unit *unit, guint index)
{
    static const char *const heads[] = {"Entity", "IEntityTypeConfiguration", NULL};
    for (guint steps = 0; steps < FAR && index != G_MAXUINT; steps++) {
        guint name, behind;
        index = unit_previous(unit, index, true);
        if (!unit_is_among(unit, index, heads) || !unit_is_sign(unit, index + 1, '<'))
            continue;
        name = unit_next(unit, index + 1, true);
        g_autofree char *whole = imports_name(unit, name, '.', &behind);
        return whole != NULL ? g_strdup(text_last_part(whole)) : NULL;
    }
    return NULL;
}

/* defmodule Shop.User do: the module around, by its whole name. */
static char *
by_module(Unit *unit, guint index)
{
    static const char *const heads[] = {"defmodule", NULL};
    guint line = unit_line_around(unit, unit_line_of(unit, index)), behind;
    for (; line != G_MAXUINT; line = unit_line_around(unit, line))
        if (unit_is_among(unit, line, heads))
            return imports_name(unit, unit_next(unit, line, false), '.', &behind);
    return NULL;
}

/* Caller frees; NULL: it is not found, or in a function. */
static char *
class_of(Unit *unit, const Use *use, const char *before)
{
    const Language *language = unit->language;
    const Text *text = unit->text;
    guint class = G_MAXUINT;
    if (around_has_margins(language))
        return by_margins(unit, use->first);
    if (unit_is_language(unit, "elixir"))
        return by_module(unit, use->first);
    if (unit_is_language(unit, "go"))
        return by_receiver(unit, use->key);
    if (unit_is_language(unit, "csharp") && span_is(text, use->callee, "ToTable"))
        return by_entity(unit, use->first);
    if (unit_is_language(unit, "php"))
        return by_brackets(unit, use->first, before);
    if (unit_is_language(unit, "javascript")) {
        g_autofree char *made = by_call(unit, use->first);
        if (made != NULL)
            return g_steal_pointer(&made);
        made = by_brackets(unit, use->first, before);
        if (made != NULL)
            return g_steal_pointer(&made);
    }
    if (unit_is_language(unit, "scala"))
        class = class_before(unit, use->first);
    if (unit_is_language(unit, "kotlin"))
        class = object_before(unit, use);
    if (class == G_MAXUINT)
        class = class_behind(unit, use->last);
    return class != G_MAXUINT ? name_at(unit, class, before) : NULL;
}

/* ---- a name that the table is called by ---- */

/* func (u User) TableName() string { return USERS }: the word behind `return`; G_MAXUINT: it is something else. */
static guint
returned_word(const Unit *unit, guint method)
{
    static const char *const names[] = {"TableName", NULL};
    guint brace = method + 4; /* TableName ( ) string { */
    if (!unit_is_among(unit, method, names) || !unit_is_sign(unit, method + 1, '(') ||
        !unit_is_sign(unit, method + 2, ')') || !unit_is_sign(unit, brace, '{'))
        return G_MAXUINT;
    guint back = unit_next(unit, brace, true), word = unit_next(unit, back, false);
    return unit_is_word(unit, back, "return") && unit_piece(unit, word)->kind == PIECE_WORD
               ? word
               : G_MAXUINT;
}

static const Rename *
rename_of_constant(const Unit *unit, guint word)
{
    const Piece *piece = unit_piece(unit, word);
    const Constant *constant = constants_find(
        unit->work->constants, unit->text->bytes + piece->begin, piece->end - piece->begin);
    return constant != NULL ? constant->rename : NULL;
}

typedef void ReturnedFn(Unit *unit, guint method, guint word, const Rename *rename);

static void
each_returned(Unit *unit, ReturnedFn *visit)
{
    for (guint i = 2; unit_is_language(unit, "go") && i < unit->pieces->len; i++) {
        guint word = returned_word(unit, i);
        const Rename *rename = word != G_MAXUINT ? rename_of_constant(unit, word) : NULL;
        if (rename != NULL && rename_changes_columns(rename))
            visit(unit, i, word, rename);
    }
}

static void
refuse_returned(Unit *unit, guint method, guint word, const Rename *rename)
{
    const Piece *piece = unit_piece(unit, word);
    (void) method;
    program_refuse_class(unit, unit->text, piece->begin, piece->end, rename, CLASS_OF_TABLE);
}

void
program_returned(Unit *unit)
{
    each_returned(unit, refuse_returned);
}

/* ---- what is given ---- */

void
exports_add_class(Unit *unit, const char *module, const char *within, Span place,
                  const Rename *rename)
{
    Export *export = g_new0(Export, 1);
    *export = (Export){.path = g_strdup(unit->work->path),
                       .module = g_strdup(module),
                       .within = g_strdup(within),
                       .text = g_strdup(""),
                       .after = g_strdup(""),
                       .rename = rename,
                       .begin = place.begin,
                       .end = place.end,
                       .is_class = true,
                       .advice = advice_of_class(unit),
                       .has_field_strings =
                           unit_is_language(unit, "python") && program_says(unit->work, "django")};
    g_ptr_array_add(unit->work->exported, export);
}

static void
note_class(Unit *unit, const Use *use, const Rename *rename)
{
    g_autofree char *before = NULL, *module = exports_module(unit, &before);
    g_autofree char *within = module != NULL ? class_of(unit, use, before) : NULL;
    Span place = text_span(unit->text, use->whole.begin, use->whole.end);
    if (module != NULL && unit_is_language(unit, "javascript"))
        exports_note_registered(unit, use, module, place, rename);
    if (within == NULL)
        return;
    if (unit_is_language(unit, "csharp") && span_is(unit->text, use->callee, "ToTable")) {
        exports_add_class_in_sight(unit, module, within, place, rename);
        return;
    }
    exports_add_class(unit, module, within, place, rename);
    exports_add_made(unit, module, within, place, rename);
}

void
exports_note_class_at(Unit *unit, guint name, bool is_elsewhere, const Rename *rename)
{
    g_autofree char *before = NULL, *module = exports_module(unit, &before), *within = NULL;
    Span span = piece_span(unit_piece(unit, name));
    Span place = text_span(unit->text, span.begin, span.end);
    Around around = {.unit = unit};
    if (module != NULL && is_elsewhere) {
        g_autofree char *class = around_join(&around, "", span);
        exports_add_class_in_sight(unit, module, class, place, rename);
    } else if (module != NULL && around_has_margins(unit->language)) {
        around_margins(&around, name);
        within = around.is_hidden ? NULL : around_join(&around, before, span);
    } else if (module != NULL) {
        within = name_at(unit, name, before);
    }
    if (within == NULL)
        return;
    exports_add_class(unit, module, within, place, rename);
    exports_add_made(unit, module, within, place, rename);
}

/* self.table_name = :users, where the name is a word */
static const Rename *
symbol_rename(const Unit *unit, guint index)
{
    const Rename *rename = unit->language->names_table != NULL ? word_rename(unit, index) : NULL;
    return rename != NULL && unit->language->names_table(unit, index) ? rename : NULL;
}

static void
note_returned(Unit *unit, guint method, guint word, const Rename *rename)
{
    g_autofree char *before = NULL, *module = exports_module(unit, &before);
    g_autofree char *class = by_receiver(unit, piece_span(unit_piece(unit, method)));
    Span span = piece_span(unit_piece(unit, word));
    if (module != NULL && class != NULL)
        exports_add_class(unit, module, class, text_span(unit->text, span.begin, span.end), rename);
}

/* @Table(name = "orders", schema = "else") */
static bool
is_of_other(Unit *unit, const Use *use, const Text *text)
{
    const Rename *rename = NULL;
    const Spelling *spelling = NULL;
    return program_beside(unit, use, text->bytes, &rename, &spelling) == BESIDE_OTHER;
}

/* Each string that gives a class a table whose columns change. */
static void
note_strings(Unit *unit, GHashTable *others)
{
    for (guint i = 0; i < unit->uses->len; i++) {
        const Use *use = &g_array_index(unit->uses, Use, i);
        if (!use_is_of_class(unit, use))
            continue;
        g_autoptr(Text) text = program_text(unit, use);
        const Rename *rename =
            text_mentions(unit->work, text) ? program_name_means(unit, text) : NULL;
        if (rename == NULL || !rename_changes_columns(rename) || is_of_other(unit, use, text))
            continue;
        note_class(unit, use, rename);
        g_autoptr(GArray) said = class_said_columns(unit, use, rename);
        g_hash_table_add(said != NULL ? unit->work->said : others, (void *) rename);
    }
}

/* Of which every class of the file says them. */
static void
note_said(const Work *work, GHashTable *others)
{
    for (guint i = 0; i < work->exported->len; i++) {
        Export *export = g_ptr_array_index(work->exported, i);
        export->says_columns = export->is_class &&
                               g_hash_table_contains(work->said, export->rename) &&
                               !g_hash_table_contains(others, export->rename);
    }
}

void
exports_note_classes(Unit *unit)
{
    static const char *const own_name[] = {"table_name", NULL};
    g_autoptr(GHashTable) others = g_hash_table_new(NULL, NULL);
    note_strings(unit, others);
    exports_note_conventions(unit);
    exports_note_prisma(unit);
    exports_note_prisma_relations(unit);
    each_returned(unit, note_returned);
    for (guint i = 2; i < unit->pieces->len && around_has_margins(unit->language); i++) {
        const Rename *rename = symbol_rename(unit, i);
        guint sign = rename != NULL ? unit_previous(unit, i - 1, false) : G_MAXUINT;
        if (sign == G_MAXUINT || !rename_changes_columns(rename) ||
            !unit_is_sign(unit, sign, '=') ||
            !unit_is_among(unit, unit_previous(unit, sign, false), own_name))
            continue;
        Use use = {.first = i, .last = i, .whole = piece_span(unit_piece(unit, i))};
        note_class(unit, &use, rename);
        g_hash_table_add(others, (void *) rename);
    }
    note_said(unit->work, others);
}
