/* field.c - which words of a program may be columns: fields, what is named in brackets, symbols. */
#include "rewrite/program/program.h"

#include <string.h>

static bool
is_sign_of(const Unit *unit, guint index, const char *signs)
{
    return index < unit->pieces->len && unit_piece(unit, index)->kind == PIECE_SIGN &&
           strchr(signs, unit->text->bytes[unit_piece(unit, index)->begin]) != NULL;
}

static bool
touches(const Unit *unit, guint index)
{
    return unit_piece(unit, index - 1)->end == unit_piece(unit, index)->begin;
}

/* Does a line begin with it, or with words that only say what kind of field it is; or do these stand behind a comma? */
static bool
begins_line(const Unit *unit, guint index)
{
    static const char *const kinds[] = {"pub",     "val",       "var",      "public",
                                        "private", "protected", "readonly", "declare",
                                        "static",  "override",  "lateinit", NULL};
    guint first = index;
    while (first > 0 && unit_is_among(unit, first - 1, kinds))
        first--;
    return first == 0 || unit_piece(unit, first - 1)->kind == PIECE_LINE ||
           (first < index && is_sign_of(unit, first - 1, "(,{"));
}

/* title: str, pub title: String, title!: string, { …, title: "x" } over lines; f(…, title="x") over lines. */
static bool
is_field(const Unit *unit, guint index)
{
    bool may_lack = is_sign_of(unit, index + 1, "!?") && is_sign_of(unit, index + 2, ":");
    if (unit->language->is_data || !begins_line(unit, index))
        return false;
    if (is_sign_of(unit, index + 1, ":") || may_lack)
        return !is_sign_of(unit, index + 2, ":") || may_lack;
    return is_sign_of(unit, index + 1, "=") && !is_sign_of(unit, index + 2, "=>") &&
           unit_is_sign(unit, unit_bracket_around((Unit *) unit, index), '(');
}

/* plan = Column(String), right in a class of Python */
static bool
is_set_in_class(Unit *unit, guint index)
{
    guint around = unit_is_language(unit, "python") && is_sign_of(unit, index + 1, "=")
                       ? unit_line_around(unit, unit_line_of(unit, index))
                       : G_MAXUINT;
    return around != G_MAXUINT && unit_line_of(unit, index) == index &&
           !is_sign_of(unit, index + 2, "=") && unit_is_word(unit, around, "class");
}

/* users::plan, Column::Plan, plan -> Text of table!, column_name = plan. */
static bool
is_of_rust(const Unit *unit, guint index)
{
    static const char *const keys[] = {"column_name", NULL};
    if (!unit_is_language(unit, "rust"))
        return false;
    return (is_sign_of(unit, index - 1, ":") && is_sign_of(unit, index - 2, ":")) ||
           (is_sign_of(unit, index + 1, "-") && is_sign_of(unit, index + 2, ">") &&
            begins_line(unit, index)) ||
           (is_sign_of(unit, index - 1, "=") && unit_is_among(unit, index - 2, keys));
}

/* field :plan, where(:plan) of Ruby and Elixir, but not A::plan; select('plan) of Scala. */
static bool
is_symbol(const Unit *unit, guint index)
{
    if (unit_is_language(unit, "scala"))
        return is_sign_of(unit, index - 1, "'") && touches(unit, index);
    return unit->language->has_bare_calls && is_sign_of(unit, index - 1, ":") &&
           touches(unit, index) &&
           !(is_sign_of(unit, index - 2, ":") && touches(unit, index - 1)); /* source: :plan */
}

/* { plan, name } of JavaScript: a key whose value is called so, too. */
static bool
is_short_key(const Unit *unit, guint index)
{
    guint before = unit_previous(unit, index, true), behind = unit_next(unit, index, true);
    if (!unit_is_language(unit, "javascript") || before == G_MAXUINT ||
        unit_piece(unit, index)->is_import || !is_sign_of(unit, before, "{,") ||
        !is_sign_of(unit, behind, "},"))
        return false;
    guint open = unit_bracket_around((Unit *) unit, index);
    return open != G_MAXUINT && unit_is_sign(unit, open, '{');
}

bool
word_may_be_column(const Unit *unit, guint index)
{
    static const char *const of_lookml[] = {"dimension", "dimension_group", "measure", NULL};
    if (unit_is_language(unit, "prisma"))
        return prisma_is_column(unit, index);
    if (unit->language->has_sql_values) /* users.plan is a field, whatever its column is called */
        return index > 1 && unit_is_among(unit, index - 2, of_lookml) &&
               is_sign_of(unit, index - 1, ":") && is_sign_of(unit, index + 1, "{") &&
               !lookml_has_expression(unit, index);
    bool is_named = is_sign_of(unit, index - 1, "(,{") && is_sign_of(unit, index + 1, ":=");
    return is_sign_of(unit, index - 1, ".") || unit->language->has_bare_columns || is_named ||
           is_symbol(unit, index) || is_field(unit, index) || is_of_rust(unit, index) ||
           is_set_in_class((Unit *) unit, index) || is_short_key(unit, index);
}
