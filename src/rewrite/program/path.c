/*
 * path.c - a table's name that is a file of code or words: "queries/users_v1.sql". What holds data under the table's name
 * may be the dataset itself, and is a person's.
 */
#include "rewrite/program/program.h"

#include <string.h>

bool
text_is_in_path(const Text *text, size_t begin, size_t end)
{
    static const char *const endings[] = {"sql",  "hql", "q",    "py",   "ipynb", "sh",    "r",
                                          "java", "kt",  "go",   "js",   "ts",    "rb",    "scala",
                                          "j2",   "md",  "html", "yaml", "yml",   "jinja", NULL};
    size_t from = end + 1, to = from;
    if (begin == 0 || text->bytes[begin - 1] != '/' || text_byte(text, end) != '.')
        return false;
    while (to < text->count && g_ascii_isalnum(text->bytes[to]))
        to++;
    return to == text->count && memchr(text->bytes, ' ', text->count) == NULL &&
           span_is_among(text, (Span){(uint32_t) from, (uint32_t) to}, endings);
}
