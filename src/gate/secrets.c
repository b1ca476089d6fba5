/* secrets.c - what people must not be given to merge: passwords, tokens and keys. */
#include "gate/inside.h"

#include <string.h>

/* db_password, apiKey, "client-secret"… */
#define SECRET_NAME                                                                                \
    "(?i)(?:password|passwd|pwd|secret|api_?key|access_?key|private_?key|(?:access|auth|api|"      \
    "refresh)_?token|credential)\\w*[\"']?\\s*"

static const struct {
    const char *what, *pattern;
} secrets[] = {
    {"a private key", "-----BEGIN [A-Z ]*PRIVATE KEY(?: BLOCK)?-----"},
    {"a key of AWS", "\\b(?:AKIA|ASIA)[0-9A-Z]{16}\\b"},
    {"a token of GitHub", "\\bgh[pousr]_[A-Za-z0-9]{30,}|\\bgithub_pat_[A-Za-z0-9_]{30,}"},
    {"a token of GitLab", "\\bgl(?:pat|ptt|rt|cbt)-[A-Za-z0-9_-]{18,}"},
    {"a token of Slack", "\\bxox[abeprs]-[A-Za-z0-9-]{10,}|\\bxapp-[A-Za-z0-9-]{10,}"},
    {"a key of Google", "\\bAIza[0-9A-Za-z_-]{35}|\\bya29\\.[0-9A-Za-z_-]{20,}"},
    {"a key of Stripe", "\\b[srp]k_(?:live|test)_[0-9A-Za-z]{16,}"},
    {"a key of Azure", "\\b(?:Account|SharedAccess)Key=[A-Za-z0-9+/=]{30,}"},
    {"a token of a registry",
     "\\bnpm_[A-Za-z0-9]{36}\\b|\\bpypi-[A-Za-z0-9_-]{30,}|\\bhf_[A-Za-z]{30,}"},
    {"a token of a host",
     "\\bdop_v1_[a-f0-9]{40,}|\\bSG\\.[A-Za-z0-9_-]{16,}\\.[A-Za-z0-9_-]{16,}"},
    {"a key of a model", "\\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{20,}"},
    {"a token", "\\beyJ[A-Za-z0-9_-]{10,}\\.[A-Za-z0-9_-]{10,}\\.[A-Za-z0-9_-]{10,}"},
    {"a token", "\\b(?:Bearer|Basic)\\s+(?=[A-Za-z0-9+/_=.-]*\\d)[A-Za-z0-9+/_=.-]{20,}"},
    {"a password in an address", "\\b[a-z][a-z0-9+.-]*://[^/\\s:@\"'{}$]+:[^@/\\s\"'{}$]{3,}@"},
    {"a token", "(?i)\\b\\w*token[\"']?\\s*[:=]\\s*[\"'](?=[^\"']*\\d)[A-Za-z0-9_./+=-]{20,}[\"']"},
    {"a password", SECRET_NAME "[:=]\\s*[\"'][^\"'\\s{}$]{8,}[\"']"},
    {"a password", SECRET_NAME "[:=]\\s*(?=\\S*\\d)[A-Za-z0-9+/_=!@#%^&*-]{12,}\\s*$"},
};

/* What stood in the text before is not this change's. */
static bool
has_new(const Gate *gate, const char *line, const char *pattern)
{
    g_autoptr(GRegex) regex = g_regex_new(pattern, G_REGEX_RAW, 0, NULL);
    g_autoptr(GMatchInfo) info = NULL;
    for (g_regex_match(regex, line, 0, &info); g_match_info_matches(info);
         g_match_info_next(info, NULL)) {
        g_autofree char *word = g_match_info_fetch(info, 0);
        if (strstr(gate->before->text, word) == NULL)
            return true;
    }
    return false;
}

static void
look_at_line(const Gate *gate, guint index)
{
    g_autofree char *line = source_words(gate->after, gate->after->text, index);
    for (size_t i = 0; i < G_N_ELEMENTS(secrets); i++)
        if (has_new(gate, line, secrets[i].pattern)) {
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
