/*
 * reader.h - the small words in which a YAML file is read: every complaint has its place and says what was expected.
 */
#pragma once

#include "mapping/rule.h"

typedef struct {
    const char *file;
    Diags *diags;
} Reader;

static inline Mark
node_mark(const YamlNode *node)
{
    return (Mark){.line = node->line, .column = node->column};
}

void reader_complain(const Reader *reader, const YamlNode *at, const char *code, const char *format,
                     ...) G_GNUC_PRINTF(4, 5);
/* Is it a map? `what` names it: "a rule of column 'x'", `expected` shows a good one. */
bool reader_is_map(const Reader *reader, const YamlNode *node, const char *what,
                   const char *expected);
/* Complain of every key that is not among `known`, with the nearest that is; and of keys that are no scalars. */
void reader_known_keys(const Reader *reader, const YamlNode *map, const char *const *known,
                       const char *what);
/* A scalar that is not null and not empty; NULL (said) otherwise. Borrowed. */
const char *reader_scalar(const Reader *reader, const YamlNode *node, const char *what);
/* A whole number from `least` to `most`. */
bool reader_int(const Reader *reader, const YamlNode *node, const char *what, int64_t least,
                int64_t most, int64_t *ret);
/* Index of the node's text among `words` (NULL-terminated); -1 (said, with the nearest) otherwise. */
int reader_word(const Reader *reader, const YamlNode *node, const char *what,
                const char *const *words);
/* Name * of each item of a list of names; a single scalar counts as a list of one. Duplicates are said. Caller frees. */
GPtrArray *reader_names(const Reader *reader, const YamlNode *node, const char *what);
/* A scalar of any kind, null included; NULL (said) for lists and maps. Caller frees. */
Literal *reader_literal(const Reader *reader, const YamlNode *node, const char *what);

/* `consumers` of a mapping: into its `consumers` and `consumer_marks`. (consumer.c) */
void mapping_read_consumers(const Reader *reader, const YamlNode *value, Mapping *mapping);
