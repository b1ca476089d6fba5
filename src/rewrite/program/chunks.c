/*
 * chunks.c - R Markdown and Quarto: ```{r} … ``` between text, each chunk a program of its own.
 *
 * Chunks and code within a line are run; fences without braces are shown to people, as is all other text. Pages of Evidence and
 * Observable run SQL that has a name, ```sql plans, by which the page uses its rows: {plans}.
 */
#include "rewrite/program/program.h"

#include <string.h>

#define FENCE_MIN 3

typedef struct {
    Work *work;
    const Text *file;
    const Dialect *dialect;
    GHashTable *used; /* of a page that runs queries: names that stand behind a brace; or NULL */
} Chunks;

static size_t
line_end(const Text *text, size_t at)
{
    const char *found = at < text->count ? memchr(text->bytes + at, '\n', text->count - at) : NULL;
    return found != NULL ? (size_t) (found - text->bytes) : text->count;
}

static size_t
next_line(const Text *text, size_t at)
{
    return MIN(line_end(text, at) + 1, text->count);
}

static void
note_text(const Chunks *chunks, size_t begin, size_t end)
{
    if (!work_is_side_pass(chunks->work))
        program_mention_text(chunks->work, chunks->file, begin, end, NULL,
                             "this is text between the code, for people");
}

/* ---- code ---- */

static const char *
language_name(const Text *text, Span name)
{
    static const struct {
        const char *said, *name;
    } names[] = {
        {"r", "r"},       {"python", "python"}, {"bash", "shell"},    {"sh", "shell"},
        {"zsh", "shell"}, {"scala", "scala"},   {"js", "javascript"}, {"sql", "sql"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
        if (span_is(text, name, names[i].said))
            return names[i].name;
    return NULL;
}

static void
visit_code(const Chunks *chunks, const char *name, size_t begin, size_t end)
{
    bool is_page = chunks->used != NULL;
    /* a string without its end must not go on into the text behind */
    g_autoptr(Text) code = text_cut_out(chunks->file, begin, end);
    if (strcmp(name, "sql") == 0)
        program_sql_cell(chunks->work, code, language_by_name(is_page ? "javascript" : "r"),
                         chunks->dialect, 0, code->count,
                         is_page ? HOLES_DOLLAR_BRACES : HOLES_QUESTION);
    else
        program_unit(chunks->work, code, language_by_name(name), chunks->dialect, 0, code->count,
                     1);
}

static void
refuse_text(const Chunks *chunks, size_t begin, size_t end, const char *reason)
{
    if (!work_is_side_pass(chunks->work))
        program_mention_text(chunks->work, chunks->file, begin, end, "language", reason);
}

/* `r nrow(x)`, `{python} f(x)`: behind it, or 0. */
static size_t
visit_code_in_line(const Chunks *chunks, size_t at, size_t end)
{
    const Text *file = chunks->file;
    bool is_braced = text_byte(file, at + 1) == '{';
    Span name = {(uint32_t) at + 1 + is_braced, (uint32_t) at + 1 + is_braced};
    while (g_ascii_isalpha(text_byte(file, name.end)))
        name.end++;
    size_t begin = name.end + is_braced;
    const char *language = language_name(file, name);
    const char *close = begin < end ? memchr(file->bytes + begin, '`', end - begin) : NULL;
    bool is_code = is_braced ? text_byte(file, name.end) == '}' : span_is(file, name, "r");
    if (!is_code || language == NULL || close == NULL || !g_ascii_isspace(file->bytes[begin]))
        return 0;
    size_t behind = (size_t) (close - file->bytes);
    visit_code(chunks, language, begin, behind);
    return behind + 1;
}

static void
visit_text(const Chunks *chunks, size_t begin, size_t end)
{
    size_t from = begin;
    for (size_t at = begin; at < end;) {
        bool may_be_code = chunks->file->bytes[at] == '`' && chunks->used == NULL;
        size_t behind = may_be_code ? visit_code_in_line(chunks, at, end) : 0;
        if (behind > 0) {
            note_text(chunks, from, at);
            from = behind;
        }
        at = MAX(at + 1, behind);
    }
    note_text(chunks, from, end);
}

/* ---- fences ---- */

/* How many signs of a fence the line begins with; 0: it is none. `*ret_at` is where they begin. */
static size_t
fence_of(const Text *text, size_t line, size_t *ret_at)
{
    size_t at = line, count = 0;
    while (text_byte(text, at) == ' ' || text_byte(text, at) == '\t' || text_byte(text, at) == '>')
        at++;
    char sign = text_byte(text, at);
    while ((sign == '`' || sign == '~') && text_byte(text, at + count) == sign)
        count++;
    *ret_at = at;
    return count >= FENCE_MIN ? count : 0;
}

/* The line that closes the fence, or SIZE_MAX. */
static size_t
closing_line(const Text *text, size_t line, char sign, size_t count)
{
    for (; line < text->count; line = next_line(text, line)) {
        size_t at, found = fence_of(text, line, &at);
        if (found < count || text->bytes[at] != sign)
            continue;
        size_t end = line_end(text, line);
        for (at += found; at < end && g_ascii_isspace(text->bytes[at]);)
            at++;
        if (at == end)
            return line;
    }
    return SIZE_MAX;
}

/* `{r label, echo=FALSE}`: what is run, or an empty span. */
static Span
language_said(const Text *text, size_t at)
{
    Span name = {(uint32_t) at + 1, (uint32_t) at + 1};
    if (text_byte(text, at) != '{')
        return (Span){0};
    while (is_identifier_byte(text_byte(text, name.end)))
        name.end++;
    return name;
}

static Span
name_at(const Text *file, size_t at)
{
    Span name = {(uint32_t) at, (uint32_t) at};
    while (is_identifier_byte(text_byte(file, name.end)))
        name.end++;
    return name;
}

/* {plans}, {plans.length}, ${plans}: the names that a page uses so. */
static GHashTable *
find_used(const Text *file)
{
    GHashTable *used = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    for (size_t at = 0; at < file->count; at++) {
        if (file->bytes[at] != '{')
            continue;
        Span name = name_at(file, at + 1);
        if (name.end > name.begin)
            g_hash_table_add(used, g_strndup(file->bytes + name.begin, name.end - name.begin));
        at = name.end - 1;
    }
    return used;
}

/* ```sql plans, ```sql id=plans, ```plans: has it the name of a query that the page uses? */
static bool
is_query(const Chunks *chunks, size_t head)
{
    const Text *file = chunks->file;
    size_t at = head;
    if (chunks->used == NULL)
        return false;
    if (text_starts(file, at, "sql ")) {
        for (at += strlen("sql"); text_byte(file, at) == ' ';)
            at++;
        if (text_starts(file, at, "id=")) /* of Observable, which uses it in its code */
            return true;
    }
    Span span = name_at(file, at);
    char behind = text_byte(file, span.end);
    g_autofree char *name = g_strndup(file->bytes + span.begin, span.end - span.begin);
    return (behind == '\0' || g_ascii_isspace(behind)) && g_hash_table_contains(chunks->used, name);
}

/* What is done with the rows stands in the page, and is not looked into: their columns keep their names. */
static void
visit_query(const Chunks *chunks, size_t begin, size_t end)
{
    if (chunks->work->options->propagates)
        refuse_text(chunks, begin, end, "this is a query of a page that uses its columns");
    else
        visit_code(chunks, "sql", begin, end);
}

static void
visit_fence(const Chunks *chunks, size_t line, size_t head, size_t begin, size_t end)
{
    const Text *file = chunks->file;
    Span said = language_said(file, head);
    size_t head_end = line_end(file, line);
    const char *name = language_name(file, said);
    if (is_query(chunks, head)) {
        visit_query(chunks, begin, end);
    } else if (said.end == said.begin || chunks->used != NULL) {
        note_text(chunks, line, end); /* it is shown, not run */
    } else if (name == NULL ||
               memmem(file->bytes + head, head_end - head, "engine", strlen("engine")) != NULL) {
        refuse_text(chunks, line, end,
                    "this chunk is in another language, which is not looked into");
    } else {
        refuse_text(chunks, line, head_end,
                    "these are settings of a chunk: nobody knows what reads them");
        visit_code(chunks, name, begin, end);
    }
}

/* ---- the whole ---- */

/* --- … ---: settings, as YAML. Behind them, or 0. */
static size_t
visit_settings(const Chunks *chunks)
{
    const Text *file = chunks->file;
    size_t begin = next_line(file, 0);
    if (!text_starts(file, 0, "---\n") && !text_starts(file, 0, "---\r\n"))
        return 0;
    for (size_t line = begin; line < file->count; line = next_line(file, line)) {
        if (!text_starts(file, line, "---") && !text_starts(file, line, "..."))
            continue;
        g_autoptr(Text) settings = text_cut_out(file, begin, line);
        program_unit(chunks->work, settings, language_by_name("yaml"), chunks->dialect, 0,
                     settings->count, 1);
        return next_line(file, line);
    }
    return 0;
}

static void
pass_over(Work *work, void *data)
{
    const Chunks *chunks = data;
    const Text *file = chunks->file;
    size_t from = chunks->used != NULL ? 0 : visit_settings(chunks);
    for (size_t line = from; line < file->count;) {
        size_t at, count = fence_of(file, line, &at), begin = next_line(file, line);
        if (count == 0) {
            line = begin;
            continue;
        }
        size_t close = closing_line(file, begin, file->bytes[at], count);
        if (close == SIZE_MAX) {
            if (!work_is_side_pass(work))
                program_refuse_broken(work, file, line, "a chunk begins here and does not end");
            return;
        }
        visit_text(chunks, from, line);
        visit_fence(chunks, line, at + count, begin, close);
        line = from = next_line(file, close);
    }
    visit_text(chunks, from, file->count);
}

void
program_chunks(Work *work)
{
    g_autoptr(Text) file = text_of_file(work->text, work->bytes);
    Chunks chunks = {.work = work, .file = file, .dialect = program_dialect(work)};
    program_passes(work, pass_over, &chunks);
}

/* Does it run a query that has a name? */
static bool
is_page(const Chunks *chunks)
{
    const Text *file = chunks->file;
    for (size_t line = 0; line < file->count;) {
        size_t at, count = fence_of(file, line, &at), close = line;
        if (count > 0 && is_query(chunks, at + count))
            return true;
        if (count > 0)
            close = closing_line(file, next_line(file, line), file->bytes[at], count);
        if (close == SIZE_MAX)
            return false;
        line = next_line(file, close);
    }
    return false;
}

bool
program_page(Work *work)
{
    if (!g_str_has_suffix(work->path, ".md"))
        return false;
    g_autoptr(Text) file = text_of_file(work->text, work->bytes);
    g_autoptr(GHashTable) used = find_used(file);
    Chunks chunks = {.work = work, .file = file, .dialect = program_dialect(work), .used = used};
    if (!is_page(&chunks))
        return false;
    program_passes(work, pass_over, &chunks);
    return true;
}
