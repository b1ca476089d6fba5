/*
 * yaml.h - YAML documents as a tree of nodes that know their bytes.
 *
 * libyaml gives events whose marks count characters; we turn them into byte offsets once, here, so
 * that files can be edited in place later. Aliases and merge keys are resolved by copying: a copy
 * keeps the place of the original, and all copies of a file together are bounded, so that ten lines
 * cannot become a billion values. Equal keys are an error with both places. Plain scalars keep
 * their text; yaml_to_json() applies the core schema (null, bool, int, float, else string); quoted
 * scalars are always strings.
 */
#pragma once

#include "base/diag.h"
#include "base/json.h"

typedef enum { YAML_SCALAR, YAML_LIST, YAML_MAP } YamlKind;

typedef struct YamlNode YamlNode;
struct YamlNode {
    YamlKind kind;
    bool quoted;       /* scalars: written in quotes or as a block */
    int line, column;  /* from 1; column in bytes */
    size_t begin, end; /* byte range in the text, with anchor and tag */
    const char *text;  /* scalars: the value; zero-terminated (values with NUL are refused) */
    size_t count;      /* lists: items; maps: pairs */
    YamlNode **items;  /* lists: count; maps: key, value, key, value… (2 × count) */
};

typedef struct YamlFile YamlFile; /* owns all nodes and a copy of the text */

/* Parse all documents of a text. Errors go to `diags` with their places and make it return false
 * with INVALID and the first of them as its message; warnings go to `diags` too. `name` is what
 * messages call the file. Empty documents are kept as NULL roots. */
CHECKED bool yaml_parse(const char *text, size_t bytes, const char *name, Diags *diags,
                        YamlFile **ret, GError **error);
CHECKED bool yaml_read_file(const char *path, Diags *diags, YamlFile **ret, GError **error);
void yaml_file_free(YamlFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(YamlFile, yaml_file_free)

const char *yaml_file_name(const YamlFile *file);
const char *yaml_file_text(const YamlFile *file, size_t *ret_bytes);
size_t yaml_document_count(const YamlFile *file);
const YamlNode *yaml_document(const YamlFile *file, size_t index);

/* Value of a key of a map, or NULL. */
const YamlNode *yaml_get(const YamlNode *map, const char *key);
/* The key node itself (for places in messages), or NULL. */
const YamlNode *yaml_get_key(const YamlNode *map, const char *key);
/* Text of a scalar member, or NULL when absent, null or not a scalar. */
const char *yaml_get_text(const YamlNode *map, const char *key);
bool yaml_is_null(const YamlNode *node); /* NULL, ~, null, or empty plain scalar */
/* Core-schema conversion. Caller owns. */
json_t *yaml_to_json(const YamlNode *node);
