/* jinja.c - calls and their arguments between {{ and }}. */
#include "sql/jinja.h"

#include <string.h>

typedef struct {
    uint32_t callee, callee_end, keyword, keyword_end;
    guint place;
    bool is_call;
} Frame;

typedef struct {
    const char *text;
    uint32_t at, end;
    GArray *frames, *found;
    bool is_mixed; /* the element before was `~` or `|` */
} Reader;

static bool
is_name_byte(char c)
{
    return g_ascii_isalnum(c) || c == '_';
}

static Frame *
top(const Reader *reader)
{
    return &g_array_index(reader->frames, Frame, reader->frames->len - 1);
}

static void
skip_blanks(Reader *reader)
{
    while (reader->at < reader->end && g_ascii_isspace(reader->text[reader->at]))
        reader->at++;
}

static char
next_sign(Reader *reader)
{
    skip_blanks(reader);
    return reader->at < reader->end ? reader->text[reader->at] : '\0';
}

static void
add(Reader *reader, JinjaKind kind, uint32_t begin, uint32_t end)
{
    const Frame *frame = top(reader);
    char next = next_sign(reader);
    JinjaArgument argument = {.kind = kind,
                              .begin = begin,
                              .end = end,
                              .callee = frame->callee,
                              .callee_end = frame->callee_end,
                              .keyword = frame->keyword,
                              .keyword_end = frame->keyword_end,
                              .place = frame->place,
                              .is_mixed = reader->is_mixed || next == '~' || next == '|' ||
                                          next == '.' || next == '['};
    g_array_append_val(reader->found, argument);
}

static void
take_string(Reader *reader)
{
    char quote = reader->text[reader->at++];
    uint32_t begin = reader->at;
    while (reader->at < reader->end && reader->text[reader->at] != quote)
        reader->at += reader->text[reader->at] == '\\' ? 2 : 1;
    uint32_t end = MIN(reader->at, reader->end);
    reader->at = MIN(reader->at + 1, reader->end);
    add(reader, JINJA_LITERAL, begin, end);
}

/* a.b.c: a call's name, a named argument, or a variable. */
static void
take_name(Reader *reader)
{
    uint32_t begin = reader->at;
    while (reader->at < reader->end &&
           (is_name_byte(reader->text[reader->at]) ||
            (reader->text[reader->at] == '.' && reader->at + 1 < reader->end &&
             is_name_byte(reader->text[reader->at + 1]))))
        reader->at++;
    uint32_t end = reader->at;
    char next = next_sign(reader);
    Frame *frame = top(reader);
    if (next == '(') {
        Frame call = {.callee = begin, .callee_end = end, .is_call = true};
        reader->at++;
        g_array_append_val(reader->frames, call);
    } else if (next == '=' && frame->is_call &&
               (reader->at + 1 >= reader->end || reader->text[reader->at + 1] != '=')) {
        frame->keyword = begin;
        frame->keyword_end = end;
        reader->at++;
    } else {
        add(reader, JINJA_VARIABLE, begin, end);
    }
}

static void
take_sign(Reader *reader)
{
    char c = reader->text[reader->at++];
    Frame *frame = top(reader), inner = *frame;
    inner.is_call = false;
    if (strchr("([{", c) != NULL) {
        g_array_append_val(reader->frames, inner);
    } else if (strchr(")]}", c) != NULL) {
        if (reader->frames->len > 1)
            g_array_set_size(reader->frames, reader->frames->len - 1);
    } else if (c == ',' && frame->is_call) {
        frame->place++;
        frame->keyword = frame->keyword_end = 0;
    }
    reader->is_mixed = c == '~' || c == '|';
}

static void
read_all(Reader *reader)
{
    while (next_sign(reader) != '\0') {
        char c = reader->text[reader->at];
        bool was_mixed = reader->is_mixed;
        if (c == '\'' || c == '"')
            take_string(reader);
        else if (is_name_byte(c))
            take_name(reader);
        else {
            take_sign(reader);
            continue;
        }
        if (was_mixed)
            reader->is_mixed = false;
    }
}

GArray *
jinja_between(const char *text, uint32_t begin, uint32_t end)
{
    Reader reader = {.text = text,
                     .at = begin,
                     .end = end,
                     .frames = g_array_new(FALSE, TRUE, sizeof(Frame)),
                     .found = g_array_new(FALSE, TRUE, sizeof(JinjaArgument))};
    Frame outside = {0};
    g_array_append_val(reader.frames, outside);
    read_all(&reader);
    g_array_unref(reader.frames);
    return reader.found;
}

void
jinja_bounds(const char *text, const Token *token, uint32_t *ret_begin, uint32_t *ret_end)
{
    uint32_t begin = token->begin + 2, end = MAX(token->end, token->begin + 4) - 2;
    if (begin < end && (text[begin] == '-' || text[begin] == '+'))
        begin++;
    if (end > begin && (text[end - 1] == '-' || text[end - 1] == '+'))
        end--;
    while (begin < end && g_ascii_isspace(text[begin]))
        begin++;
    while (end > begin && g_ascii_isspace(text[end - 1]))
        end--;
    *ret_begin = begin;
    *ret_end = end;
}

const char *
jinja_inside(const char *text, const Token *token)
{
    const char *begin = text + token->begin + 2;
    return begin + strspn(begin, "- \n\t");
}

GArray *
jinja_arguments(const char *text, const Token *token)
{
    uint32_t begin, end;
    jinja_bounds(text, token, &begin, &end);
    GArray *found = jinja_between(text, begin, end);
    if (found->len == 1) {
        JinjaArgument *one = &g_array_index(found, JinjaArgument, 0);
        guint quote = one->kind == JINJA_LITERAL ? 1 : 0;
        one->is_alone = one->begin == begin + quote && one->end + quote == end;
    }
    return found;
}

bool
jinja_is_default(const char *text, const JinjaArgument *argument)
{
    const char *callee = text + argument->callee;
    size_t bytes = argument->callee_end - argument->callee;
    return (argument->place > 0 || argument->keyword_end > 0) &&
           ((bytes == 3 && memcmp(callee, "var", 3) == 0) ||
            (bytes == 7 && memcmp(callee, "env_var", 7) == 0));
}
