/*
 * table_doubts.c - where a text may change a dataset's table in a way that is not understood.
 *
 * SQL in strings, programs, and names with fewer parts than the dataset's: it is enough that the table's name stands near a
 * word that changes tables. Who is wrong here only knows less than he could.
 */
#include "base/text.h"
#include "rewrite/table_steps_parts.h"

#include <string.h>

#define WINDOW_BYTES 160 /* from CREATE TABLE, or add_column(, to the table's name */
#define BEFORE_BYTES 40  /* from CREATE to TABLE */

/* Has the name fewer parts than the dataset's, and no other ones? Then it may be that. */
static bool
may_mean(const Spelling *spelling, const SqlPath *path)
{
    guint parts = g_strv_length(spelling->source);
    if (path->count == 0 || path->count > parts)
        return false;
    for (uint32_t i = 1; i <= path->count; i++)
        if (path->parts[path->count - i].text == NULL ||
            g_ascii_strcasecmp(path->parts[path->count - i].text, spelling->source[parts - i]) != 0)
            return false;
    return true;
}

/* Was just that said of it before? */
static bool
is_doubted(const StepReader *reader, const Rename *rename)
{
    const TableStep *last =
        reader->steps->len > 0 ? g_ptr_array_index(reader->steps, reader->steps->len - 1) : NULL;
    return last != NULL && last->kind == TABLE_STEP_UNCLEAR && last->mapping == rename->mapping;
}

void
step_doubt(StepReader *reader, const SqlPath *path, size_t begin)
{
    const char *last = path->count > 0 ? path->parts[path->count - 1].text : NULL;
    const GPtrArray *list =
        last != NULL ? renames_ending_in(reader->renames, RENAMES_BY_LAST, last) : NULL;
    for (guint i = 0; list != NULL && i < list->len; i++) {
        const Rename *rename = g_ptr_array_index(list, i);
        bool is_meant = false;
        for (guint s = 0; s < rename->spellings->len; s++)
            is_meant = is_meant || may_mean(g_ptr_array_index(rename->spellings, s), path);
        if (is_meant && rename->mapping != NULL && !is_doubted(reader, rename))
            step_add(reader, rename, TABLE_STEP_UNCLEAR, begin);
    }
}

/* Is a dataset named within these bytes? Then its table may change there. */
void
step_doubt_window(StepReader *reader, const char *text, size_t bytes)
{
    for (size_t at = 0; at < bytes;) {
        size_t end = at;
        while (end < bytes && is_identifier_byte(text[end]))
            end++;
        if (end > at && renames_may_end(reader->renames, text + at, end - at)) {
            g_autofree char *name = g_strndup(text + at, end - at);
            SqlPart part = {.text = name};
            step_doubt(reader, &(SqlPath){.parts = &part, .count = 1},
                       (size_t) (text + at - reader->text));
        }
        at = MAX(end, at + 1);
    }
}

/* Words of code, and whether one of the last few was CREATE, ALTER and the like. */
typedef struct {
    const char *text;
    size_t begin, end; /* of the word */
    size_t verb;       /* byte behind the last of them, or 0 */
} Words;

static bool
is_one_of(const Words *words, const char *const *list)
{
    size_t bytes = words->end - words->begin;
    char first = g_ascii_tolower(words->text[words->begin]);
    for (; *list != NULL; list++)
        if ((*list)[0] == first && strlen(*list) == bytes &&
            g_ascii_strncasecmp(words->text + words->begin, *list, bytes) == 0)
            return true;
    return false;
}

/* All words of every file that names a dataset are asked, and most begin otherwise than those below. */
static bool
may_begin(char first)
{
    switch (first | 0x20) { /* a small letter */
    case 'a':
    case 'c':
    case 'd':
    case 'e':
    case 'r':
    case 't':
    case 'v':
        return true;
    default:
        return false;
    }
}

/* TABLE behind CREATE, add_column: what stands behind it may be the table. */
static bool
is_mark(Words *words, bool *ret_is_view)
{
    static const char *const verbs[] = {"create", "alter", "rename", "exchange", NULL},
                             *const tables[] = {"table", "tables", "view", NULL};
    static const char *const calls[] = {
        "add_column",   "addcolumn",   "remove_column", "removecolumn",
        "drop_column",  "dropcolumn",  "rename_column", "renamecolumn",
        "create_table", "createtable", "alter_table",   "altertable",
        "change_table", NULL};
    if (!may_begin(words->text[words->begin]))
        return false;
    if (is_one_of(words, verbs))
        words->verb = words->end;
    *ret_is_view = words->end - words->begin == strlen("view");
    return is_one_of(words, tables) ? words->verb > 0 && words->begin - words->verb <= BEFORE_BYTES
                                    : is_one_of(words, calls);
}

/* Each of those words has one of these in it; most texts have none. */
static bool
may_have_mark(const char *text, size_t bytes)
{
    return text_find_folded(text, bytes, "table") != NULL ||
           text_find_folded(text, bytes, "view") != NULL ||
           text_find_folded(text, bytes, "column") != NULL;
}

/* SQL in strings, and what libraries for migrations call it. */
void
step_doubt_changes(StepReader *reader, const char *text, size_t bytes)
{
    Words words = {.text = text};
    if (!may_have_mark(text, bytes))
        return;
    while (words.end < bytes) {
        bool is_view;
        words.begin = words.end;
        while (words.end < bytes && is_identifier_byte(text[words.end]))
            words.end++;
        if (words.end == words.begin) {
            bool is_escape = text[words.end] == '\\' && words.end + 1 < bytes &&
                             strchr("nrt", text[words.end + 1]) != NULL;
            words.end += 1 + is_escape; /* "…;\nALTER TABLE" */
        } else if (is_mark(&words, &is_view)) {
            size_t window = MIN(bytes - words.end, WINDOW_BYTES);
            const char *behind = text + words.end,
                       *as = is_view ? text_find_folded(behind, window, " as") : NULL;
            step_doubt_window(reader, behind, as != NULL ? (size_t) (as - behind) : window);
        }
    }
}
