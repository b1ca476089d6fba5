/*
 * codeowners.c - see codeowners.h.
 *
 * docs.github.com "About code owners", docs.gitlab.com "Code Owners: syntax and error handling", docs.gitea.com "Code owners".
 */
#include "forge/codeowners.h"
#include "forge/glob.h"

#include <string.h>

#define RULES_MAX                                                                                  \
    20000 /* lines that name somebody: a repository of a whole company has some thousands */
#define PATTERN_BYTES_MAX 1024
#define OWNER_BYTES_MAX 200 /* no name of a host's is half as long */
/* A pattern of ten signs can ask for years of trying; this is some milliseconds. */
#define TRIES "(*LIMIT_MATCH=20000)(*LIMIT_DEPTH=2000)"

typedef struct {
    size_t section;    /* of GitLab: a number for each name; else 0 */
    bool is_against;   /* `!` */
    char *glob;        /* GitHub, GitLab */
    GRegex *regex;     /* Gitea */
    GPtrArray *owners; /* char *; may be empty: nobody */
} Rule;

struct CodeOwners {
    ForgeKind kind;
    GPtrArray *rules;     /* Rule *, in the file's order */
    GHashTable *sections; /* name in lower case -> number */
};

static void
rule_free(void *data)
{
    Rule *rule = data;
    g_free(rule->glob);
    if (rule->regex != NULL)
        g_regex_unref(rule->regex);
    g_ptr_array_unref(rule->owners);
    g_free(rule);
}

const char *const *
codeowners_paths(ForgeKind kind)
{
    static const char *const github[] = {".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS",
                                         NULL};
    static const char *const gitlab[] = {"CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS",
                                         NULL};
    static const char *const gitea[] = {"CODEOWNERS", "docs/CODEOWNERS", ".gitea/CODEOWNERS",
                                        ".forgejo/CODEOWNERS", NULL};
    static const char *const *const paths[FORGE_KIND_COUNT] = {[FORGE_GITHUB] = github,
                                                               [FORGE_GITLAB] = gitlab,
                                                               [FORGE_GITEA] = gitea,
                                                               [FORGE_GIT] = github};
    return paths[kind];
}

/* ---- words of a line ---- */

/* Between blanks, up to a `#`. A backslash keeps the next sign from counting; Gitea takes it away, the others leave it to
 * the pattern. */
static GPtrArray *
words_of(const char *line, bool takes_backslash_away)
{
    GPtrArray *words = g_ptr_array_new_with_free_func(g_free);
    g_autoptr(GString) word = g_string_new(NULL);
    for (const char *at = line;; at++) {
        bool is_end = *at == '\0' || *at == '#';
        if (is_end || *at == ' ' || *at == '\t') {
            if (word->len > 0)
                g_ptr_array_add(words, g_strdup(word->str));
            g_string_truncate(word, 0);
            if (is_end)
                return words;
            continue;
        }
        if (*at == '\\' && at[1] != '\0') {
            if (!takes_backslash_away)
                g_string_append_c(word, *at);
            at++;
        }
        g_string_append_c(word, *at);
    }
}

/* "@ada", "@acme/identity", "ada@acme.example"; roles of GitLab ("@@maintainer") are nobody in particular. */
static bool
is_owner(const char *word)
{
    static const char signs[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.+/";
    const char *at = strchr(word, '@');
    if (at == NULL || strlen(word) > OWNER_BYTES_MAX || at[1] == '\0')
        return false;
    return strspn(word, signs) == (size_t) (at - word) && strspn(at + 1, signs) == strlen(at + 1);
}

static GPtrArray *
owners_among(const GPtrArray *words, guint from)
{
    GPtrArray *owners = g_ptr_array_new_with_free_func(g_free);
    for (guint i = from; i < words->len; i++)
        if (is_owner(words->pdata[i]))
            g_ptr_array_add(owners, g_strdup(words->pdata[i]));
    return owners;
}

/* ---- patterns ---- */

/* A folder's name stands for all in it; one without a slash before its end fits anywhere. `docs/` followed by a star is what lies
 * in docs itself, unlike in .gitignore. Caller frees. */
static char *
glob_of_github(const char *word)
{
    size_t bytes = strlen(word);
    const char *slash = strchr(word, '/');
    bool is_anchored = slash != NULL && slash[1] != '\0';
    const char *start = is_anchored ? "" : "**/";
    return g_strconcat(start, *word == '/' ? word + 1 : word, word[bytes - 1] == '/' ? "**" : "",
                       NULL);
}

/* Without a slash at its beginning it fits anywhere; only with one at its end it is a folder. Caller frees. */
static char *
glob_of_gitlab(const char *word)
{
    size_t bytes = strlen(word);
    return g_strconcat(*word == '/' ? "" : "**/", *word == '/' ? word + 1 : word,
                       word[bytes - 1] == '/' ? "**" : "", NULL);
}

static GRegex *
regex_of_gitea(const char *word)
{
    g_autofree char *whole = g_strdup_printf(TRIES "^%s$", word);
    return g_regex_new(whole, G_REGEX_RAW | G_REGEX_DOLLAR_ENDONLY, 0, NULL);
}

static bool
ends_as_files_only(const char *glob)
{
    return g_str_has_suffix(glob, "/*") && !g_str_equal(glob, "**/*");
}

static bool
rule_fits(const CodeOwners *owners, const Rule *rule, const char *path)
{
    if (rule->regex != NULL)
        return g_regex_match(rule->regex, path, 0, NULL) != rule->is_against;
    if (glob_fits(rule->glob, path))
        return true;
    if (owners->kind != FORGE_GITHUB || ends_as_files_only(rule->glob))
        return false;
    g_autofree char *inside = g_strconcat(rule->glob, "/**", NULL);
    return glob_fits(inside, path);
}

/* ---- reading ---- */

static void
add_rule(CodeOwners *owners, const char *word, size_t section, GPtrArray *take_owners)
{
    Rule *rule = g_new0(Rule, 1);
    rule->owners = take_owners;
    rule->section = section;
    rule->is_against = *word == '!' && owners->kind != FORGE_GITHUB;
    word += rule->is_against;
    bool is_sound = *word != '\0' && strlen(word) <= PATTERN_BYTES_MAX &&
                    (*word != '!' || owners->kind == FORGE_GITEA);
    if (is_sound && owners->kind == FORGE_GITEA)
        rule->regex = regex_of_gitea(word);
    else if (is_sound)
        rule->glob = owners->kind == FORGE_GITHUB ? glob_of_github(word) : glob_of_gitlab(word);
    if (rule->regex == NULL && rule->glob == NULL)
        rule_free(rule);
    else
        g_ptr_array_add(owners->rules, rule);
}

typedef struct {
    size_t section;
    GPtrArray *defaults; /* of the section; NULL: none */
} Place;

/* "[Name] @who", "^[Name]", "[Name][2] @who": one that is named again goes on, in upper or lower case. */
static bool
read_section(CodeOwners *owners, const char *line, Place *place)
{
    const char *open = *line == '^' ? line + 1 : line, *close = strchr(line, ']');
    if (owners->kind != FORGE_GITLAB || *open != '[' || close == NULL)
        return false;
    g_autofree char *raw = g_strndup(open + 1, (gsize) (close - open) - 1);
    g_autofree char *name = g_ascii_strdown(raw, -1);
    gpointer known = g_hash_table_lookup(owners->sections, name);
    size_t next = g_hash_table_size(owners->sections) + 1;
    place->section = known != NULL ? GPOINTER_TO_SIZE(known) : next;
    if (known == NULL)
        g_hash_table_insert(owners->sections, g_steal_pointer(&name), GSIZE_TO_POINTER(next));
    const char *rest = close + 1;
    if (*rest == '[' && strchr(rest, ']') != NULL)
        rest = strchr(rest, ']') + 1;
    g_autoptr(GPtrArray) words = words_of(rest, false);
    if (place->defaults != NULL)
        g_ptr_array_unref(place->defaults);
    place->defaults = owners_among(words, 0);
    return true;
}

static void
read_line(CodeOwners *owners, char *line, Place *place)
{
    g_strstrip(line);
    if (*line == '\0' || *line == '#' || read_section(owners, line, place))
        return;
    g_autoptr(GPtrArray) words = words_of(line, owners->kind == FORGE_GITEA);
    if (words->len == 0)
        return;
    g_autoptr(GPtrArray) named = owners_among(words, 1);
    bool names_nobody = named->len == 0 && place->defaults != NULL;
    add_rule(owners, words->pdata[0], place->section,
             g_ptr_array_ref(names_nobody ? place->defaults : named));
}

CodeOwners *
codeowners_parse(ForgeKind kind, const char *text, size_t bytes)
{
    CodeOwners *owners = g_new0(CodeOwners, 1);
    Place place = {0};
    owners->kind = kind == FORGE_GIT ? FORGE_GITHUB : kind;
    owners->rules = g_ptr_array_new_with_free_func(rule_free);
    owners->sections = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    if (bytes > CODEOWNERS_BYTES_MAX)
        return owners;
    for (const char *at = text, *end = text + bytes; at < end;) {
        const char *stop = memchr(at, '\n', (size_t) (end - at));
        stop = stop != NULL ? stop : end;
        g_autofree char *line = g_strndup(at, (gsize) (stop - at));
        if (owners->rules->len < RULES_MAX)
            read_line(owners, line, &place);
        at = stop + 1;
    }
    if (place.defaults != NULL)
        g_ptr_array_unref(place.defaults);
    return owners;
}

void
codeowners_free(CodeOwners *owners)
{
    if (owners == NULL)
        return;
    g_ptr_array_unref(owners->rules);
    g_hash_table_unref(owners->sections);
    g_free(owners);
}

/* ---- asking ---- */

static void
take(const Rule *rule, GHashTable *to)
{
    for (guint i = 0; i < rule->owners->len; i++)
        g_hash_table_add(to, g_strdup(rule->owners->pdata[i]));
}

/* From the end: the first that fits in a section is its last word, unless one of the section is against it. */
static void
add_by_section(const CodeOwners *owners, const char *path, GHashTable *to)
{
    g_autoptr(GHashTable) words = g_hash_table_new(NULL, NULL);
    g_autoptr(GHashTable) against = g_hash_table_new(NULL, NULL);
    GHashTableIter iter;
    void *section, *rule;
    for (guint i = owners->rules->len; i > 0; i--) {
        Rule *one = owners->rules->pdata[i - 1];
        section = GSIZE_TO_POINTER(one->section);
        if (!one->is_against && g_hash_table_contains(words, section))
            continue;
        if (rule_fits(owners, one, path))
            g_hash_table_insert(one->is_against ? against : words, section, one);
    }
    g_hash_table_iter_init(&iter, words);
    while (g_hash_table_iter_next(&iter, &section, &rule))
        if (!g_hash_table_contains(against, section))
            take(rule, to);
}

void
codeowners_add(const CodeOwners *owners, const char *path, GHashTable *to)
{
    if (owners->kind != FORGE_GITEA) {
        add_by_section(owners, path, to);
        return;
    }
    for (guint i = 0; i < owners->rules->len; i++)
        if (rule_fits(owners, owners->rules->pdata[i], path))
            take(owners->rules->pdata[i], to);
}
