/* moved.h - the changed lines of a file as words, and the parts that they have; inside of this room only. */
#pragma once

#include "gate/inside.h"

#define CONDITION_WORDS 8 /* of a condition are looked at */
#define NEAR_WORDS 4      /* between two names of one condition */

typedef struct {
    const Gate *gate;
    bool is_test, is_sql;
    GArray *was, *is; /* Token */
    GHashTable *was_count, *is_count;
    int was_moving, is_moving; /* how many of them */
} Move;

/* Is the word, in small letters, in such a list (words_…)? */
bool word_is_among(const char *words, const char *word);
/* As a whole word, in whatever letters. */
bool part_occurs(const char *text, const char *word);

/* ---- of one word ---- */

/* A name that moves, or what the mapping puts in its place. */
bool part_moves(const Move *move, const Token *token);
int part_count(const Move *move, const GArray *tokens); /* how many do */
bool part_is_number(const Token *token);
bool part_is_settings(const Move *move); /* of the file: values by names, and no code */
bool part_is_call(const Source *source, const Token *token);
char *part_literal(const Source *source, const Token *token); /* caller frees */
bool part_is_prefix(const Source *source, const Token *token);
bool part_is_prose(const Move *move, const Source *source, const Token *token);
bool part_is_import(const Source *source, const Token *token);

/* ---- among others; `tokens` are those of the source's changed lines ---- */

bool part_qualifies(const Move *move, const Source *source, const GArray *tokens, guint index);
bool part_reckons(const Move *move, const Source *source, const GArray *tokens, guint index);
bool part_is_argument(const Move *move, const Source *source, const Token *token);
/* One of so many words before (`step` -1) or after (1) moves. */
bool part_is_near(const Move *move, const GArray *tokens, guint index, int step, int words);
/* A name that gets its meaning on these lines. */
bool part_is_bound(const Source *source, const GArray *tokens, const char *text);

/* ---- of what a test is given ---- */

bool part_is_value(const Move *move, const Source *source, const GArray *tokens, guint index);
bool part_is_time(const Move *move, const Source *source, const Token *token);
bool part_is_longer(const Move *move, guint index);

/* ---- of what is gone (`index` of `was`) ---- */

/* `others`: the words on the other side. */
bool part_is_renumbered(const Move *move, const Token *token, const GArray *others);
bool part_is_said_still(const Move *move, guint index);
bool part_is_length(const Move *move, guint index);

/* ---- of what came (`index` of `is`) ---- */

bool part_is_slice(const Source *source, const Token *token);
bool part_asks(const Move *move, guint index, int step, int words);
bool part_of_value(const Move *move, guint index);
bool part_is_new_key(const Move *move, const Token *token);
bool part_is_option(const Move *move, guint index);
bool part_is_filter(const Move *move, guint index);
bool part_masks(const Move *move, const Token *token);
bool part_is_of_split(const Move *move, guint index);
bool part_leaves_out(const Move *move, guint index);
bool part_is_made_up(const Move *move, guint index);
bool part_is_fragment(const Move *move, const Token *token);
bool part_is_bound_for_rows(const Move *move, guint index);
bool part_had_condition(const Move *move);
/* A number by which something is reckoned that does not move: `count(*) + 1`. */
bool part_shifts(const Move *move, const Token *token);
/* In an assertion, it makes what is asked the same as what is expected, and is not about a column that moves. */
bool part_equalizes(const Move *move, guint index);
bool part_is_setting(const Move *move, const Token *token);
