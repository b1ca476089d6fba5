/* glob.c - see glob.h. One place to go back to is enough, for names and for stars: the last star can take all that an earlier could. */
#include "forge/glob.h"

#include <stddef.h>
#include <string.h>

/* ---- one name ---- */

/* The end of "[a-z]" or "[!a-z]", behind its bracket; NULL where it is none: then `[` is a sign like others. */
static const char *
end_of_set(const char *set)
{
    const char *at = set + 1;
    if (*at == '!' || *at == '^')
        at++;
    if (*at == ']')
        at++;
    while (*at != '\0' && *at != ']' && *at != '/')
        at++;
    return *at == ']' ? at + 1 : NULL;
}

static bool
set_has(const char *set, const char *end, char sign)
{
    const char *at = set + 1, *last = end - 1;
    bool is_not = *at == '!' || *at == '^', has = false;
    for (at += is_not; at < last; at++) {
        bool is_range = at + 2 < last && at[1] == '-';
        unsigned char from = (unsigned char) *at, to = (unsigned char) at[is_range ? 2 : 0];
        has |= (unsigned char) sign >= from && (unsigned char) sign <= to;
        at += is_range ? 2 : 0;
    }
    return has != is_not;
}

/* One sign of the pattern against one of the name: what follows in the pattern, or NULL. */
static const char *
sign_fits(const char *pattern, const char *end, char sign)
{
    const char *set_end = *pattern == '[' ? end_of_set(pattern) : NULL;
    if (*pattern == '?')
        return pattern + 1;
    if (set_end != NULL && set_end <= end)
        return set_has(pattern, set_end, sign) ? set_end : NULL;
    if (*pattern == '\\' && pattern + 1 < end)
        pattern++;
    return *pattern == sign ? pattern + 1 : NULL;
}

static bool
name_fits(const char *pattern, const char *pattern_end, const char *name, const char *name_end)
{
    const char *star = NULL, *taken = NULL;
    while (name < name_end) {
        if (pattern < pattern_end && *pattern == '*') {
            star = ++pattern;
            taken = name;
            continue;
        }
        const char *next = pattern < pattern_end ? sign_fits(pattern, pattern_end, *name) : NULL;
        if (next != NULL) {
            pattern = next;
            name++;
        } else if (star != NULL) {
            pattern = star;
            name = ++taken;
        } else {
            return false;
        }
    }
    while (pattern < pattern_end && *pattern == '*')
        pattern++;
    return pattern == pattern_end;
}

/* ---- names between slashes ---- */

static const char *
end_of_name(const char *at)
{
    return at + strcspn(at, "/");
}

static const char *
behind_name(const char *end)
{
    return *end == '/' ? end + 1 : NULL;
}

static bool
is_folders(const char *pattern, const char *end)
{
    return end - pattern == 2 && pattern[0] == '*' && pattern[1] == '*';
}

/* `**` at the end takes at least one name: "docs" followed by it is what lies in docs, not docs itself. */
bool
glob_fits(const char *pattern, const char *path)
{
    const char *folders = NULL, *taken = NULL;
    while (path != NULL) {
        const char *end = pattern != NULL ? end_of_name(pattern) : NULL;
        if (pattern != NULL && is_folders(pattern, end)) {
            if (*end == '\0')
                return true;
            folders = pattern = end + 1;
            taken = path;
            continue;
        }
        const char *path_end = end_of_name(path);
        if (pattern != NULL && name_fits(pattern, end, path, path_end)) {
            pattern = behind_name(end);
            path = behind_name(path_end);
        } else if (folders != NULL) {
            pattern = folders;
            path = taken = behind_name(end_of_name(taken));
        } else {
            return false;
        }
    }
    return pattern == NULL;
}
