/*
 * program_path.c - a table's name within the path of a file or page: data/users_v1.csv, ${folder}/users_v1/${day}
 */
#include "rewrite/program.h"

#include <string.h>

/* The schema of a dataset, or a word that says what follows: shop/orders, datasets/shop/tables/orders, shop.db/orders. */
static bool
is_folder_of_table(const Unit *unit, const Text *text, size_t slash)
{
    static const char *const words[] = {"table",   "tables",   "view", "views",
                                        "dataset", "datasets", "db",   NULL};
    size_t begin = slash;
    while (begin > 0 && is_identifier_byte(text->bytes[begin - 1]))
        begin--;
    Span word = {(uint32_t) begin, (uint32_t) slash};
    if (span_is_among(text, word, words))
        return true;
    for (guint i = 0; i < unit->work->renames->list->len; i++) {
        const Rename *rename = g_ptr_array_index(unit->work->renames->list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            char **parts = ((const Spelling *) g_ptr_array_index(rename->spellings, s))->source;
            guint length = g_strv_length(parts);
            if (length > 1 && span_is(text, word, parts[length - 2]))
                return true;
        }
    }
    return false;
}

/* Of a scheme that holds files or pages, or of none. */
static bool
is_of_files(const Text *text)
{
    static const char *const schemes[] = {"http", "https", "s3",   "s3a",   "s3n",  "gs",   "hdfs",
                                          "abfs", "abfss", "wasb", "wasbs", "file", "dbfs", NULL};
    for (size_t at = 0; at + 3 <= text->count; at++) {
        size_t begin = at;
        if (!text_starts(text, at, "://"))
            continue;
        while (begin > 0 && g_ascii_isalnum(text->bytes[begin - 1]))
            begin--;
        if (!span_is_among(text, (Span){(uint32_t) begin, (uint32_t) at}, schemes))
            return false;
    }
    return true;
}

/* ${folder}/users_v1/${day}, "data/users_v1.csv": a file or folder, which is called so whatever the table is called. */
bool
text_is_in_path(const Unit *unit, const Text *text, size_t begin, size_t end)
{
    bool has_blank = memchr(text->bytes, ' ', text->count) != NULL ||
                     memchr(text->bytes, '\n', text->count) != NULL;
    bool ends = end == text->count || strchr("/.", text->bytes[end]) != NULL ||
                text_starts(text, end, HOLE);
    return begin > 0 && text->bytes[begin - 1] == '/' && ends && !has_blank &&
           !is_folder_of_table(unit, text, begin - 1) && is_of_files(text);
}
