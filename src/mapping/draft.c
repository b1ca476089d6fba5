/*
 * draft.c - a first mapping from two schemas and a sample: every guess is marked, and says why.
 *
 * The draft must pass mapping_check() against the same schemas, so whatever cannot be guessed is filled
 * with a placeholder that says so, and a candidate whose cast is impossible is no candidate.
 */
#include "mapping/bind.h"
#include "mapping/guess.h"
#include "mapping/names.h"

#include "base/text.h"

#include <string.h>

typedef struct {
    const Schema *source, *target; /* target may be NULL */
    const Batch *sample;           /* or NULL */
    bool source_sql;
    GString *out;
    GString *key;      /* the names, quoted, joined by commas */
    GHashTable *taken; /* target names that have a rule; folded where they are made here */
    GHashTable *used;  /* source columns that are mapped */
} Draft;

/* --- YAML --- */

static bool
is_plain(const char *text)
{
    static const char *const words[] = {"null", "true", "false", "yes", "no",
                                        "on",   "off",  "y",     "n",   NULL};
    for (size_t i = 0; words[i] != NULL; i++)
        if (g_ascii_strcasecmp(words[i], text) == 0)
            return false;
    for (const char *p = text; *p != '\0'; p++)
        if (!g_ascii_isalnum(*p) && *p != '_')
            return false;
    return text[0] != '\0' && !g_ascii_isdigit(text[0]);
}

static void
append_yaml(GString *to, const char *text)
{
    if (is_plain(text)) {
        g_string_append(to, text);
        return;
    }
    g_string_append_c(to, '"');
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            g_string_append_c(to, '\\');
        if ((unsigned char) *p < 0x20 || *p == 0x7f)
            g_string_append_printf(to, "\\x%02x", (unsigned char) *p);
        else
            g_string_append_c(to, *p);
    }
    g_string_append_c(to, '"');
}

/* A comment stays on its line, whatever names are in it. */
static void append_comment(Draft *draft, const char *format, ...) G_GNUC_PRINTF(2, 3);
static void
append_comment(Draft *draft, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_autofree char *shown = text_printable(text);
    g_strdelimit(shown, "\n\r", ' ');
    g_string_append_printf(draft->out, "# %s\n", shown);
}

static void
append_target(Draft *draft, const char *name)
{
    g_string_append(draft->out, "  ");
    append_yaml(draft->out, name);
    g_string_append(draft->out, ": ");
}

/* Records of files have numbers, unless a column hides them. */
static bool
has_row_number(const Draft *draft)
{
    return !draft->source_sql && schema_find(draft->source, ROW_COLUMN, NULL) == NULL;
}

/* --- names --- */

/* A name that nothing has taken yet: name, name_2, name_3… */
static char *
name_take(Draft *draft, const char *wanted)
{
    g_autofree char *name = g_strdup(wanted);
    for (int number = 2;; number++) {
        g_autofree char *folded = g_ascii_strdown(name, -1);
        if (g_hash_table_add(draft->taken, g_strdup(folded)))
            return g_steal_pointer(&name);
        g_free(name);
        name = g_strdup_printf("%s_%d", wanted, number);
    }
}

static void
key_add(Draft *draft, const char *name)
{
    g_string_append(draft->key, draft->key->len > 0 ? ", " : "");
    append_yaml(draft->key, name);
}

/* --- one rule --- */

/* Of a source without declared types, what is a number today would be a text in the next file that has one odd
 * value: a column that is made keeps the type that it was drafted with. */
static bool
must_be_pinned(const Draft *draft, const Column *from)
{
    return draft->target == NULL && *from->declared == '\0' && from->type != TYPE_TEXT;
}

static void
append_guess(Draft *draft, const Column *from, const Guess *guess)
{
    bool is_empty_text = guess->empties > 0 && guess->type != TYPE_TEXT;
    append_yaml(draft->out, from->name);
    if (is_empty_text)
        g_string_append(draft->out, ", values: { \"\": null }");
    if (guess->type != from->type || must_be_pinned(draft, from))
        g_string_append_printf(draft->out, ", type: %s", column_type_name(guess->type));
    if (guess->format != NULL)
        g_string_append_printf(draft->out, ", format: \"%s\"", guess->format);
}

static char *
guess_words(const Guess *guess, const Column *from)
{
    GString *words = g_string_new(NULL);
    if (guess->type != from->type)
        g_string_append_printf(
            words, "; %s%s%s%s fits %zu of %zu values", column_type_name(guess->type),
            guess->format != NULL ? " as '" : "", guess->format != NULL ? guess->format : "",
            guess->format != NULL ? "'" : "", guess->values - guess->misfits, guess->values);
    if (guess->misfits > 0)
        g_string_append_printf(words, ", rows such as %s will be refused", guess->misfit);
    if (guess->has_zeros)
        g_string_append(words, "; digits with leading zeros stay text");
    if (guess->empties > 0 && guess->type != TYPE_TEXT)
        g_string_append(words, ", '' becomes NULL");
    return g_string_free(words, FALSE);
}

static Guess
draft_guess(const Draft *draft, const Column *from)
{
    size_t index = 0;
    if (draft->sample == NULL || schema_find(draft->source, from->name, &index) == NULL ||
        index >= draft->sample->column_count)
        return (Guess){.type = from->type};
    return guess_column(draft->sample, index);
}

/* --- without a target: its columns are made from the source's --- */

static void
draft_made_column(Draft *draft, const Column *from, bool is_unique)
{
    g_auto(Guess) guess = draft_guess(draft, from);
    g_autofree char *snake = name_snake(from->name);
    g_autofree char *name = name_take(draft, snake);
    g_autofree char *words = guess_words(&guess, from);
    append_target(draft, name);
    g_string_append(draft->out, "{ from: ");
    append_guess(draft, from, &guess);
    g_string_append(draft->out, " }  ");
    append_comment(draft, "guess: %s%s",
                   strcmp(name, from->name) == 0 ? "same name" : "name made from the source's",
                   words);
    for (guint i = 0; i < draft->source->key->len; i++)
        if (strcmp(draft->source->key->pdata[i], from->name) == 0)
            key_add(draft, name);
    if (!is_unique)
        return;
    g_string_append(draft->out, "  ");
    append_comment(draft, "^ guess: the key, because it is unique in the %zu rows of the sample",
                   guess.rows);
    key_add(draft, name);
}

#define KEY_WORDS 6

/* Names that people give to keys: the lower, the likelier. */
static int
key_rank(const char *name)
{
    static const char *const words[KEY_WORDS] = {"id", "key", "code", "iata", "zip", "number"};
    g_autofree char *snake = name_snake(name);
    g_auto(GStrv) parts = g_strsplit(snake, "_", -1);
    for (int i = 0; i < KEY_WORDS; i++)
        if (g_strv_contains((const char *const *) parts, words[i]))
            return i;
    return KEY_WORDS;
}

/* The source column that the sample shows as unique and that is named like a key; NULL when there is none. */
static const Column *
find_unique(const Draft *draft)
{
    const Column *best = NULL;
    for (size_t i = 0; draft->sample != NULL && i < schema_count(draft->source); i++) {
        const Column *column = schema_column(draft->source, i);
        g_auto(Guess) guess = draft_guess(draft, column);
        bool may_be = guess.is_unique && (guess.type == TYPE_INT || guess.type == TYPE_TEXT);
        if (may_be && key_rank(column->name) < KEY_WORDS &&
            (best == NULL || key_rank(column->name) < key_rank(best->name)))
            best = column;
    }
    return best;
}

static void
draft_made_key(Draft *draft)
{
    g_autofree char *name = name_take(draft, "id");
    append_target(draft, name);
    g_string_append(draft->out, "{ from: _row }  ");
    append_comment(draft, "guess: nothing in the source is unique and named like a key; _row is "
                          "the number of the record");
    key_add(draft, name);
}

static void
draft_made_columns(Draft *draft)
{
    const Column *unique = draft->source->key->len == 0 ? find_unique(draft) : NULL;
    if (draft->source->key->len == 0 && unique == NULL && has_row_number(draft))
        draft_made_key(draft);
    for (size_t i = 0; i < schema_count(draft->source); i++) {
        const Column *column = schema_column(draft->source, i);
        draft_made_column(draft, column, column == unique);
    }
}

/* --- with a target: the best source column for each of its columns --- */

/* 0: same name; 1: but for case, blanks and signs; 2: nearly; -1: no. */
static int
name_distance(const char *a, const char *b)
{
    if (strcmp(a, b) == 0)
        return 0;
    g_autofree char *bare_a = name_bare(a), *bare_b = name_bare(b);
    if (bare_a[0] != '\0' && strcmp(bare_a, bare_b) == 0)
        return 1;
    const char *const only[] = {bare_b, NULL};
    if (bare_a[0] != '\0' && text_nearest(bare_a, only) != NULL)
        return 2;
    bool holds = strlen(bare_a) > 3 && strlen(bare_b) > 3 &&
                 (strstr(bare_a, bare_b) != NULL || strstr(bare_b, bare_a) != NULL);
    return holds ? 3 : -1;
}

/* Can values go from one to the other, by the guess of what they are? */
static bool
cast_is_possible(const Guess *guess, const Column *from, const Column *to)
{
    if (value_cast_kind(from->type, guess->type, guess->format) == CAST_NEVER)
        return false;
    return value_cast_kind(guess->type, to->type, NULL) != CAST_NEVER;
}

/* The beginning of a rule for a column of the target. */
static void
append_rule(Draft *draft, const char *target)
{
    g_hash_table_add(draft->taken, g_strdup(target));
    append_target(draft, target);
}

typedef struct {
    const Column *best, *other; /* other: just as near */
    int distance;
} Match;

static bool
target_has_key(const Draft *draft, const char *name)
{
    for (guint i = 0; i < draft->target->key->len; i++)
        if (strcmp(draft->target->key->pdata[i], name) == 0)
            return true;
    return false;
}

/* One key on each side: whatever their names, they are the same. */
static const Column *
find_key_match(const Draft *draft, const Column *to)
{
    if (draft->source->key->len != 1 || draft->target->key->len != 1 ||
        !target_has_key(draft, to->name))
        return NULL;
    const Column *from = schema_find(draft->source, draft->source->key->pdata[0], NULL);
    return value_cast_kind(from->type, to->type, NULL) != CAST_NEVER ? from : NULL;
}

static Match
find_match(const Draft *draft, const Column *to)
{
    Match match = {.distance = G_MAXINT};
    for (size_t i = 0; i < schema_count(draft->source); i++) {
        const Column *from = schema_column(draft->source, i);
        int distance = name_distance(from->name, to->name);
        if (distance < 0 || distance > match.distance)
            continue;
        g_auto(Guess) guess = draft_guess(draft, from);
        if (!cast_is_possible(&guess, from, to) &&
            value_cast_kind(from->type, to->type, NULL) == CAST_NEVER)
            continue;
        if (distance == match.distance)
            match.other = from;
        else
            match = (Match){.best = from, .distance = distance};
    }
    if (match.best == NULL)
        match = (Match){.best = find_key_match(draft, to), .distance = 4};
    return match;
}

static void
draft_matched(Draft *draft, const Column *to, const Match *match)
{
    static const char *const why[] = {"same name", "same name but for case, blanks and signs",
                                      "similar name", "one name is in the other",
                                      "both are the key"};
    g_auto(Guess) guess = draft_guess(draft, match->best);
    if (!cast_is_possible(&guess, match->best, to) ||
        (guess.format == NULL && guess.empties == 0)) {
        guess_clear(&guess);
        guess = (Guess){.type = match->best->type};
    }
    g_autofree char *words = guess_words(&guess, match->best);
    append_rule(draft, to->name);
    g_string_append(draft->out, "{ from: ");
    append_guess(draft, match->best, &guess);
    g_string_append(draft->out, " }  ");
    append_comment(draft, "guess: %s%s%s%s%s", why[match->distance], words,
                   match->other != NULL ? "; ambiguous: '" : "",
                   match->other != NULL ? match->other->name : "",
                   match->other != NULL ? "' is just as near" : "");
    g_hash_table_add(draft->used, g_strdup(match->best->name));
}

static const char *
placeholder(ColumnType type)
{
    static const char *const texts[TYPE_COUNT] = {
        [TYPE_BOOL] = "false", [TYPE_INT] = "0",
        [TYPE_FLOAT] = "0",    [TYPE_DECIMAL] = "0",
        [TYPE_TEXT] = "\"\"",  [TYPE_DATE] = "\"1970-01-01\"",
        [TYPE_BYTES] = "\"\"", [TYPE_TIMESTAMP] = "\"1970-01-01 00:00:00\"",
    };
    return texts[type];
}

static const Column *
find_bare(const Draft *draft, const char *bare)
{
    for (size_t i = 0; i < schema_count(draft->source); i++) {
        g_autofree char *other = name_bare(schema_column(draft->source, i)->name);
        if (strcmp(other, bare) == 0 && schema_column(draft->source, i)->type == TYPE_TEXT)
            return schema_column(draft->source, i);
    }
    return NULL;
}

/* The one thing that people always put together. */
static bool
draft_full_name(Draft *draft, const Column *to)
{
    static const char *const names[] = {"name", "fullname", "username", "displayname", NULL};
    g_autofree char *bare = name_bare(to->name);
    const Column *first = find_bare(draft, "firstname"), *last = find_bare(draft, "lastname");
    if (first == NULL || last == NULL || to->type != TYPE_TEXT || !g_strv_contains(names, bare))
        return false;
    append_rule(draft, to->name);
    g_string_append(draft->out, "{ concat: [ ");
    append_yaml(draft->out, first->name);
    g_string_append(draft->out, ", { text: \" \" }, ");
    append_yaml(draft->out, last->name);
    g_string_append(draft->out, " ] }  ");
    append_comment(draft,
                   "guess: first and last name with a blank between; NULL where one of them is");
    g_hash_table_add(draft->used, g_strdup(first->name));
    g_hash_table_add(draft->used, g_strdup(last->name));
    return true;
}

/* Any column that can be cast holds the place of a key better than a constant would. */
static const Column *
find_castable(const Draft *draft, const Column *to)
{
    for (size_t i = 0; i < schema_count(draft->source); i++) {
        const Column *from = schema_column(draft->source, i);
        if (value_cast_kind(from->type, to->type, NULL) != CAST_NEVER)
            return from;
    }
    return NULL;
}

/* Nothing fits: leave it to its default or NULL, or hold the place. */
static void
draft_unmatched(Draft *draft, const Column *to)
{
    bool is_key = target_has_key(draft, to->name);
    bool needs_value = !to->has_default && (is_key || !to->is_nullable);
    const Column *any = is_key && needs_value ? find_castable(draft, to) : NULL;
    if (is_key && has_row_number(draft) &&
        value_cast_kind(TYPE_INT, to->type, NULL) != CAST_NEVER) {
        append_rule(draft, to->name);
        g_string_append(draft->out, "{ from: _row }  ");
        append_comment(
            draft, "guess: nothing in the source fits the key; _row is the number of the record");
    } else if (any != NULL) {
        append_rule(draft, to->name);
        g_string_append(draft->out, "{ from: ");
        append_yaml(draft->out, any->name);
        g_string_append(draft->out, " }  ");
        append_comment(
            draft,
            "guess: nothing in the source is named like this key; put the right column here");
        g_hash_table_add(draft->used, g_strdup(any->name));
    } else if (!needs_value) {
        g_string_append(draft->out, "  ");
        append_comment(draft,
                       "guess: nothing in the source fits '%s' (%s); it is left to its default",
                       to->name, column_type_name(to->type));
    } else {
        append_rule(draft, to->name);
        g_string_append_printf(draft->out, "{ const: %s }  ", placeholder(to->type));
        append_comment(
            draft,
            "guess: nothing in the source fits, and it may not be NULL: put the right value here");
    }
}

/* Nothing fits anything, but a mapping needs a rule: of a column outside of the key, if there is one. */
static void
draft_something(Draft *draft)
{
    const Column *column = schema_column(draft->target, 0);
    for (size_t i = 0; i < schema_count(draft->target); i++) {
        const Column *other = schema_column(draft->target, i);
        bool is_better = target_has_key(draft, column->name) || column->is_generated;
        if (is_better && !other->is_generated)
            column = other;
    }
    append_target(draft, column->name);
    g_string_append_printf(draft->out, "{ const: %s }  ",
                           column->is_nullable ? "null" : placeholder(column->type));
    append_comment(draft, "guess: nothing in the source fits anything in the target");
}

static void
draft_target_columns(Draft *draft)
{
    for (size_t i = 0; i < schema_count(draft->target); i++) {
        const Column *to = schema_column(draft->target, i);
        if (to->is_generated)
            continue;
        Match match = find_match(draft, to);
        if (match.best != NULL)
            draft_matched(draft, to, &match);
        else if (draft_full_name(draft, to))
            continue;
        else
            draft_unmatched(draft, to);
    }
    for (guint i = 0; i < draft->target->key->len; i++)
        if (g_hash_table_contains(draft->taken, draft->target->key->pdata[i]))
            key_add(draft, draft->target->key->pdata[i]);
    if (g_hash_table_size(draft->taken) == 0)
        draft_something(draft);
    for (size_t i = 0; i < schema_count(draft->source); i++) {
        const char *name = schema_column(draft->source, i)->name;
        if (g_hash_table_contains(draft->used, name))
            continue;
        g_string_append(draft->out, "  ");
        append_comment(
            draft, "not mapped: '%s' (map it, or list it under `dropped` with the reason)", name);
    }
}

char *
mapping_draft(const char *source_name, const Schema *source, const char *target_name,
              const Schema *target, bool source_sql, const Batch *sample)
{
    g_autoptr(GHashTable) taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GHashTable) used = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    g_autoptr(GString) columns = g_string_new(NULL), key = g_string_new(NULL);
    GString *out = g_string_new("# A first mapping. Every line marked 'guess' wants a look.\n"
                                "apiVersion: honk/v1\nkind: Mapping\nsource: ");
    Draft draft = {.source = source,
                   .target = target,
                   .sample = sample,
                   .source_sql = source_sql,
                   .out = columns,
                   .key = key,
                   .taken = taken,
                   .used = used};
    if (target != NULL)
        draft_target_columns(&draft);
    else
        draft_made_columns(&draft);
    append_yaml(out, source_name);
    g_string_append(out, "\ntarget: ");
    append_yaml(out, target_name);
    if (key->len > 0)
        g_string_append_printf(out, "\nkey: [ %s ]", key->str);
    g_string_append_printf(out, "\ncolumns:\n%s", columns->str);
    return g_string_free(out, FALSE);
}
