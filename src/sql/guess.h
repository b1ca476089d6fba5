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

/* The dialect that the text looks most like; NULL when it does not tell. */
const Dialect *guess_text(const char *text, size_t bytes);

/* Is this what guess_text() finds there, a dialect in which "x" is a name, and too little tells the text from one of a dialect in which
 * that is a string? */
bool guess_doubts_quotes(const Dialect *dialect, const char *text, size_t bytes);

/* What guess_text() finds, and `usual` when it does not tell; ANSI when that is NULL. Never NULL. */
const Dialect *dialect_guess(const char *text, size_t bytes, const Dialect *usual);

/* One text has spoken; NULL is no vote. */
void guess_vote(GuessVotes *votes, const Dialect *dialect);
/* What at least two of three votes are for; NULL when there is no such dialect. */
const Dialect *guess_winner(const GuessVotes *votes);
