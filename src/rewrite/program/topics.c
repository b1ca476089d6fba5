/*
 * topics.c - the dataset in the name of something that is made of it: a topic of Kafka, `server.shop.orders`, and a stream of
 * Singer and Meltano, `shop-orders`.
 *
 * What makes these names is set elsewhere. So they are a person's, where the place says what they are.
 */
#include "rewrite/program/program.h"
#include "rewrite/sql/parts.h"

#include "base/text.h"

#include <string.h>

bool
use_is_topic(Unit *unit, const Use *use, const NameText *name)
{
    static const char *const keys[] = {"topic",     "topics",    "topics.regex", "topic_name",
                                       "topicName", "topicList", "topic.name",   NULL};
    static const char *const calls[] = {"subscribe", "KafkaListener", "KafkaConsumer",
                                        "topic",     "assign",        NULL};
    guint count = name->path.count;
    guint callee = unit_callee_around(unit, use->first); /* also of a list */
    if (count < 3 || (!span_is_among(unit->text, use->key, keys) &&
                      !(callee != G_MAXUINT && unit_is_among(unit, callee, calls))))
        return false;
    const GPtrArray *list =
        renames_ending_in(unit->work->renames, RENAMES_BY_LAST, name->parts[count - 1].text);
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const Rename *rename = g_ptr_array_index(list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            guint length = g_strv_length(spelling->source);
            if (length > 1 && strcmp(spelling->last, name->parts[count - 1].text) == 0 &&
                strcmp(spelling->source[length - 2], name->parts[count - 2].text) == 0)
                return true;
        }
    }
    return false;
}

/* ---- streams ---- */

static bool
speaks_of_taps(const Unit *unit)
{
    static const char *const words[] = {"tap_stream_id", "extractors", NULL};
    for (size_t i = 0; words[i] != NULL; i++)
        if (program_has_word(unit->work, words[i]))
            return true;
    return false;
}

/* shop-orders of shop.orders, where `*at` begins in the text; SIZE_MAX: it is not there. */
static size_t
stream_in(const Text *text, const Spelling *spelling, size_t *ret_bytes)
{
    guint length = g_strv_length(spelling->source);
    size_t at;
    if (length < 2)
        return SIZE_MAX;
    g_autofree char *stream =
        g_strdup_printf("%s-%s", spelling->source[length - 2], spelling->last);
    *ret_bytes = strlen(stream);
    return find_word(text->bytes, text->count, stream, &at) ? at : SIZE_MAX;
}

bool
program_stream(Unit *unit, const Text *text)
{
    const GPtrArray *list = unit->work->renames->list;
    if (!unit->language->is_data || memchr(text->bytes, '-', text->count) == NULL ||
        !speaks_of_taps(unit))
        return false;
    for (guint i = 0; i < list->len; i++) {
        const Rename *rename = g_ptr_array_index(list, i);
        for (guint s = 0; !rename->is_derived && s < rename->spellings->len; s++) {
            size_t bytes, at = stream_in(text, g_ptr_array_index(rename->spellings, s), &bytes);
            if (at == SIZE_MAX)
                continue;
            program_refuse(unit->work, text, SITE_MENTION, at, at + bytes, "in-string", NULL,
                           "this is a stream that is called by the dataset: who makes its name "
                           "gives it another one then");
            return true;
        }
    }
    return false;
}

/* ---- keys ---- */

/* members = { … } below shop = { … }, with or without a sign: what is set in the bracket there. */
static Span
name_of_bracket(const Unit *unit, guint open)
{
    guint before = unit_previous(unit, open, true);
    if (before != G_MAXUINT && (unit_is_sign(unit, before, '=') || unit_is_sign(unit, before, ':')))
        before = unit_previous(unit, before, true);
    const Piece *piece = unit_piece(unit, before);
    return before == G_MAXUINT            ? (Span){0}
           : piece->kind == PIECE_LITERAL ? (Span){piece->inner_begin, piece->inner_end}
           : piece->kind == PIECE_WORD    ? piece_span(piece)
                                          : (Span){0};
}

bool
word_is_key_of_dataset(Unit *unit, guint index, const Rename *rename)
{
    guint behind = unit_next(unit, index, false);
    bool is_key = unit->language->is_data && !unit->language->has_sql_values &&
                  (unit_is_sign(unit, behind, '=') || unit_is_sign(unit, behind, ':') ||
                   unit_is_sign(unit, behind, '{'));
    guint open = is_key ? unit_bracket_around(unit, index) : G_MAXUINT;
    for (; open != G_MAXUINT; open = unit_bracket_around(unit, open)) {
        Span name = name_of_bracket(unit, open);
        for (guint s = 0; name.end > 0 && s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            guint length = g_strv_length(spelling->source);
            if (length > 1 && span_is(unit->text, name, spelling->source[length - 2]))
                return true;
        }
    }
    return false;
}
