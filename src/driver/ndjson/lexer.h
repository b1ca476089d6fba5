/*
 * lexer.h - JSON records one by one, without a tree: an object a line, or the elements of one array.
 *
 * A record's members are flat: nested objects give dotted names, arrays stay JSON text. What is no record (a broken
 * line, something that is no object, a name twice) is told as a problem with what was expected, and reading goes on
 * with the next line, or behind the element where that has an end. A file that was cut short is an error, since nobody
 * knows how many rows it lost: an array that is never closed, an object that is open where the file ends without a line
 * end. So is an array that something follows, and an element whose end cannot be told while others stand on its line.
 */
#pragma once

#include "driver/files/file.h"
#include "driver/json_types.h"

typedef struct {
    size_t name, name_bytes; /* in `scratch` */
    size_t text, text_bytes; /* likewise: a number as it is written, a text unescaped */
    JsonKind kind;
} JsonMember;

typedef struct {
    Window window;
    size_t begin; /* of what comes next in the window */
    int64_t line;
    bool is_array;
    bool is_over;    /* the end of the array was read */
    GArray *members; /* JsonMember */
    GString *scratch, *path;
    bool is_only_placed; /* lines that only have to be counted are not looked into */
    GPtrArray *
        shape; /* begins with the names of the record at hand, in its order: most records have the same */
    uint64_t shape_changes; /* how often it became another one */
    guint matched;          /* of its names, those that the record at hand has so far */
    GHashTable *names;      /* of a record that has others, to find one that comes twice */
    /* the record at hand */
    int64_t offset, record_line;
    size_t record_bytes; /* of a line that is too long: as much as json_raw() has */
    char *problem;       /* or NULL */
    GString *piece;      /* the beginning of a line that is too long */
} JsonLexer;

/* From the beginning of the file: finds out whether it is an array. Set `is_only_placed` behind it. */
CHECKED bool json_lexer_start(JsonLexer *lexer, ByteSource *source, GError **error);
/* From the beginning of a record, as an earlier lexer saw it. */
void json_lexer_init(JsonLexer *lexer, ByteSource *source, int64_t offset, int64_t line,
                     bool is_array);
void json_lexer_clear(JsonLexer *lexer);
CHECKED bool json_next(JsonLexer *lexer, bool *ret_more, GError **error);
/* One record that is in memory: its members, or `problem`. The lexer needs no source for it. */
void json_lexer_parse(JsonLexer *lexer, const char *bytes, size_t count);
const char *json_raw(const JsonLexer *lexer);
