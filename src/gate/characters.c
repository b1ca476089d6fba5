/*
 * characters.c - what people would merge without seeing it: characters that do not show, turn the text round, or look like
 * another one.
 */
#include "gate/inside.h"

#include <string.h>

#define FAR_BLANKS 60 /* within a line: more than anybody aligns */

/* They take a place, or none, and show nothing, though they count as letters, marks or symbols. */
static bool
is_blank_mark(gunichar c)
{
    return (c >= 0xfe00 && c <= 0xfe0f) || (c >= 0xe0100 && c <= 0xe01ef) || c == 0x34f ||
           (c >= 0x180b && c <= 0x180f) || c == 0x115f || c == 0x1160 || c == 0x17b4 ||
           c == 0x17b5 || c == 0x2800 || c == 0x3164 || c == 0xffa0;
}

/* A carriage return that ends no line hides what stands before it on a terminal. */
static bool
is_hidden(gunichar c, const char *next)
{
    GUnicodeType type = g_unichar_type(c);
    if (c == '\r')
        return *next != '\0' && *next != '\n';
    if (c == '\t' || c == '\n' || c == ' ')
        return false;
    return type == G_UNICODE_CONTROL || type == G_UNICODE_FORMAT || type == G_UNICODE_PRIVATE_USE ||
           type == G_UNICODE_UNASSIGNED || type == G_UNICODE_LINE_SEPARATOR ||
           type == G_UNICODE_PARAGRAPH_SEPARATOR || type == G_UNICODE_SPACE_SEPARATOR ||
           is_blank_mark(c);
}

/* Letters of these scripts look like Latin ones: where they stand among those, somebody is to be misled. */
static bool
is_foreign(gunichar c)
{
    static const gunichar ranges[][2] = {
        {0x250, 0x2af},   {0x370, 0x58f},   {0x13a0, 0x13ff}, {0x1d00, 0x1dbf},   {0x2c80, 0x2cff},
        {0xa4d0, 0xa4ff}, {0xa720, 0xa7ff}, {0xff10, 0xff5a}, {0x1d400, 0x1d7ff},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(ranges); i++)
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return g_unichar_isalnum(c);
    return false;
}

/* Letters of which whole words can be written that look Latin; and signs that stand for others. */
static bool
is_twin(gunichar c)
{
    static const char letters[] = "аеорсухіјѕһԁԛԝкмтпгвАВЕКМНОРСТУХІЈЅ"
                                  "αινορτυχκΑΒΕΖΗΙΚΜΝΟΡΤΥΧ";
    char bytes[8] = "";
    g_unichar_to_utf8(c, bytes);
    return strstr(letters, bytes) != NULL || (c >= 0xff21 && c <= 0xff5a) ||
           (c >= 0x1d400 && c <= 0x1d7ff);
}

static bool
is_false_sign(gunichar c)
{
    return c == 0x37e || (c >= 0x1c0 && c <= 0x1c3) || (c >= 0xff01 && c <= 0xff0f) ||
           (c >= 0xff1a && c <= 0xff20) || (c >= 0xff3b && c <= 0xff40) || c == 0x2024 ||
           c == 0x2236 || c == 0xa789 || (c >= 0xfe50 && c <= 0xfe6b);
}

/* These are signs of other things in prose, and look like those of code where code stands. */
static bool
is_false_in_code(gunichar c)
{
    return (c >= 0x2b9 && c <= 0x2bf) || c == 0x2018 || c == 0x2019 || c == 0x201c || c == 0x201d ||
           (c >= 0x2032 && c <= 0x2037) || c == 0x2044 || c == 0x2212 || c == 0x2215 ||
           c == 0x2217 || c == 0x2223 || c == 0x223c || c == 0x2264 || c == 0x2265 || c == 0x29f8;
}

/* A mark on a letter that is no letter of any alphabet with it: "s" with a line below is not "s". */
static bool
is_loose_mark(gunichar c, const char *line, const char *at)
{
    gunichar whole;
    if (c < 0x300 || c > 0x36f || at == line)
        return false;
    gunichar letter = g_utf8_get_char(g_utf8_prev_char(at));
    return letter < 0x80 && !g_unichar_compose(letter, c, &whole);
}

/* The Latin letter that another one, or a number, is drawn like; 0: none. Some are letters of living languages: they mislead
 * where they make a name that is there already. */
static char
drawn_like(gunichar c)
{
    static const struct {
        gunichar c;
        char like;
    } letters[] = {{0x131, 'i'},  {0x237, 'j'},  {0x17f, 's'},  {0x212a, 'K'}, {0x2113, 'l'},
                   {0x212f, 'e'}, {0x210a, 'g'}, {0x2134, 'o'}, {0x2160, 'I'}, {0x2164, 'V'},
                   {0x2169, 'X'}, {0x2170, 'i'}, {0x2174, 'v'}, {0x2179, 'x'}, {0x217c, 'l'},
                   {0x217d, 'c'}, {0x217e, 'd'}, {0x217f, 'm'}, {0x1c0, 'l'}};
    for (size_t i = 0; i < G_N_ELEMENTS(letters); i++)
        if (letters[i].c == c)
            return letters[i].like;
    return 0;
}

static bool
is_of_word(gunichar c)
{
    return g_unichar_isalnum(c) || c == '_';
}

/* The word around a character; a word that was there before is nobody's trick. */
static bool
misleads(const Gate *gate, const char *line, const char *at)
{
    const char *from = at, *to = g_utf8_next_char(at);
    bool has_latin = false, is_all_twins = true;
    while (from > line && is_of_word(g_utf8_get_char(g_utf8_prev_char(from))))
        from = g_utf8_prev_char(from);
    while (*to != '\0' && is_of_word(g_utf8_get_char(to)))
        to = g_utf8_next_char(to);
    g_autofree char *word = g_strndup(from, (size_t) (to - from));
    for (; from < to; from = g_utf8_next_char(from)) {
        has_latin |= g_ascii_isalpha(*from);
        is_all_twins &= (unsigned char) *from < 0x80 || is_twin(g_utf8_get_char(from));
    }
    return (has_latin || is_all_twins) && strstr(gate->before->text, word) == NULL;
}

/* A letter, or a digit, that is another way to write plain ones: a ligature, a small digit above the line. */
static bool
is_form(gunichar c)
{
    char bytes[8] = "";
    g_unichar_to_utf8(c, bytes);
    g_autofree char *plain = c >= 0x80 ? g_utf8_normalize(bytes, -1, G_NORMALIZE_ALL) : NULL;
    for (const char *at = plain; at != NULL && *at != '\0'; at++)
        if ((unsigned char) *at >= 0x80)
            return false;
    return plain != NULL && g_ascii_isalnum(*plain);
}

/* With plain letters it is a word of this text, or one of the names that move. */
static bool
is_double(const Gate *gate, const char *line, const char *at)
{
    const char *from = at, *to = at;
    g_autoptr(GString) plain = g_string_new(NULL);
    while (from > line && is_of_word(g_utf8_get_char(g_utf8_prev_char(from))))
        from = g_utf8_prev_char(from);
    for (; *to != '\0' && is_of_word(g_utf8_get_char(to)); to = g_utf8_next_char(to))
        continue;
    for (const char *one = from; one < to; one = g_utf8_next_char(one)) {
        gunichar c = g_utf8_get_char(one);
        char like = drawn_like(c);
        g_string_append_unichar(plain, like != 0 ? (gunichar) like : c);
    }
    return words_in(gate->spec->words, plain->str) ||
           (plain->len > 1 && strstr(gate->before->text, plain->str) != NULL);
}

/* Code after so many blanks stands where nobody looks. */
static bool
is_far_right(const char *line)
{
    size_t blanks = 0;
    for (const char *at = line + strspn(line, " \t"); *at != '\0'; at++) {
        if (*at == ' ' || *at == '\t')
            blanks += *at == '\t' ? 8 : 1;
        else if (blanks >= FAR_BLANKS)
            return true;
        else
            blanks = 0;
    }
    return false;
}

static int
count_in(const char *text, gunichar c)
{
    int count = 0;
    for (const char *at = text; (at = g_utf8_strchr(at, -1, c)) != NULL; at = g_utf8_next_char(at))
        count++;
    return count;
}

/* More of it than before: a text may hold such a character already. */
static bool
is_more(const Gate *gate, gunichar c)
{
    return count_in(gate->after->text, c) > count_in(gate->before->text, c);
}

static void
look_at_line(const Gate *gate, guint index)
{
    g_autofree char *line = source_words(gate->after, gate->after->text, index),
                    *bare = source_words(gate->after, gate->after->bare, index);
    if (is_far_right(line) && strstr(gate->before->text, line) == NULL)
        gate_say(gate, "hidden-characters", (int) index + 1,
                 "something stands far to the right here, where nobody looks; bring it near");
    for (const char *at = line; *at != '\0'; at = g_utf8_next_char(at)) {
        gunichar c = g_utf8_get_char(at);
        if ((is_hidden(c, g_utf8_next_char(at)) || is_loose_mark(c, line, at)) && is_more(gate, c))
            gate_say(gate, "hidden-characters", (int) index + 1,
                     "the character U+%04X does not show here; write what people can see", c);
        else if ((is_false_sign(c) || (is_false_in_code(c) && bare[at - line] == *at)) &&
                 is_more(gate, c))
            gate_say(gate, "mixed-script", (int) index + 1,
                     "the character U+%04X looks like another one; write the plain one", c);
        else if (((is_foreign(c) || is_form(c)) && misleads(gate, line, at)) ||
                 (drawn_like(c) != 0 && is_more(gate, c) && is_double(gate, line, at)))
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
            look_at_line(gate, hunk->after + k);
    }
}
