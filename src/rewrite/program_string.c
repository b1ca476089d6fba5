/*
 * program_string.c - what a string says, put together from its literals.
 *
 * Operands that are no literals are holes, unless a constant says what they are.
 */
#include "rewrite/program_mapper.h"

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
        if (depth == 0 && i > first && (unit_is_plus(unit, i) || unit_may_join(unit, i)))
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
    text_put(text, span.begin, span.end, HOLE, strlen(HOLE));
    if (unit->expressions != NULL)
        g_array_append_val(unit->expressions, span);
    return i;
}

Text *
program_text(Unit *unit, const Use *use)
{
    Text *text = text_new(unit->text);
    text->constants = unit->work->finds_constants ? NULL : unit->work->constants;
    program_find_arguments(unit, use, text);
    Margin margin = has_margin(unit, use) ? MARGIN_BAR : MARGIN_NONE;
    if (use->has_operand_before)
        text_put(text, use->whole.begin, use->whole.begin, HOLE, strlen(HOLE));
    for (guint i = use->first; i <= use->last;) {
        if (unit_piece(unit, i)->kind == PIECE_LITERAL) {
            Piece piece = *unit_piece(unit, i++);
            piece.quoting.margin = margin;
            if (piece.is_element)
                mapper_decode(text, unit->language, &piece, NULL);
            else
                text_decode(text, unit->language, &piece, use->is_format, unit->expressions);
        } else if (piece_is_between(unit_piece(unit, i)) || unit_is_plus(unit, i)) {
            i++;
        } else {
            i = put_operand(text, unit, i, use->last);
        }
    }
    return text;
}
