/*
 * mention.c - the dataset's name in text that nobody understands: another language, a string, a template.
 *
 * A mention is a spelling as a word of its own; of a name with dots its last two parts are enough, because projects are
 * often put before it by the program.
 */
#include "base/text.h"
#include "rewrite/work.h"

#include <string.h>

static bool
is_word_byte(char c)
{
    return g_ascii_isalnum(c) || c == '_' || c == '-' || (unsigned char) c >= 0x80;
}

bool
find_word(const char *text, size_t bytes, const char *word, size_t *ret)
{
    const char *end = text + bytes;
    size_t length = strlen(word);
    for (const char *at = text;
         (at = text_find_folded(at, (size_t) (end - at), word)) != NULL && length > 0; at++) {
        bool begins = at == text || !is_word_byte(at[-1]);
        bool ends = at + length == end || !is_word_byte(at[length]);
        if (begins && ends) {
            *ret = (size_t) (at - text);
            return true;
        }
    }
    return false;
}

bool
rename_names_change(const Rename *rename, const char *text, size_t bytes)
{
    size_t at;
    for (guint i = 0; i < rename->changes->len; i++) {
        const ColumnChange *change = g_ptr_array_index(rename->changes, i);
        if (change->kind != CHANGE_NONE && find_word(text, bytes, change->column, &at))
            return true;
    }
    return false;
}

static bool
may_be_sql(const char *text, size_t bytes)
{
    static const char *const words[] = {
        "from",  "join",   "into",   "update", "table",    "with", "select", "using",
        "where", "on",     "set",    "values", "exec",     "drop", "as",     "references",
        "alter", "create", "delete", "insert", "truncate", "copy", "analyze"};
    size_t at = 0;
    for (size_t i = 0; i < G_N_ELEMENTS(words); i++)
        if (find_word(text, bytes, words[i], &at))
            return true;
    return memchr(text, '{', bytes) != NULL || memchr(text, '`', bytes) != NULL;
}

/* Of a text that is a value as a whole: SQL has its verb in front. */
static bool
begins_like_sql(const char *text, size_t bytes)
{
    static const char *const verbs[] = {"select", "with",  "insert", "update",   "delete", "merge",
                                        "create", "alter", "drop",   "truncate", "copy",   "exec",
                                        "call",   "grant", "from",   "begin",    "declare"};
    size_t at = 0, blanks = 0;
    while (blanks < bytes && (g_ascii_isspace(text[blanks]) || text[blanks] == '('))
        blanks++;
    for (size_t i = 0; i < G_N_ELEMENTS(verbs); i++)
        if (find_word(text + blanks, MIN(bytes - blanks, strlen(verbs[i]) + 1), verbs[i], &at) &&
            at == 0)
            return true;
    return find_word(text, bytes, "select", &at) && find_word(text, bytes, "from", &at);
}

bool
is_among_words(const char *text, size_t bytes, const char *word, bool is_value)
{
    size_t length = strlen(word), at = 0, from = 0;
    for (; find_word(text + from, bytes - from, word, &at); from += at + length) {
        size_t begin = from + at, end = begin + length;
        if ((begin == 0 && end == bytes) ||
            (begin > 0 && strchr(".\"[", text[begin - 1]) != NULL) ||
            (end < bytes && strchr(".\"](", text[end]) != NULL))
            return false;
    }
    return is_value ? !begins_like_sql(text, bytes) : !may_be_sql(text, bytes);
}

/* One of the signs right before `at`; else `at` itself. */
static size_t
before_sign(const char *text, size_t at, const char *signs)
{
    return at > 0 && strchr(signs, text[at - 1]) != NULL ? at - 1 : at;
}

/* Where a name begins whose part behind the dot begins at `at`; SIZE_MAX: another part is before it, or none. */
static size_t
first_before(const char *text, size_t at, const char *first)
{
    size_t bytes = strlen(first), dot = before_sign(text, at, "\"`[");
    size_t end = dot > 0 && text[dot - 1] == '.' ? before_sign(text, dot - 1, "\"`]") : 0;
    size_t begin = end >= bytes ? end - bytes : SIZE_MAX;
    bool is_it = begin != SIZE_MAX && g_ascii_strncasecmp(text + begin, first, bytes) == 0 &&
                 (begin == 0 || !is_word_byte(text[begin - 1]));
    return is_it ? begin : SIZE_MAX;
}

#define PATH_PART_MAX 256 /* bytes; stores allow fewer */
#define PATH_PARTS_MAX 8

/* The part before `end`, up to a slash or to what is no part of a path; `end` itself: there is none. */
static size_t
path_part(const char *text, size_t end)
{
    size_t least = end > PATH_PART_MAX ? end - PATH_PART_MAX : 0;
    while (end > least && (is_word_byte(text[end - 1]) || strchr("{}$.%", text[end - 1]) != NULL))
        end--;
    return end;
}

static bool
is_part(const char *text, size_t begin, size_t end, const char *part)
{
    return strlen(part) == end - begin && g_ascii_strncasecmp(text + begin, part, end - begin) == 0;
}

static bool
is_behind(const char *text, size_t end, const char *word)
{
    size_t bytes = strlen(word);
    return end >= bytes && g_ascii_strncasecmp(text + end - bytes, word, bytes) == 0;
}

/* Behind the :// of an address whose path goes up to `begin`; 0: this is none. */
static size_t
behind_scheme(const char *text, size_t begin)
{
    size_t end = begin;
    for (int i = 0; i < PATH_PARTS_MAX && is_behind(text, end, "/"); i++)
        end = is_behind(text, end, "://") ? end : path_part(text, end - 1);
    return is_behind(text, end, "://") ? end : 0;
}

/* bigquery://project/dataset/table: an address of a store, not of a page or a file. */
static bool
is_address_of_store(const char *text, size_t begin)
{
    static const char *const stores[] = {
        "bigquery",   "bq",     "snowflake", "postgres", "postgresql", "redshift", "mysql",
        "databricks", "trino",  "hive",      "spark",    "athena",     "glue",     "mssql",
        "sqlserver",  "oracle", "duckdb",    "sqlite",   "clickhouse", "unity"};
    size_t end = behind_scheme(text, begin), scheme = end > 0 ? end - strlen("://") : 0;
    if (end == 0)
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(stores); i++)
        if (is_behind(text, scheme, stores[i]))
            return true;
    return false;
}

/* Is what stands before the part at `begin` another project than the name's? Where something is put in, it may be it. */
static bool
is_of_other(const char *text, size_t begin, const char *word, const char *project)
{
    size_t end = begin >= strlen(word) ? begin - strlen(word) : 0;
    size_t first = path_part(text, end);
    if (project == NULL || !is_behind(text, begin, word) || first == end ||
        memchr(text + first, '{', end - first) != NULL ||
        memchr(text + first, '$', end - first) != NULL ||
        memchr(text + first, '%', end - first) != NULL)
        return false;
    return !is_part(text, first, end, project);
}

/* projects/acme/datasets/shop/tables/orders, and an address: where `shop` begins; SIZE_MAX: this is no such path. */
static size_t
path_before(const char *text, size_t at, char *const *parts, guint length)
{
    static const char *const holders[] = {"datasets/", "schemas/", "databases/"};
    const char *project = length > 2 ? parts[length - 3] : NULL;
    bool is_resource = is_behind(text, at, "/tables/");
    size_t end = is_resource ? at - strlen("/tables/") : is_behind(text, at, "/") ? at - 1 : 0;
    size_t begin = end > 0 ? path_part(text, end) : 0;
    if (begin == end || !is_part(text, begin, end, parts[length - 2]))
        return SIZE_MAX;
    for (size_t i = 0; is_resource && i < G_N_ELEMENTS(holders); i++) {
        g_autofree char *between = g_strconcat("/", holders[i], NULL);
        if (is_behind(text, begin, holders[i]))
            return is_of_other(text, begin, between, project) ? SIZE_MAX : begin;
    }
    return !is_resource && is_address_of_store(text, begin) &&
                   !is_of_other(text, begin, "/", project)
               ? begin
               : SIZE_MAX;
}

/* Of a pattern, (orders|members): the bracket before the name at `at`, if only other names stand between; else `at`. */
static size_t
before_choices(const char *text, size_t at)
{
    size_t open = at;
    while (open > 0 && at - open < PATH_PART_MAX &&
           (is_word_byte(text[open - 1]) || strchr("|?:", text[open - 1]) != NULL))
        open--;
    bool is_choice = open > 0 && text[open - 1] == '(' &&
                     (open == at || text[at - 1] == '|' || text[at - 1] == ':');
    return is_choice ? open - 1 : at;
}

/* shop\.members, shop[.]members, shop\.(orders|members) of a pattern: where `shop` begins; SIZE_MAX: this is no such pattern. */
static size_t
pattern_before(const char *text, size_t at, const char *first)
{
    static const char *const dots[] = {"\\\\.", "\\.", "[.]", "."};
    size_t name = before_choices(text, at), bytes = strlen(first);
    for (size_t i = 0; i < G_N_ELEMENTS(dots) - (name == at); i++) {
        size_t dot = strlen(dots[i]);
        if (!is_behind(text, name, dots[i]) || name - dot < bytes)
            continue;
        size_t begin = name - dot - bytes;
        return is_behind(text, name - dot, first) && (begin == 0 || !is_word_byte(text[begin - 1]))
                   ? begin
                   : SIZE_MAX;
    }
    return SIZE_MAX;
}

/* acme/shop/members, with all its parts: a folder of what makes it, an address in a catalog; SIZE_MAX: this is no such path. */
static size_t
folders_before(const char *text, size_t at, char *const *parts, guint length)
{
    size_t end = at;
    for (guint i = length - 1; i > 0; i--) {
        size_t part = end > 0 ? path_part(text, end - 1) : 0;
        if (!is_behind(text, end, "/") || !is_part(text, part, end - 1, parts[i - 1]))
            return SIZE_MAX;
        end = part;
    }
    return length > 2 && behind_scheme(text, end) == 0 ? end : SIZE_MAX;
}

static size_t
name_before(const char *text, size_t at, char *const *parts, guint length)
{
    if (length < 2)
        return at;
    size_t begin = first_before(text, at, parts[length - 2]);
    if (begin == SIZE_MAX)
        begin = path_before(text, at, parts, length);
    if (begin == SIZE_MAX)
        begin = pattern_before(text, at, parts[length - 2]);
    return begin != SIZE_MAX ? begin : folders_before(text, at, parts, length);
}

bool
find_mention(const char *text, size_t bytes, char *const *parts, size_t *ret_begin, size_t *ret_end)
{
    guint length = g_strv_length((char **) parts);
    const char *last = parts[length - 1];
    for (size_t from = 0, at = 0; from < bytes && find_word(text + from, bytes - from, last, &at);
         from = *ret_end) {
        *ret_begin = name_before(text, from + at, parts, length);
        *ret_end = from + at + strlen(last);
        if (*ret_begin != SIZE_MAX)
            return true;
    }
    return false;
}

/* FROM users, table! { users, table_name = users: the word before, over signs and blanks. */
static bool
is_behind_table_word(const char *text, size_t begin)
{
    static const char *const words[] = {"from",       "join",     "into",   "update", "table",
                                        "references", "truncate", "exists", "using",  NULL};
    size_t end = begin;
    while (end > 0 && begin - end < 80 &&
           (g_ascii_isspace(text[end - 1]) || strchr("=:!{(\"'`[.", text[end - 1]) != NULL))
        end--;
    size_t first = end;
    while (first > 0 && is_identifier_byte(text[first - 1]))
        first--;
    g_autofree char *before = g_ascii_strdown(text + first, (gssize) (end - first));
    return g_strv_contains(words, before) || g_str_has_suffix(before, "table") ||
           g_str_has_suffix(before, "table_name") || g_str_has_suffix(before, "tablename");
}

static bool
is_alone_in_quotes(const char *text, size_t bytes, size_t begin, size_t end)
{
    char quote = begin > 0 ? text[begin - 1] : '\0';
    return quote != '\0' && strchr("\"'`", quote) != NULL && end < bytes && text[end] == quote;
}

bool
mention_is_ordinary(const char *text, size_t bytes, size_t begin, size_t end)
{
    for (size_t i = begin; i < end; i++)
        if (!g_ascii_isalpha(text[i]))
            return false;
    return !is_alone_in_quotes(text, bytes, begin, end) && !is_behind_table_word(text, begin);
}

/* Is the place in a tag: is the last of its brackets before it one that opens? */
static bool
is_in_tag(const char *text, size_t at)
{
    while (at > 0 && text[at - 1] != '<' && text[at - 1] != '>')
        at--;
    return at > 0 && text[at - 1] == '<';
}

/* name="users" in a tag, $t('users'): what a page of Vue or Svelte shows, and no table of a database. */
static bool
is_of_page(const Work *work, size_t begin, size_t end)
{
    const char *text = work->text;
    bool is_page = work->path != NULL && (g_str_has_suffix(work->path, ".vue") ||
                                          g_str_has_suffix(work->path, ".svelte"));
    if (!is_page || begin < 4 || end >= work->bytes || text[begin - 1] != text[end] ||
        strchr("\"'", text[end]) == NULL)
        return false;
    if (text[begin - 2] == '(' && text[begin - 3] == 't')
        return !is_identifier_byte(text[begin - 4]);
    size_t name = begin - 2;
    while (name > 0 && (is_identifier_byte(text[name - 1]) || strchr(":@-.", text[name - 1])))
        name--;
    return text[begin - 2] == '=' && name < begin - 2 && is_in_tag(text, name) &&
           g_ascii_isspace(text[name - 1]) &&
           text_find_folded(text + name, begin - name, "table") == NULL;
}

static void
mention_at(Work *work, size_t begin, size_t end)
{
    if (site_covers(work, begin, end))
        return;
    bool is_word =
        mention_is_ordinary(work->text, work->bytes, begin, end) || is_of_page(work, begin, end);
    if (!is_word) {
        site_refuse(work, SITE_MENTION, begin, end, "language", NULL,
                    "the dataset is named here, and this kind of file is not rewritten by rules");
        work->mentions++;
    } else if (work->notes < MENTIONS_MAX) {
        Site *site = site_add(work, SITE_MENTION, DISPOSITION_UNAFFECTED, begin, end);
        site->reason = ORDINARY_WORD;
        work->notes++;
    }
}

/* Of ordinary words the first ones are told; behind them a table may still be named. */
static void
mention_name(Work *work, char *const *parts)
{
    size_t begin, end;
    for (size_t from = 0; work->mentions < MENTIONS_MAX &&
                          find_mention(work->text + from, work->bytes - from, parts, &begin, &end);
         from += end)
        mention_at(work, from + begin, from + end);
}

void
mentions_in_text(Work *work)
{
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            if (rename->is_derived && spelling->source[1] == NULL)
                continue; /* any word */
            mention_name(work, spelling->source);
        }
    }
}

/* ref("x"), dbt.ref('x'), ref('package', 'x'): where a model is read by something else than SQL; source('a', 'x'). */
static bool
is_called(const Work *work, const DbtRename *dbt, size_t begin, size_t end)
{
    const char *text = work->text, *callee = dbt->is_source ? "source(" : "ref(";
    char quote = begin > 0 ? text[begin - 1] : '\0';
    size_t at = begin > 0 ? begin - 1 : 0, bytes = strlen(callee), found = 0;
    if ((quote != '\'' && quote != '"') || end >= work->bytes || text[end] != quote)
        return false;
    while (at > 0 && strchr("(\n", text[at - 1]) == NULL)
        at--;
    return at >= bytes && memcmp(text + at - bytes, callee, bytes) == 0 &&
           (!dbt->is_source || find_word(text + at, begin - at, dbt->from.package, &found));
}

/* {{ ref('x') }}: text that dbt is given, `dbt show --inline "…"`. */
static bool
is_in_template(const Work *work, size_t at)
{
    const char *text = work->text;
    while (at > 1 && text[at - 1] != '\n') {
        if (text[at - 1] == '{' && text[at - 2] == '{')
            return true;
        if (text[at - 1] == '}' && text[at - 2] == '}')
            return false;
        at--;
    }
    return false;
}

/* What the mapping itself speaks of, by that name. */
static bool
is_of_mapping(const Rename *rename)
{
    const DbtRename *dbt = rename->dbt;
    return dbt != NULL && !rename->is_derived && dbt->doubt == NULL &&
           (rename_changes_columns(rename) || strcmp(dbt->from.name, dbt->to.name) != 0 ||
            g_strcmp0(dbt->from.package, dbt->to.package) != 0);
}

static const char *
why_told(const Rename *rename)
{
    const DbtRename *dbt = rename->dbt;
    if (dbt == NULL)
        return NULL;
    if (!dbt->is_source)
        return rename->is_derived && rename_changes_columns(rename)
                   ? "this model is read here, of which columns are renamed, and this kind of file "
                     "is not followed"
                   : NULL;
    bool is_meant = dbt->identifier != NULL || (dbt->doubt != NULL && dbt->doubt->code != NULL);
    return is_meant
               ? "this source of dbt is the dataset, or may be it, and this kind of file is not "
                 "followed"
               : NULL;
}

void
mentions_of_models(Work *work)
{
    /* its calls are read later (dbt/project_hooks.c) */
    bool is_project = g_str_has_suffix(work->path, "dbt_project.yml");
    for (guint i = 0; i < work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(work->renames->list, i);
        const char *why = why_told(rename);
        bool is_templated = why == NULL && !is_project && is_of_mapping(rename);
        why = is_templated
                  ? "this is what the mapping changes, in a query for dbt, and this kind of "
                    "file is not followed"
                  : why;
        const char *name = why != NULL ? rename->dbt->from.name : "";
        size_t bytes = strlen(name), at = 0;
        for (size_t from = 0;
             bytes > 0 && find_word(work->text + from, work->bytes - from, name, &at) &&
             work->mentions < MENTIONS_MAX;
             from += at + bytes)
            if (is_called(work, rename->dbt, from + at, from + at + bytes) &&
                (!is_templated || is_in_template(work, from + at)) &&
                !site_covers(work, from + at, from + at + bytes)) {
                work->mentions++;
                site_refuse(work, SITE_MENTION, from + at, from + at + bytes, "language", NULL,
                            "%s", why);
            }
    }
}
