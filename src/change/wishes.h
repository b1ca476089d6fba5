/*
 * wishes.h - what a repository asks of Honk, in a file of its own: no changes, none before a day, none of some files, none that
 * are larger than so; drafts, proposals in its team's hours only; to be merged without a person.
 *
 * `.honk.yaml` in the repository's first folder (docs/changes.md). Its team writes it, and needs nobody's yes. What cannot be
 * read is taken for a no: a change that nobody wanted is worse than one that waits.
 */
#pragma once

#include "base/json.h"

#define WISHES_PATH ".honk.yaml"

typedef struct {
    char *refusal;                /* why nothing may be changed; NULL: something may */
    char *why;                    /* for people; or NULL */
    GPtrArray *leave;             /* char *: files that stay, as patterns */
    bool merges;                  /* Honk may merge, in the team's hours */
    bool is_draft;                /* pull requests are opened as drafts */
    bool keeps_hours;             /* … and in the team's hours only */
    int64_t files_max, lines_max; /* of one change; 0: no limit */
    int64_t pulls_max;            /* changes that are open at once; 0: no limit */
    int days[2];                  /* 1 (Monday) to 7: from, to */
    int minutes[2];               /* of a day: from, to; to is before from: of the next day */
    char *zone;                   /* "Europe/Stockholm"; NULL: UTC */
    char *not_before;             /* "2026-12-24": no proposal before that day (UTC); or NULL */
} Wishes;

/* Never NULL. `text` need not be UTF-8; anything beyond 64 KiB is a refusal. */
Wishes *wishes_parse(const char *text, size_t bytes);
void wishes_free(Wishes *wishes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Wishes, wishes_free)

/* Why a change of so many files and lines (those that go and those that come) is too large, or NULL. Caller frees. `wishes` may be
 * NULL. */
char *wishes_against_size(const Wishes *wishes, int64_t files, int64_t lines);
/* Why this file stays, or NULL. Caller frees. `wishes` may be NULL. */
char *wishes_against(const Wishes *wishes, const char *path);
/* Is that moment within the team's hours? */
bool wishes_is_open(const Wishes *wishes, int64_t now_ms);
/* "Mon-Fri 09:00-17:00 UTC". Caller frees. */
char *wishes_hours_text(const Wishes *wishes);
/* The first moment of a day as of `not_before`, in milliseconds since 1970; 0 where it is no day. */
int64_t wishes_day_ms(const char *day);
