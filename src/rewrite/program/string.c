/*
 * string.c - what a string says, put together from its literals.
 *
 * Operands that are no literals are holes, unless a constant says what they are.
 */
#include "rewrite/program/mapper.h"

#include <string.h>

static bool
has_margin(const Unit *unit, const Use *use)
{
    guint dot = unit_next(unit, use->last, true), name = unit_next(unit, dot, true);
    return unit->language->has_margins && unit_is_sign(unit, dot, '.') &&
           (span_is(unit->text, piece_span(unit_piece(unit, name)), "stripMargin") ||
            span_is(unit->text, piece_span(unit_piece(unit, name)), "trimMargin"));
}

/* An operand that is no literal is a hole, and is read as an expression of its own. */
static guint
put_operand(Text *text, Unit *unit, guint first, guint last)
{
    int depth = 0;
    guint i = first, end = first;
    for (; i <= last; i++) {
        if (depth == 0 && i > first &&
            (unit_is_plus(unit, i) || unit_may_join(unit, i) || unit_is_sign(unit, i, ',') ||
             unit_is_sign(unit, i, ')') || unit_is_sign(unit, i, ';')))
            break;
        if (!piece_is_between(unit_piece(unit, i)))
            end = i;
        if (unit_piece(unit, i)->kind != PIECE_SIGN)
            continue;
        char sign = unit->text->bytes[unit_piece(unit, i)->begin];
        depth += strchr("([{", sign) != NULL ? 1 : strchr(")]}", sign) != NULL ? -1 : 0;
    }
    Span span = {unit_piece(unit, first)->begin, unit_piece(unit, end)->end};
    bool has_sigil = unit->language->plus == '.' && unit->text->bytes[span.begin] == '$';
    size_t name = span.begin + has_sigil; /* $table of PHP */
    Constant *constant = constants_find(text->constants, unit->text->bytes + name, span.end - name);
    if (constant != NULL) {
        text_put_constant(text, span.begin, span.end, constant);
        constant->operands++;
        return i;
    }
    if (text_byte(unit->text, span.begin) == '(' &&
        choice_put(text, unit->text, unit->language, span, unit->expressions))
        return i;
    text_put(text, span.begin, span.end, HOLE, strlen(HOLE));
    if (unit->expressions != NULL)
        g_array_append_val(unit->expressions, span);
    return i;
}

/* What is known of the name before the first literal: PROJECT + ".shop.users". */
static bool
put_lead(Text *text, const Unit *unit, const Use *use)
{
    guint plus = unit_previous(unit, use->first, true),
          last = use->lead > 0 ? unit_previous(unit, plus, true) : G_MAXUINT;
    if (last == G_MAXUINT || last < use->lead)
        return false;
    size_t begin = unit_piece(unit, use->lead)->begin, end = unit_piece(unit, last)->end;
    Constant *constant = constants_find(text->constants, unit->text->bytes + begin, end - begin);
    if (constant == NULL)
        return false;
    text_put_constant(text, begin, end, constant);
    constant->operands++;
    return true;
}

/* "<script> SELECT … <if …> … </script>" of MyBatis, in annotations of Java and Kotlin. */
static bool
is_script(const Unit *unit, const Use *use)
{
    static const char *const languages[] = {"java", "kotlin", NULL};
    size_t at = unit_piece(unit, use->first)->inner_begin;
    while (g_ascii_isspace(text_byte(unit->text, at)))
        at++;
    return g_strv_contains(languages, unit->language->name) &&
           text_starts(unit->text, at, "<script>");
}

/* What it says, as in a mapper. */
static Text *
text_of_script(Text *take_text, const Language *language)
{
    MapperTag tag;
    size_t at = 0, behind = 0;
    while (at < take_text->count && take_text->bytes[at] != '<')
        at++;
    if (!mapper_read_tag(take_text, at, take_text->count, &tag))
        return take_text;
    size_t end = mapper_inner_end(take_text, &tag, take_text->count, &behind);
    Piece piece = {.inner_begin = (uint32_t) tag.behind, .inner_end = (uint32_t) end};
    if (end == SIZE_MAX)
        return take_text;
    Text *script = text_new(take_text);
    script->base = take_text;
    text_begin_part(script, tag.behind, (Quoting){.escape = ESCAPE_MARKUP});
    mapper_decode(script, language, &piece, NULL);
    return script;
}

/* `).append(`: behind it. */
static guint
put_joint(Text *text, const Unit *unit, guint close)
{
    guint i = close;
    size_t at = unit_piece(unit, close)->begin;
    if (appended_ends_line(unit, close))
        text_put(text, at, at, "\n", 1);
    while (i < unit->pieces->len && !unit_is_sign(unit, i, '('))
        i++;
    return i + 1;
}

Text *
program_text(Unit *unit, const Use *use)
{
    Text *text = text_new(unit->text);
    text->constants = unit->work->finds_constants ? NULL : unit->work->constants;
    program_find_arguments(unit, use, text);
    text->binds_percents = program_binds_percents(unit, use);
    bool is_mapped = is_script(unit, use);
    Margin margin = has_margin(unit, use) ? MARGIN_BAR : MARGIN_NONE;
    if (use->has_operand_before && !put_lead(text, unit, use))
        text_put(text, use->whole.begin, use->whole.begin, HOLE, strlen(HOLE));
    for (guint i = use->first; i <= use->last;) {
        guint behind = grown_put(text, unit, i, false);
        if (behind > i) {
            i = behind;
            continue;
        }
        bool is_joint = i > use->first && string_is_joint(unit, i);
        if (unit_piece(unit, i)->kind == PIECE_LITERAL && !is_joint) {
            Piece piece = *unit_piece(unit, i++);
            piece.quoting.margin = margin;
            if (is_mapped)
                piece.quoting.holes = HOLES_OFF; /* #{x} is the mapper's */
            if (piece.is_element)
                mapper_decode(text, unit->language, &piece, NULL);
            else
                text_decode(text, unit->language, &piece, use->is_format, unit->expressions);
        } else if (unit_is_sign(unit, i, ',')) { /* of a statement's lines, or of paste0() */
            const Piece *comma = unit_piece(unit, i++);
            const char *joint = comma->joint != NULL ? comma->joint : " ";
            text_put(text, comma->begin, comma->end, joint, strlen(joint));
        } else if (unit_is_sign(unit, i, ')')) {
            i = put_joint(text, unit, i);
        } else if (unit_is_sign(unit, i, ';')) {
            i++;
        } else if (appended_is_more(unit, i)) {
            i = unit_next(unit, i, false) + 2;
        } else if (piece_is_between(unit_piece(unit, i)) || unit_is_plus(unit, i)) {
            i++;
        } else {
            i = put_operand(text, unit, i, use->last);
        }
    }
    grown_put(text, unit, use->last + 1, true);
    program_tell_names(unit->work, text);
    return is_mapped ? text_of_script(text, unit->language) : text;
}
