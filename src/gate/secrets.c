/* secrets.c - what people must not be given to merge without seeing it: secrets, and characters that do not show. */
#include "gate/inside.h"

#include <string.h>

static const struct {
    const char *what, *pattern;
} secrets[] = {
    {"a private key", "-----BEGIN [A-Z ]*PRIVATE KEY-----"},
    {"a key of AWS", "\\b(?:AKIA|ASIA)[0-9A-Z]{16}\\b"},
    {"a token of GitHub", "\\bgh[pousr]_[A-Za-z0-9]{30,}|\\bgithub_pat_[A-Za-z0-9_]{30,}"},
    {"a token of GitLab", "\\bglpat-[A-Za-z0-9_-]{18,}"},
    {"a token of Slack", "\\bxox[abprs]-[A-Za-z0-9-]{10,}"},
    {"a key of Google", "\\bAIza[0-9A-Za-z_-]{35}"},
    {"a key of a model", "\\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{20,}"},
    {"a token", "\\beyJ[A-Za-z0-9_-]{10,}\\.[A-Za-z0-9_-]{10,}\\.[A-Za-z0-9_-]{10,}"},
    {"a password in an address", "\\b[a-z][a-z0-9+.-]*://[^/\\s:@\"'{}$]+:[^@/\\s\"'{}$]{3,}@"},
    {"a password",
     "(?i)\\b(?:password|passwd|secret|api_?key|access_?token|auth_?token)\\w*[\"']?\\s*[:=]\\s*"
     "[\"'][^\"'\\s{}$]{8,}[\"']"},
};

static void
look_at_line(const Gate *gate, guint index)
{
    g_autofree char *line = source_words(gate->after, gate->after->text, index);
    for (size_t i = 0; i < G_N_ELEMENTS(secrets); i++)
        if (g_regex_match_simple(secrets[i].pattern, line, G_REGEX_RAW, 0)) {
            gate_say(gate, "secret", (int) index + 1, "%s stands here; no secret goes into code",
                     secrets[i].what);
            return;
        }
}

void
rule_secrets(const Gate *gate)
{
    for (guint i = 0; i < gate->hunks->len; i++) {
        const Hunk *hunk = &g_array_index(gate->hunks, Hunk, i);
        for (guint k = 0; k < hunk->added; k++)
            look_at_line(gate, hunk->after + k);
    }
}

/* ---- characters ---- */

static bool
is_hidden(gunichar c)
{
    GUnicodeType type = g_unichar_type(c);
    if (c == '\t' || c == '\n' || c == '\r' || c == ' ')
        return false;
    return type == G_UNICODE_CONTROL || type == G_UNICODE_FORMAT || type == G_UNICODE_PRIVATE_USE ||
           type == G_UNICODE_UNASSIGNED || type == G_UNICODE_LINE_SEPARATOR ||
           type == G_UNICODE_PARAGRAPH_SEPARATOR || type == G_UNICODE_SPACE_SEPARATOR ||
           (c >= 0xfe00 && c <= 0xfe0f) || c == 0x115f || c == 0x1160 || c == 0x3164 || c == 0xffa0;
}

/* Letters of these look like Latin ones. */
static bool
is_lookalike(gunichar c)
{
    return g_unichar_isalpha(c) && ((c >= 0x370 && c <= 0x58f) || (c >= 0x13a0 && c <= 0x13ff) ||
                                    (c >= 0xff21 && c <= 0xff5a) || (c >= 0x1d400 && c <= 0x1d7ff));
}

/* Is it part of a word with Latin letters? */
static bool
is_mixed(const char *line, const char *at)
{
    const char *from = at, *to = g_utf8_next_char(at);
    bool has_latin = false;
    while (from > line &&
           (g_unichar_isalnum(g_utf8_get_char(g_utf8_prev_char(from))) || from[-1] == '_'))
        from = g_utf8_prev_char(from);
    while (*to != '\0' && (g_unichar_isalnum(g_utf8_get_char(to)) || *to == '_'))
        to = g_utf8_next_char(to);
    for (; from < to; from = g_utf8_next_char(from))
        has_latin |= g_ascii_isalpha(*from);
    return has_latin;
}

static void
look_at_characters(const Gate *gate, guint index)
{
    g_autofree char *line = source_words(gate->after, gate->after->text, index);
    for (const char *at = line; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        char bytes[8] = "";
        g_unichar_to_utf8(c, bytes);
        if (c < 0x80 ? !is_hidden(c) : strstr(gate->before->text, bytes) != NULL && is_hidden(c))
            continue;
        if (is_hidden(c))
            gate_say(gate, "hidden-characters", (int) index + 1,
                     "the character U+%04X does not show here; write what people can see", c);
        else if (is_lookalike(c) && is_mixed(line, at))
            gate_say(gate, "mixed-script", (int) index + 1,
                     "the letter U+%04X looks like another one in this name; write the plain one",
                     c);
        else
            continue;
        return;
    }
}

void
rule_characters(const Gate *gate)
{
    for (guint i = 0; i < gate->hunks->len; i++) {
        const Hunk *hunk = &g_array_index(gate->hunks, Hunk, i);
        for (guint k = 0; k < hunk->added; k++)
            look_at_characters(gate, hunk->after + k);
    }
}
