/* json_index.h - objects of a list by what they are called, where lists of thousands are compared. */
#pragma once

#include "base/json.h"

typedef struct JsonIndex JsonIndex;

/* By the texts of one member, or of two (`second` may be NULL); one that is missing counts as "". Of items that are called
 * the same, the first is found. The list is borrowed, and must not change meanwhile. */
JsonIndex *json_index_new(const json_t *list, const char *first, const char *second);
void json_index_free(JsonIndex *index);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(JsonIndex, json_index_free)
/* The item that is called as `like` is; NULL: there is none. Borrowed. */
const json_t *json_index_find(const JsonIndex *index, const json_t *like);
