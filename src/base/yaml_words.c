/*
 * yaml_words.c - libyaml's complaints in plain words.
 *
 * libyaml says "mapping values are not allowed in this context"; a person wants to know that a
 * colon stands where none is expected, and what to do. What the table does not know is passed on as
 * it is.
 */
#include "base/yaml_words.h"

#include <string.h>

#define TAB "a tab cannot indent, expected spaces"
#define TAG "a value that starts with '!' is a tag: expected '!name', or quotes around the text"
#define DIRECTIVE                                                                                  \
    "a line that starts with '%' is a directive: expected '%YAML 1.2', or quotes around the text"

/* A row with a context counts only there; the first row that fits is taken. */
/* clang-format off */
static const struct {
    const char *problem, *context;
    YamlWords words;
} rows[] = {
    { "could not find expected ':'", NULL,
      { "expected ': ' after this name, as in 'name: value'", true, NULL } },
    { "mapping values are not allowed in this context", NULL,
      { "unexpected ':': quote the text if it belongs to it, or check the indentation",
        false, NULL } },
    { "mapping keys are not allowed in this context", NULL,
      { "unexpected '?': quote the text if it belongs to it, or check the indentation",
        false, NULL } },
    { "block sequence entries are not allowed in this context", NULL,
      { "unexpected '- ': expected a list item on a line of its own, or quotes around the text",
        false, NULL } },
    { "found unexpected end of stream", NULL,
      { "the quoted text that starts here is never closed", true, NULL } },
    { "found unexpected document indicator", NULL,
      { "the quoted text that starts here is not closed before the document ends", true, NULL } },
    { "found unknown escape character", NULL,
      { "unknown escape in double quotes: expected one like \\n, \\\" or \\\\, "
        "or single quotes, in which a backslash is only a backslash", false, NULL } },
    { "did not find expected hexdecimal number", NULL,
      { "expected hexadecimal digits after \\x, \\u or \\U", false, NULL } },
    { "found invalid Unicode character escape code", NULL,
      { "this escape is no Unicode character", false, NULL } },
    { "did not find expected ',' or ']'", NULL,
      { "expected ',' or ']'", false, "the list" } },
    { "did not find expected ',' or '}'", NULL,
      { "expected ',' or '}'", false, "the map" } },
    { "did not find expected key", NULL,
      { "expected a key, indented like the others", false, "the map" } },
    { "did not find expected '-' indicator", NULL,
      { "expected '- ', indented like the other items", false, "the list" } },
    { "did not find expected node content", NULL,
      { "expected a value", false, NULL } },
    { "did not find expected <document start>", NULL,
      { "expected '---' or the end of the file: this does not belong to the document above",
        false, NULL } },
    { "did not find expected alphabetic or numeric character", "while scanning an alias",
      { "a value that starts with '*' stands for an anchor: expected its name, "
        "or quotes around the text", true, NULL } },
    { "did not find expected alphabetic or numeric character", "while scanning an anchor",
      { "a value that starts with '&' names an anchor: expected its name, "
        "or quotes around the text", true, NULL } },
    { "found a tab character that violates indentation", NULL, { TAB, false, NULL } },
    { "found a tab character where an indentation space is expected", NULL, { TAB, false, NULL } },
    { "did not find expected comment or line break", "while scanning a block scalar",
      { "expected the text of the block on the next line", false, NULL } },
    { "found an indentation indicator equal to 0", NULL,
      { "expected a digit from 1 to 9 after '|' or '>'", false, NULL } },
    { "found unexpected ':'", NULL,
      { "a ':' inside brackets needs a blank after it, or quotes around the text",
        false, NULL } },
    { "found incompatible YAML document", NULL, { "expected YAML 1.1 or 1.2", false, NULL } },
    { "found duplicate %YAML directive", NULL, { "a second %YAML directive", false, NULL } },
    { "found duplicate %TAG directive", NULL, { "a second %TAG directive", false, NULL } },
    { NULL, "while scanning a directive", { DIRECTIVE, true, NULL } },
    { NULL, "while scanning a %YAML directive", { DIRECTIVE, true, NULL } },
    { NULL, "while scanning a %TAG directive", { DIRECTIVE, true, NULL } },
    { NULL, "while parsing a %TAG directive", { DIRECTIVE, true, NULL } },
    { NULL, "while scanning a tag", { TAG, true, NULL } },
    { NULL, "while parsing a tag", { TAG, true, NULL } },
    { "found undefined tag handle", NULL, { TAG, true, NULL } },
};
/* clang-format on */

static bool
text_fits(const char *pattern, const char *text)
{
    return pattern == NULL || (text != NULL && strcmp(pattern, text) == 0);
}

/* "found character that cannot start any token": which one it is decides what helps. */
static const char *
words_for_start(char c)
{
    switch (c) {
    case '\t':
        return TAB;
    case '%':
        return "a value cannot start with '%', expected it in quotes";
    case '@':
        return "a value cannot start with '@', expected it in quotes";
    case '`':
        return "a value cannot start with '`', expected it in quotes";
    default:
        return "a value cannot start with this character, expected it in quotes";
    }
}

/* Nothing but blanks before it on its line. */
static bool
is_first_on_line(const char *text, size_t at)
{
    while (at > 0 && (text[at - 1] == ' ' || text[at - 1] == '\t'))
        at--;
    return at == 0 || text[at - 1] == '\n' || text[at - 1] == '\r';
}

YamlWords
yaml_words(const char *problem, const char *context, const char *text, size_t at)
{
    if (text_fits("found character that cannot start any token", problem))
        return (YamlWords){.words = words_for_start(text[at])};
    if (text_fits("did not find expected key", problem) && !is_first_on_line(text, at))
        return (YamlWords){.words =
                               "unexpected text after the value, expected the end of the line"};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (text_fits(rows[i].problem, problem) && text_fits(rows[i].context, context))
            return rows[i].words;
    return (YamlWords){.words = problem != NULL ? problem : "not valid YAML"};
}
