/*
 * hashed.c - rows as values of which it counts how many columns they have: they are hashed, compared, or made a text.
 *
 *   md5(u::text)    u.* IS DISTINCT FROM o.*    FARM_FINGERPRINT(TO_JSON_STRING(u))
 *
 * What is only handed on, as by ARRAY_AGG(u) or TO_JSON_STRING(u) alone, may have a column more, as `*` may.
 */
#include "base/text.h"
#include "rewrite/sql/parts.h"
#include "rewrite/work.h"

#include <string.h>

#define TOKENS_BACK_MAX                                                                            \
    400 /* before the row; people write one call in the other, and few arguments */

/* HASH(…), SHA256(…), FARM_FINGERPRINT(…): the word before the bracket. */
static bool
is_hash(const Work *work, guint open)
{
    static const char *const parts[] = {"hash", "md5",      "sha1",        "sha2",
                                        "sha5", "checksum", "fingerprint", "crc32"};
    const Token *word = work_token(work, open - (open > 0));
    if (open == 0 || (word->kind != TOKEN_WORD && word->kind != TOKEN_QUOTED))
        return false;
    g_autofree char *name = g_ascii_strdown(work->text + word->begin, word->end - word->begin);
    for (size_t i = 0; i < G_N_ELEMENTS(parts); i++)
        if (strstr(name, parts[i]) != NULL)
            return true;
    return false;
}

bool
sql_is_hashed(const Work *work, guint index)
{
    guint least = index > TOKENS_BACK_MAX ? index - TOKENS_BACK_MAX : 0;
    for (guint i = index; i > least; i--) {
        const Token *before = work_token(work, i - 1);
        if (before->kind == TOKEN_SEMICOLON)
            return false;
        if (before->kind == TOKEN_CLOSE && before->match > 0 && before->match < i - 1)
            i = before->match + 1;
        else if (before->kind == TOKEN_OPEN && is_hash(work, i - 1))
            return true;
    }
    return false;
}

/* Where the row begins and what is behind it, with u.* and brackets around it that are no call. */
static guint
behind_row(const Work *work, const SqlRef *ref, guint *ret_first)
{
    guint first = ref->path.parts[0].token, next = ref->path.parts[ref->path.count - 1].token + 1;
    if (work_token(work, next)->kind == TOKEN_DOT)
        next += 2; /* u.* */
    while (first > 0 && work_token(work, next)->kind == TOKEN_CLOSE &&
           work_token(work, next)->match == first - 1) {
        if (first > 1 && work_token(work, first - 2)->kind == TOKEN_WORD &&
            !work_is_text(work, first - 2, "ROW") && work_token(work, first - 2)->word == WORD_NONE)
            break; /* a call */
        next++;
        first--;
    }
    *ret_first = first;
    return next;
}

static bool
is_text_type(const Work *work, guint index)
{
    return work_is_text(work, index, "text") || work_is_text(work, index, "varchar");
}

/* PostgreSQL writes (1,red), without names; other engines write them into the text. Where nobody says the dialect, only it
 * takes (u.*) there. */
bool
sql_row_is_text_of_values(const Work *work, const SqlRef *ref)
{
    const Dialect *dialect = work->sql->dialect;
    guint first, next = behind_row(work, ref, &first), last = ref->path.parts[0].token;
    bool has_star = work_token(work, last + 1)->kind == TOKEN_DOT,
         is_cast = first > 1 && work_is_text(work, first - 2, "CAST") &&
                   work_token(work, first - 1)->kind == TOKEN_OPEN,
         is_its = strcmp(dialect->name, "postgres") == 0 || (dialect->is_any && has_star);
    return is_its &&
           ((work_is_text(work, next, "::") && is_text_type(work, next + 1)) ||
            (is_cast && work_token(work, next)->word == WORD_AS && is_text_type(work, next + 1)));
}

bool
sql_row_is_counted_whole(const Work *work, const SqlRef *ref)
{
    static const char *const behind[] = {"=", "<>", "!=", "<=>", "::", "IN", NULL},
                             *const before[] = {"=", "<>", "!=", "<=>", NULL};
    guint first, next = behind_row(work, ref, &first);
    bool is_distinct =
             work_is_text(work, next, "IS") &&
             (work_is_text(work, next + 1, "DISTINCT") || work_is_text(work, next + 2, "DISTINCT")),
         is_from = first > 1 && work_is_text(work, first - 1, "FROM") &&
                   work_is_text(work, first - 2, "DISTINCT"),
         is_cast =
             first > 1 && work_token(work, next)->word == WORD_AS &&
             (work_is_text(work, first - 2, "CAST") || work_is_text(work, first - 2, "SAFE_CAST"));
    return is_distinct || is_from || is_cast || sql_is_hashed(work, first) ||
           work_is_among(work, next, behind) ||
           (first > 0 && work_is_among(work, first - 1, before));
}
