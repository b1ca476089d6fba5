/*
 * source.c - a text taken apart as far as the gate has to know: where comments and strings are, and which lines are one
 * statement.
 *
 * No grammar of any language: comments, quotes and brackets are much the same in all of them. A line goes on with the
 * statement of the one before while a bracket or a string is open, and where one of the two cannot stand alone. SQL is
 * divided by semicolons, a block of YAML is one.
 */
#include "gate/inside.h"

#include <string.h>

typedef struct {
    const char *endings;  /* " py sh " */
    const char *line[2];  /* what begins a comment up to the end of the line */
    const char *block[2]; /* what begins and ends another */
    const char *other[2]; /* one more of those */
    const char *quotes;   /* strings within a line, with backslashes */
    const char *
        long_quotes; /* of these, which stand for longer strings when there are three; a ` always does */
    bool by_semicolon;
} Language;

static const Language languages[] = {
    {" py ", {"#", NULL}, {NULL, NULL}, {NULL, NULL}, "\"'", "\"'", false},
    {" sql ", {"--", NULL}, {"/*", "*/"}, {"{#", "#}"}, "\"'`", "", true},
    {" yml yaml sh bash rb r toml pl tf ini cfg ",
     {"#", NULL},
     {NULL, NULL},
     {NULL, NULL},
     "\"'",
     "",
     false},
    {" scala kt kts groovy java swift ",
     {"//", NULL},
     {"/*", "*/"},
     {NULL, NULL},
     "\"'",
     "\"",
     false},
    {" js jsx ts tsx mjs cjs go ", {"//", NULL}, {"/*", "*/"}, {NULL, NULL}, "\"'`", "", false},
    {" php ", {"//", "#"}, {"/*", "*/"}, {NULL, NULL}, "\"'", "", false},
    {" c h cc cpp hpp cs rs dart m ", {"//", NULL}, {"/*", "*/"}, {NULL, NULL}, "\"'", "", false},
    {" html htm xml vue svelte erb j2 jinja hbs ",
     {NULL, NULL},
     {"<!--", "-->"},
     {"{#", "#}"},
     "",
     "",
     false},
    {"", {NULL, NULL}, {NULL, NULL}, {NULL, NULL}, "", "", false},
};

static const Language *
language_of(const char *path)
{
    const char *dot = strrchr(path, '.');
    g_autofree char *ending = g_strdup_printf(" %s ", dot != NULL ? dot + 1 : "");
    for (size_t i = 0; i + 1 < G_N_ELEMENTS(languages); i++)
        if (strstr(languages[i].endings, ending) != NULL)
            return &languages[i];
    return &languages[G_N_ELEMENTS(languages) - 1];
}

bool
source_is_yaml(const char *path)
{
    return g_str_has_suffix(path, ".yml") || g_str_has_suffix(path, ".yaml");
}

/* ---- comments and strings ---- */

typedef struct {
    const Language *language;
    Source *source;
    size_t at;
    GArray *open;   /* bool for each line: it begins inside of a string, a comment or brackets */
    GArray *blocks; /* int: how deep in brackets each block begins that is not ended */
    int depth;      /* of brackets, in the innermost block */
    bool after_semicolon;
} Scan;

static bool
looks_at(const Scan *scan, const char *word)
{
    return word != NULL && strncmp(scan->source->text + scan->at, word, strlen(word)) == 0;
}

static void
blank(char *text, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (text[i] != '\n')
            text[i] = ' ';
}

/* The next line begins: does it begin within something? */
static void
mark_line(Scan *scan, bool is_open)
{
    g_array_append_val(scan->open, is_open);
}

static void
pass_over(Scan *scan, size_t to)
{
    for (; scan->at < to; scan->at++)
        if (scan->source->text[scan->at] == '\n')
            mark_line(scan, true);
}

static size_t
end_of(const Scan *scan, size_t from, const char *word)
{
    const char *found = strstr(scan->source->text + from, word);
    return found != NULL ? (size_t) (found - scan->source->text) : scan->source->bytes;
}

static size_t
block_end(const Scan *scan, const char *const words[2])
{
    size_t end = end_of(scan, scan->at + strlen(words[0]), words[1]);
    return MIN(end + strlen(words[1]), scan->source->bytes);
}

static bool
take_comment(Scan *scan)
{
    size_t from = scan->at, to;
    bool is_line =
        looks_at(scan, scan->language->line[0]) || looks_at(scan, scan->language->line[1]);
    if (is_line)
        to = end_of(scan, from, "\n");
    else if (looks_at(scan, scan->language->block[0]))
        to = block_end(scan, scan->language->block);
    else if (looks_at(scan, scan->language->other[0]))
        to = block_end(scan, scan->language->other);
    else
        return false;
    blank(scan->source->plain, from, to);
    blank(scan->source->bare, from, to);
    pass_over(scan, to);
    return true;
}

/* Where a string of one quote ends: before the end of its line, unless it may go on. */
static size_t
string_end(const Scan *scan, char quote, bool is_long)
{
    const char *text = scan->source->text;
    size_t at = scan->at + 1;
    while (at < scan->source->bytes && text[at] != quote && (is_long || text[at] != '\n'))
        at += text[at] == '\\' && !scan->language->by_semicolon && at + 1 < scan->source->bytes ? 2
                                                                                                : 1;
    return MIN(at, scan->source->bytes);
}

static bool
take_string(Scan *scan)
{
    char quote = scan->source->text[scan->at];
    size_t from = scan->at, to;
    if (quote == '\0' || strchr(scan->language->quotes, quote) == NULL)
        return false;
    const char three[] = {quote, quote, quote, '\0'};
    size_t marks =
        strchr(scan->language->long_quotes, quote) != NULL && looks_at(scan, three) ? 3 : 1;
    if (marks == 3)
        to = end_of(scan, from + 3, three);
    else
        to = string_end(scan, quote, quote == '`' || scan->language->by_semicolon);
    blank(scan->source->bare, from + marks, to);
    pass_over(scan, MIN(to + (scan->source->text[to] == '\n' ? 0 : marks), scan->source->bytes));
    return true;
}

/* The body of a function that stands in brackets, as an argument does: `it("…", () => {`. Its lines are statements again. */
static bool
begins_body(const Scan *scan)
{
    size_t at = scan->at;
    while (at > 0 && strchr(" \t", scan->source->text[at - 1]) != NULL)
        at--;
    return at > 0 && strchr(")>", scan->source->text[at - 1]) != NULL;
}

static void
take_brace(Scan *scan, char c)
{
    const int *last =
        scan->blocks->len > 0 ? &g_array_index(scan->blocks, int, scan->blocks->len - 1) : NULL;
    if (c == '{') {
        int depth = begins_body(scan) ? scan->depth : -1; /* -1: it is no body */
        g_array_append_val(scan->blocks, depth);
        scan->depth = depth >= 0 ? 0 : scan->depth;
    } else if (last != NULL) {
        scan->depth = *last >= 0 ? *last : scan->depth;
        g_array_set_size(scan->blocks, scan->blocks->len - 1);
    }
}

static void
take_code(Scan *scan)
{
    if (strchr("{}", scan->source->text[scan->at]) != NULL)
        take_brace(scan, scan->source->text[scan->at]);
    char c = scan->source->text[scan->at++];
    bool by_semicolon = scan->language->by_semicolon;
    if (c == '(' || c == '[')
        scan->depth++;
    else if ((c == ')' || c == ']') && scan->depth > 0)
        scan->depth--;
    else if (c == ';')
        scan->after_semicolon = true;
    if (c == '\n') {
        bool ends = by_semicolon ? scan->after_semicolon : scan->depth == 0;
        mark_line(scan, !ends);
        scan->after_semicolon = false;
    }
}

/* ---- statements ---- */

static const char *const goes_on_after[] = {"\\", ",",  "=",  "(", "[", "->",
                                            "=>", "&&", "||", "+", ".", "?"};
static const char *const goes_on_with[] = {".", ")", "]", "&&", "||", "+ ", "? ", ": ", "|>"};

static bool
goes_on(const Source *source, guint index)
{
    g_autofree char *last = source_words(source, source->bare, index - 1),
                    *next = source_words(source, source->bare, index);
    g_strchomp(last);
    const char *begin = next + strspn(next, " \t");
    if (*last == '\0' || *begin == '\0')
        return false;
    for (size_t i = 0; i < G_N_ELEMENTS(goes_on_after); i++)
        if (g_str_has_suffix(last, goes_on_after[i]))
            return true;
    for (size_t i = 0; i < G_N_ELEMENTS(goes_on_with); i++)
        if (g_str_has_prefix(begin, goes_on_with[i]))
            return true;
    return false;
}

/* Blanks before the first word; -1 on an empty line. */
static int
indent_of(const Source *source, guint index)
{
    g_autofree char *line = source_words(source, source->text, index);
    size_t blanks = strspn(line, " \t");
    return line[blanks] == '\0' || line[blanks] == '\r' ? -1 : (int) blanks;
}

static bool
begins_block(const Source *source, guint index)
{
    g_autofree char *line = source_words(source, source->plain, index);
    g_strchomp(line);
    size_t length = strlen(line);
    while (length > 0 && strchr("+-0123456789", line[length - 1]) != NULL)
        length--;
    return length > 1 && (line[length - 1] == '|' || line[length - 1] == '>') &&
           strchr(" \t:", line[length - 2]) != NULL;
}

/* The lines of a block scalar belong to its key. */
static void
join_blocks(Source *source)
{
    for (guint i = 0; i + 1 < source->lines->len; i++) {
        if (!begins_block(source, i))
            continue;
        int key = indent_of(source, i), statement = source_line(source, i)->statement;
        for (guint k = i + 1; k < source->lines->len; k++, i++) {
            int indent = indent_of(source, k);
            if (indent >= 0 && indent <= key)
                break;
            g_array_index(source->lines, SourceLine, k).statement = statement;
        }
    }
}

static void
divide(Source *source, const GArray *open, bool by_semicolon)
{
    int statement = 0;
    size_t begin = 0;
    for (guint i = 0; begin <= source->bytes; i++) {
        const char *end = memchr(source->text + begin, '\n', source->bytes - begin);
        SourceLine line = {begin, end != NULL ? (size_t) (end - source->text) : source->bytes, 0};
        if (end == NULL && begin == source->bytes)
            break; /* nothing after the last line end */
        g_array_append_val(source->lines, line);
        bool is_open = i > 0 && g_array_index(open, bool, i - 1);
        if (i > 0 && !is_open && (by_semicolon || !goes_on(source, i)))
            statement++;
        g_array_index(source->lines, SourceLine, i).statement = statement;
        begin = line.end + 1;
    }
}

Source *
source_new(const char *path, const char *text, size_t bytes)
{
    Source *source = g_new0(Source, 1);
    g_autoptr(GArray) open = g_array_new(FALSE, FALSE, sizeof(bool)),
                      blocks = g_array_new(FALSE, FALSE, sizeof(int));
    Scan scan = {.language = language_of(path), .source = source, .open = open, .blocks = blocks};
    *source = (Source){.text = g_strndup(text != NULL ? text : "", text != NULL ? bytes : 0)};
    source->bytes = strlen(source->text);
    source->plain = g_strndup(source->text, source->bytes);
    source->bare = g_strndup(source->text, source->bytes);
    source->lines = g_array_new(FALSE, FALSE, sizeof(SourceLine));
    while (scan.at < source->bytes)
        if (!take_comment(&scan) && !take_string(&scan))
            take_code(&scan);
    mark_line(&scan, false);
    divide(source, open, scan.language->by_semicolon);
    if (source_is_yaml(path))
        join_blocks(source);
    return source;
}

void
source_free(Source *source)
{
    if (source == NULL)
        return;
    g_free(source->text);
    g_free(source->plain);
    g_free(source->bare);
    g_array_unref(source->lines);
    g_free(source);
}

const SourceLine *
source_line(const Source *source, guint index)
{
    return &g_array_index(source->lines, SourceLine, index);
}

char *
source_words(const Source *source, const char *text, guint index)
{
    const SourceLine *line = source_line(source, index);
    return g_strndup(text + line->begin, line->end - line->begin);
}

char *
source_lines(const Source *source, guint first, guint count)
{
    if (count == 0)
        return g_strdup("");
    size_t begin = source_line(source, first)->begin;
    return g_strndup(source->plain + begin, source_line(source, first + count - 1)->end - begin);
}

int
source_line_of(const Source *source, size_t at)
{
    int line = 1;
    for (size_t i = 0; i < at && i < source->bytes; i++)
        line += source->text[i] == '\n';
    return line;
}
