/*
 * choice.c - one of several texts that an expression puts into a string:
 *
 *   `… WHERE id > 0 ${all ? "" : "AND plan = 'pro'"}`, f"… {'AND x' if y else ''}", "…" + (down ? " DESC" : "")
 *
 * Each is read with what surrounds it, as a branch of a template is. What may be no part of SQL by itself (half a string, one of
 * two brackets, the beginning of a comment) stays a hole.
 */
#include "rewrite/program/program.h"

#include <string.h>

#define TEXTS_MAX 8     /* of one choice; people write two */
#define SEGMENTS_MAX 32 /* of all its texts */
#define CHOICES_MAX 64  /* in one string */
#define BRACKETS_MAX 4  /* around it */

typedef enum { FORM_NONE, FORM_QUESTION, FORM_BEHIND, FORM_BEFORE } Form;

/* A literal of a text, or what is put between two of them. */
typedef struct {
    Piece piece;
    Span hole; /* empty: it is the literal */
} Segment;

typedef struct {
    const Text *text;
    const Language *language;
    Form form;
    Segment segments[SEGMENTS_MAX];
    guint ends[TEXTS_MAX]; /* of each text, behind its last segment */
    Span conditions[TEXTS_MAX];
    guint count;
} Choice;

static Form
form_of(const Language *language)
{
    static const struct {
        const char *language;
        Form form;
    } forms[] = {{"javascript", FORM_QUESTION}, {"java", FORM_QUESTION},
                 {"csharp", FORM_QUESTION},     {"php", FORM_QUESTION},
                 {"groovy", FORM_QUESTION},     {"ruby", FORM_QUESTION},
                 {"hcl", FORM_QUESTION},        {"python", FORM_BEHIND},
                 {"kotlin", FORM_BEFORE},       {"scala", FORM_BEFORE}};
    for (size_t i = 0; i < G_N_ELEMENTS(forms); i++)
        if (strcmp(forms[i].language, language->name) == 0)
            return forms[i].form;
    return FORM_NONE;
}

/* ---- reading ---- */

static size_t
behind_blanks(const Choice *choice, size_t at, size_t end)
{
    while (at < end && g_ascii_isspace(choice->text->bytes[at]))
        at++;
    return at;
}

/* What is open behind some of the text. */
typedef struct {
    int brackets;
    guint quotes[3];
    bool is_cut; /* a statement, a comment or a template begins or ends in it */
} Balance;

static void
weigh(Balance *balance, const Text *text, const Piece *piece)
{
    static const char quotes[] = "'\"`";
    for (size_t i = piece->inner_begin; i < piece->inner_end; i++) {
        char c = text->bytes[i];
        for (size_t q = 0; q < G_N_ELEMENTS(balance->quotes); q++)
            balance->quotes[q] += c == quotes[q];
        balance->brackets += c == '(' ? 1 : c == ')' ? -1 : 0;
        balance->is_cut = balance->is_cut || balance->brackets < 0 || c == ';' ||
                          text_starts(text, i, "--") || text_starts(text, i, "/*") ||
                          text_starts(text, i, "*/") || text_starts(text, i, "{%");
    }
}

/* Whatever SQL surrounds it, it is read alike. */
static bool
is_balanced(const Balance *balance)
{
    return !balance->is_cut && balance->brackets == 0 && balance->quotes[0] % 2 == 0 &&
           balance->quotes[1] % 2 == 0 && balance->quotes[2] % 2 == 0;
}

static guint
segment_count(const Choice *choice)
{
    return choice->count > 0 ? choice->ends[choice->count - 1] : 0;
}

static bool
take_literal(const Choice *choice, size_t *at, size_t end, Piece *ret)
{
    if (*at >= end || !literal_at(choice->text, choice->language, *at, 1, ret) || ret->end == 0 ||
        ret->end > end || ret->is_bytes || ret->is_character)
        return false;
    *at = behind_blanks(choice, ret->end, end);
    return true;
}

/* lo, this.lo, String.valueOf(lo), $x->y: an operand of a sum. */
static bool
take_operand(const Choice *choice, size_t *at, size_t end, Span *ret)
{
    const Text *text = choice->text;
    size_t i = *at;
    while (i < end) {
        char c = text->bytes[i];
        bool is_arrow = text_starts(text, i, "->");
        if (c == '(' || c == '[') {
            size_t behind =
                expression_end(text, choice->language, i + 1, end, c == '(' ? ')' : ']', 1);
            if (behind == 0 || behind > end)
                return false;
            i = behind;
        } else if (is_identifier_byte(c) || c == '$' || is_arrow ||
                   (c == '.' && choice->language->plus != '.')) {
            i += is_arrow ? 2 : 1;
        } else {
            break;
        }
    }
    *ret = (Span){(uint32_t) *at, (uint32_t) i};
    bool is_there = i > *at;
    *at = behind_blanks(choice, i, end);
    return is_there;
}

/* The sign of a sum, which `*at` goes behind. */
static bool
take_plus(const Choice *choice, size_t *at, size_t end)
{
    char plus = choice->language->plus == '.' ? '.' : '+', next = text_byte(choice->text, *at + 1);
    if (*at >= end || choice->text->bytes[*at] != plus || next == plus || next == '=')
        return false;
    *at = behind_blanks(choice, *at + 1, end);
    return true;
}

/* "…", or a sum that begins with one. */
static bool
take_text(Choice *choice, size_t *at, size_t end)
{
    guint count = segment_count(choice);
    Balance balance = {0};
    *at = behind_blanks(choice, *at, end);
    do {
        if (choice->count == TEXTS_MAX || count == SEGMENTS_MAX)
            return false;
        Segment *segment = &choice->segments[count];
        *segment = (Segment){0};
        if (take_literal(choice, at, end, &segment->piece))
            weigh(&balance, choice->text, &segment->piece);
        else if (count == segment_count(choice) || !take_operand(choice, at, end, &segment->hole))
            return false;
        count++;
    } while (take_plus(choice, at, end));
    if (!is_balanced(&balance))
        return false;
    choice->ends[choice->count++] = count;
    return true;
}

static bool
take_word(const Choice *choice, size_t *at, size_t end, const char *word)
{
    size_t from = behind_blanks(choice, *at, end), behind = from + strlen(word);
    if (behind > end || !text_starts(choice->text, from, word) ||
        is_identifier_byte(text_byte(choice->text, behind)))
        return false;
    *at = behind;
    return true;
}

/* Is it `? ` of a choice, and not of `?.`, `??`, `?:`, nor the end of `empty?` of Ruby? */
static bool
is_question(const Choice *choice, size_t at)
{
    const Text *text = choice->text;
    char next = text_byte(text, at + 1), before = at > 0 ? text->bytes[at - 1] : '\0';
    bool is_of_name = strcmp(choice->language->name, "ruby") == 0 && is_identifier_byte(before);
    return text->bytes[at] == '?' && strchr("?.:-[", next) == NULL && before != '?' && !is_of_name;
}

/* Where the condition at `at` ends: at a question mark, or at ELSE of Python. `end`: nowhere, or it is not understood. */
static size_t
condition_end(const Choice *choice, size_t at, size_t end)
{
    const Text *text = choice->text;
    int depth = 0;
    for (size_t i = at; i < end;) {
        Piece inner;
        char c = text->bytes[i];
        if (c == '"' || c == '\'' || c == '`') {
            if (!literal_at(text, choice->language, i, 1, &inner) || inner.end == 0)
                return end;
            i = inner.end;
            continue;
        }
        if (c == '/' || c == '#' || depth < 0) /* a pattern, a comment */
            return end;
        size_t word = i;
        bool is_end = choice->form == FORM_QUESTION
                          ? is_question(choice, i)
                          : g_ascii_isspace(c) && take_word(choice, &word, end, "else");
        if (depth == 0 && is_end)
            return i;
        depth += strchr("([{", c) != NULL ? 1 : strchr(")]}", c) != NULL ? -1 : 0;
        i++;
    }
    return end;
}

/* x ? "…" : … */
static bool
take_question(Choice *choice, size_t *at, size_t end)
{
    size_t question = condition_end(choice, *at, end);
    Span condition = {(uint32_t) *at, (uint32_t) question};
    if (question == end)
        return false;
    *at = question + 1;
    if (!take_text(choice, at, end) || text_byte(choice->text, *at) != ':' || *at >= end ||
        text_byte(choice->text, *at + 1) == ':')
        return false;
    choice->conditions[choice->count - 1] = condition;
    (*at)++;
    return true;
}

/* "…" if x else … */
static bool
take_behind(Choice *choice, size_t *at, size_t end)
{
    if (!take_text(choice, at, end) || !take_word(choice, at, end, "if"))
        return false;
    size_t behind = condition_end(choice, *at, end);
    choice->conditions[choice->count - 1] = (Span){(uint32_t) *at, (uint32_t) behind};
    *at = behind;
    return behind < end && take_word(choice, at, end, "else");
}

/* if (x) "…" else … */
static bool
take_before(Choice *choice, size_t *at, size_t end)
{
    if (!take_word(choice, at, end, "if"))
        return false;
    size_t open = behind_blanks(choice, *at, end);
    size_t behind = text_byte(choice->text, open) == '('
                        ? expression_end(choice->text, choice->language, open + 1, end, ')', 1)
                        : 0;
    if (behind == 0 || behind > end)
        return false;
    *at = behind;
    if (!take_text(choice, at, end))
        return false;
    choice->conditions[choice->count - 1] = (Span){(uint32_t) open + 1, (uint32_t) behind - 1};
    return take_word(choice, at, end, "else");
}

/* The last text, and nothing else. */
static bool
is_last(Choice *choice, size_t at, size_t end)
{
    guint count = choice->count;
    if (take_text(choice, &at, end) && at == end)
        return true;
    choice->count = count;
    return false;
}

/* Without the brackets around it. */
static void
strip(const Choice *choice, size_t *at, size_t *end)
{
    for (int i = 0; i <= BRACKETS_MAX; i++) {
        *at = behind_blanks(choice, *at, *end);
        while (*end > *at && g_ascii_isspace(choice->text->bytes[*end - 1]))
            (*end)--;
        if (text_byte(choice->text, *at) != '(' ||
            expression_end(choice->text, choice->language, *at + 1, *end, ')', 1) != *end)
            return;
        (*at)++;
        (*end)--;
    }
}

static bool
read_choice(Choice *choice, size_t at, size_t end)
{
    strip(choice, &at, &end);
    do {
        bool is_taken = choice->form == FORM_QUESTION ? take_question(choice, &at, end)
                        : choice->form == FORM_BEHIND ? take_behind(choice, &at, end)
                                                      : take_before(choice, &at, end);
        if (!is_taken)
            return false;
        at = behind_blanks(choice, at, end);
    } while (!is_last(choice, at, end));
    return true;
}

/* ---- writing ---- */

/* Is what was put so far within quotes of SQL? Each byte is looked at once. */
static bool
is_in_quotes(Text *out)
{
    for (; out->looked_at < out->count; out->looked_at++) {
        char c = out->bytes[out->looked_at];
        if (c == out->quote_open)
            out->quote_open = '\0';
        else if (out->quote_open == '\0' && (c == '\'' || c == '"' || c == '`'))
            out->quote_open = c;
    }
    return out->quote_open != '\0';
}

static void
put_word(Text *out, size_t at, const char *word)
{
    text_put(out, at, at, word, strlen(word));
}

static void
put_text(Text *out, const Choice *choice, guint index, GArray *expressions)
{
    for (guint i = index > 0 ? choice->ends[index - 1] : 0; i < choice->ends[index]; i++) {
        const Segment *segment = &choice->segments[i];
        if (segment->hole.end == 0) {
            text_decode(out, choice->language, &segment->piece, false, expressions);
            continue;
        }
        text_put(out, segment->hole.begin, segment->hole.end, HOLE, strlen(HOLE));
        if (expressions != NULL)
            g_array_append_val(expressions, segment->hole);
    }
}

bool
choice_put(Text *out, const Text *text, const Language *language, Span span, GArray *expressions)
{
    Choice choice = {.text = text, .language = language, .form = form_of(language)};
    if (choice.form == FORM_NONE || out->choices >= CHOICES_MAX || is_in_quotes(out) ||
        !read_choice(&choice, span.begin, span.end))
        return false;
    out->choices++;
    for (guint i = 0; i < choice.count; i++) {
        bool has_condition = i + 1 < choice.count;
        guint first = i > 0 ? choice.ends[i - 1] : 0;
        put_word(out, choice.segments[first].piece.begin,
                 i == 0          ? "{% if x %}"
                 : has_condition ? "{% elif x %}"
                                 : "{% else %}");
        put_text(out, &choice, i, expressions);
        if (has_condition && expressions != NULL)
            g_array_append_val(expressions, choice.conditions[i]);
    }
    put_word(out, span.end, "{% endif %}");
    return true;
}
