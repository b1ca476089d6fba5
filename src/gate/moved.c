/*
 * moved.c - within a statement that moves, is it the move that changes it?
 *
 * Words are counted in all changed lines, before and after; what was only moved about counts the same. A word that is gone
 * has to be a name that moves, or to have belonged to one. A word that came has to have a part in the new expression: in
 * tests that is all that may come, in code what leaves rows out, hides what is missing or goes another way may not.
 */
#include "gate/moved.h"

#include <string.h>

#define TOKENS_MAX 10000 /* some hundred statements: more than people read */

/* ---- what is gone ---- */

/* Two conditions on names that became one: the word between them is gone, and a name. */
static bool
loses_joint(const Move *move)
{
    static const char *const joints[] = {"and", "&&"};
    int fewer = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(joints); i++)
        fewer += GPOINTER_TO_INT(g_hash_table_lookup(move->was_count, joints[i])) -
                 GPOINTER_TO_INT(g_hash_table_lookup(move->is_count, joints[i]));
    return fewer > 0 && move->was_moving > move->is_moving;
}

static bool
may_go(const Move *move, guint index)
{
    const Source *source = move->gate->before;
    const Token *token = token_at(move->was, index);
    if (part_moves(move, token) || word_is_among(words_converting, token->text) ||
        word_is_among(words_binding, token->text) ||
        part_qualifies(move, source, move->was, index) ||
        part_reckons(move, source, move->was, index) || part_is_prefix(source, token) ||
        part_is_argument(move, source, token) || part_is_prose(move, source, token) ||
        part_is_length(move, index) || (token->is_word && part_is_said_still(move, index)))
        return true;
    if (move->is_test && part_is_time(move, source, token))
        return true;
    if (move->is_test && part_is_value(move, source, move->was, index))
        return move->is_moving >= move->was_moving; /* else a row is gone */
    if (word_is_among(words_between, token->text))
        return (strcmp(token->text, "not") != 0 || move->was_moving > move->is_moving) &&
               part_is_near(move, move->was, index, -1, NEAR_WORDS) &&
               part_is_near(move, move->was, index, 1, NEAR_WORDS);
    if (word_is_among(" == === ", token->text))
        return loses_joint(move) && part_is_near(move, move->was, index, -1, NEAR_WORDS);
    if (!token->is_word || part_is_number(token) || token->is_quoted)
        return false;
    return part_is_import(source, token) || part_is_renumbered(move, token, move->is) ||
           (part_is_bound(source, move->was, token->text) &&
            !part_occurs(move->gate->after->bare, token->text));
}

static void
say_gone(const Move *move, const Token *token)
{
    g_autofree char *word = g_strndup(move->gate->before->plain + token->at, token->bytes);
    int line = (int) token->line + 1;
    if (!move->is_test)
        gate_say(move->gate, "out-of-scope", line,
                 "'%s' is gone, which does not move; only names that move give way", word);
    else if (token->is_quoted || part_is_number(token))
        gate_say(move->gate, "expected-edited", line,
                 "a test had '%s' here; it has to have it still", word);
    else
        gate_say(move->gate, "test-weakened", line,
                 "'%s' is gone from a test, and does not move; put it back", word);
}

static bool
look_at_gone(const Move *move)
{
    for (guint i = 0; i < move->was->len; i++) {
        const Token *token = token_at(move->was, i);
        int fewer = GPOINTER_TO_INT(g_hash_table_lookup(move->was_count, token->text)) -
                    GPOINTER_TO_INT(g_hash_table_lookup(move->is_count, token->text));
        if (fewer <= 0 || may_go(move, i))
            continue;
        for (guint k = 0; k < move->was->len; k++)
            if (strcmp(token_at(move->was, k)->text, token->text) == 0)
                fewer -= may_go(move, k);
        if (fewer <= 0)
            continue;
        say_gone(move, token);
        return true;
    }
    return false;
}

/* ---- what came ---- */

static bool
may_come_to_test(const Move *move, guint index)
{
    static const char numbers[] = " 0 1 2 1000 1000000 ";
    const Source *source = move->gate->after;
    const Token *token = token_at(move->is, index);
    if (!token->is_word || part_is_slice(source, token) || part_equalizes(move, index))
        return false;
    return part_moves(move, token) || part_is_prose(move, source, token) ||
           part_is_longer(move, index) || part_is_value(move, source, move->is, index) ||
           part_is_time(move, source, token) || word_is_among(words_converting, token->text) ||
           word_is_among(words_binding, token->text) ||
           word_is_among(words_of_query, token->text) || word_is_among(numbers, token->text) ||
           part_qualifies(move, source, move->is, index) ||
           part_reckons(move, source, move->is, index) || part_is_import(source, token) ||
           part_is_renumbered(move, token, move->was) ||
           (!token->is_quoted && part_is_bound(source, move->is, token->text));
}

static bool
may_come_to_code(const Move *move, guint index)
{
    const Source *source = move->gate->after;
    const Token *token = token_at(move->is, index);
    bool is_query = move->is_sql || token->is_quoted;
    if (part_is_fragment(move, token) || part_is_made_up(move, index) ||
        part_is_bound_for_rows(move, index) || part_shifts(move, token))
        return false;
    if (part_moves(move, token) || part_is_prose(move, source, token))
        return true;
    if (word_is_among(" true false ", token->text))
        return index > 0 && (part_moves(move, token_at(move->is, index - 1)) ||
                             word_is_among(words_converting, token_at(move->is, index - 1)->text));
    if (is_query && word_is_among(words_joining, token->text) && !part_is_call(source, token))
        return false;
    if (is_query && word_is_among(words_grouping, token->text))
        return false;
    if (part_is_option(move, index) || part_is_filter(move, index) ||
        part_leaves_out(move, index) || part_masks(move, token) || part_is_setting(move, token) ||
        (part_is_settings(move) && !token->is_word) ||
        (is_query && strcmp(token->text, "and") == 0 && !part_had_condition(move)) ||
        (!is_query && strcmp(token->text, "with") == 0))
        return false;
    if (part_is_slice(source, token) || part_is_new_key(move, token))
        return part_of_value(move, index);
    if (part_is_of_split(move, index))
        return true;
    if (strcmp(token->text, "slice") == 0)
        return false;
    if (word_is_among(words_hiding, token->text))
        return !is_query && word_is_among(" null except nothing cross union ", token->text);
    if (word_is_among(" or || ", token->text) && !part_asks(move, index, -1, NEAR_WORDS))
        return false;
    if (word_is_among(words_asking, token->text))
        return part_asks(move, index, 1, CONDITION_WORDS);
    if (word_is_among(words_comparing, token->text))
        return part_asks(move, index, 1, NEAR_WORDS) || part_asks(move, index, -1, NEAR_WORDS);
    return !g_str_has_prefix(token->text, "catch") && !g_str_has_prefix(token->text, "recover");
}

static bool
may_come(const Move *move, guint index)
{
    return move->is_test ? may_come_to_test(move, index) : may_come_to_code(move, index);
}

static void
say_came(const Move *move, const Token *token)
{
    g_autofree char *word = g_strndup(move->gate->after->plain + token->at, token->bytes);
    int line = (int) token->line + 1;
    if (!move->is_test)
        gate_say(move->gate, "out-of-scope", line,
                 "'%s' came, and is not asked of what moves; leave it out", word);
    else if (token->is_quoted || part_is_number(token))
        gate_say(move->gate, "expected-edited", line, "a test did not have '%s' here; leave it out",
                 word);
    else
        gate_say(move->gate, "test-weakened", line,
                 "'%s' came into a test, and has no part in what moves; leave it out", word);
}

static bool
look_at_came(const Move *move)
{
    for (guint i = 0; i < move->is->len; i++) {
        const Token *token = token_at(move->is, i);
        int more = GPOINTER_TO_INT(g_hash_table_lookup(move->is_count, token->text)) -
                   GPOINTER_TO_INT(g_hash_table_lookup(move->was_count, token->text));
        if (more <= 0 || may_come(move, i))
            continue;
        for (guint k = 0; k < move->is->len; k++)
            if (strcmp(token_at(move->is, k)->text, token->text) == 0)
                more -= may_come(move, k);
        if (more <= 0)
            continue;
        say_came(move, token);
        return true;
    }
    return false;
}

/* ---- the order ---- */

static bool
is_kept(const Move *move, const Token *token)
{
    return !part_moves(move, token) && !part_is_number(token) && token->is_word &&
           !word_is_among(words_converting, token->text) &&
           !word_is_among(words_binding, token->text) &&
           GPOINTER_TO_INT(g_hash_table_lookup(move->is_count, token->text)) ==
               GPOINTER_TO_INT(g_hash_table_lookup(move->was_count, token->text));
}

/* In a test what stays comes in its order: what was done last is not done first. */
static bool
look_at_order(const Move *move)
{
    guint at = 0;
    for (guint i = 0; move->is_test && i < move->was->len; i++) {
        const Token *token = token_at(move->was, i);
        if (!is_kept(move, token))
            continue;
        while (at < move->is->len && strcmp(token_at(move->is, at)->text, token->text) != 0)
            at++;
        if (at++ < move->is->len)
            continue;
        gate_say(move->gate, "test-weakened", (int) token->line + 1,
                 "a test has '%s' in another place of its order; let it stand where it stood",
                 token->text);
        return true;
    }
    return false;
}

/* ---- commands ---- */

/* In a script: another way from one command to the next. */
static void
look_at_joints(const Gate *gate)
{
    if (!marks_are_for(" sh bash zsh ksh bats ", gate->file->path) ||
        marks_count(gate->after->bare, marks_joints) <=
            marks_count(gate->before->bare, marks_joints))
        return;
    gate_say(gate, "check-disabled",
             marks_line(gate, gate->before->bare, gate->after->bare, marks_joints),
             "one command leads to the next in another way than before; let it lead as it led");
}

/* It would go on without rows, or with a value that nobody has. */
static void
look_at_defaults(const Move *move)
{
    const Gate *gate = move->gate;
    if (!move->is_test && marks_count(gate->after->plain, marks_defaults) >
                              marks_count(gate->before->plain, marks_defaults))
        gate_say(gate, "check-disabled",
                 marks_line(gate, gate->before->plain, gate->after->plain, marks_defaults),
                 "something else is taken here where nothing is found; let it be missed");
}

static void
look_for_more(const Gate *gate, const char *const *marks, const char *code, const char *text)
{
    if (marks_count(gate->after->plain, marks) > marks_count(gate->before->plain, marks))
        gate_say(gate, code, marks_line(gate, gate->before->plain, gate->after->plain, marks), "%s",
                 text);
}

/* Does a changed line assert something? What code asserts is looked at as closely as a test. */
static bool
asserts(const Gate *gate)
{
    for (guint i = 0; i < gate->hunks->len; i++) {
        const Hunk *hunk = &g_array_index(gate->hunks, Hunk, i);
        if (marks_in_lines(gate->before, gate->before->bare, hunk->before, hunk->removed,
                           marks_asserts) > 0)
            return true;
    }
    return false;
}

void
rule_moved(const Gate *gate)
{
    if (gate->findings->len > gate->said)
        return; /* it was said already, and better */
    Move move = {.gate = gate,
                 .is_test = gate_is_of_tests(gate) || asserts(gate),
                 .is_sql = g_str_has_suffix(gate->file->path, ".sql"),
                 .was = tokens_of(gate->before, gate->hunks, false),
                 .is = tokens_of(gate->after, gate->hunks, true)};
    move.was_moving = part_count(&move, move.was);
    move.is_moving = part_count(&move, move.is);
    move.was_count = tokens_count(move.was);
    move.is_count = tokens_count(move.is);
    if (move.was->len > TOKENS_MAX || move.is->len > TOKENS_MAX)
        gate_say(gate, "too-large", 0, "more than %d words are in the changed lines; change less",
                 TOKENS_MAX);
    else if (!look_at_gone(&move) && !look_at_came(&move) && !look_at_order(&move)) {
        look_at_joints(gate);
        look_at_defaults(&move);
        look_for_more(
            gate, marks_beside, "check-disabled",
            "this is begun here and not waited for, so nobody hears of its failure; do it "
            "in its turn");
        look_for_more(gate, marks_told, "reaches-out",
                      "this tells a log or a screen what it was not told before; leave it out");
    }
    g_hash_table_unref(move.was_count);
    g_hash_table_unref(move.is_count);
    g_array_unref(move.was);
    g_array_unref(move.is);
}
