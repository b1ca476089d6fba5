/*
 * guess.h - which dialect a text is written in, when nobody says.
 *
 * Each dialect has words and signs of its own; those that a text holds outside of its strings and comments vote. Few
 * texts say nothing, and these are mostly in the dialect of their neighbours: so files of a repository vote, too.
 */
#pragma once

#include "sql/token.h"

#define GUESS_DIALECTS_MAX 16

/* How often each dialect was found; begins with zeros. */
typedef struct {
    int of[GUESS_DIALECTS_MAX];
} GuessVotes;

/* The dialect that the text looks most like; NULL when it does not tell. `*ret_doubts_quotes`, which may be NULL: "x" is a name in it, and
 * too little tells the text from one of a dialect in which that is a string. */
const Dialect *guess_text(const char *text, size_t bytes, bool *ret_doubts_quotes);

/* What guess_text() finds, and `usual`, which is not doubted, when it does not tell; ANSI when that is NULL. Never NULL. */
const Dialect *dialect_guess(const char *text, size_t bytes, const Dialect *usual,
                             bool *ret_doubts_quotes);

/* One text has spoken; NULL is no vote. */
void guess_vote(GuessVotes *votes, const Dialect *dialect);
/* What at least two of three votes are for; NULL when there is no such dialect. */
const Dialect *guess_winner(const GuessVotes *votes);
