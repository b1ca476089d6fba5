/*
 * rules.h - what is rewritten in consumers' code because one dataset moves: the mapping and both schemas, ready to use.
 */
#pragma once

#include "base/json.h"
#include "rewrite/rewrite.h"

/* As plans and slices have it; everything is borrowed until change_rules_new() returns. */
typedef struct {
    const json_t *source, *target; /* {"ref", "url"} */
    const json_t *mapping;         /* {"path", "text"}; NULL or null: every column as it is */
    const json_t *source_schema, *target_schema; /* the target's may be null */
} ChangeMove;

typedef struct {
    MappingSet *mappings;
    const Mapping *mapping;
    Renames *renames;
    Renames *
        leftovers; /* the new dataset read as if it were the old one: finds columns that are gone */
    RewriteOptions options;
    Schema *source_schema;
    const char **columns;  /* of the source, NULL-terminated; borrowed from its schema */
    char *source, *target; /* objects in their stores */
    bool is_in_place;      /* the dataset keeps its name: rewriting twice is not rewriting once */
} ChangeRules;

/* INVALID when the mapping is wrong or not about these two, UNSUPPORTED when code has no name for the dataset. */
CHECKED bool change_rules_new(const ChangeMove *move, ChangeRules **ret, GError **error);
void change_rules_free(ChangeRules *rules);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ChangeRules, change_rules_free)
