/*
 * rules.h - what is rewritten in consumers' code because one dataset moves: the mapping and both schemas, ready to use.
 */
#pragma once

#include "change/scope.h"
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
    RewriteOptions options;
    Schema *source_schema;
    const char **columns;  /* of the source, NULL-terminated; borrowed from its schema */
    char *source, *target; /* objects in their stores */
    bool is_in_place;      /* the dataset keeps its name: rewriting twice is not rewriting once */
    ChangeScope *scope;    /* whose files alone are looked at; NULL: all */
} ChangeRules;

/* INVALID when the mapping is wrong or not about these two, UNSUPPORTED when code has no name for the dataset. */
CHECKED bool change_rules_new(const ChangeMove *move, ChangeRules **ret, GError **error);
/* Of the way back: names of the new dataset become those of the old one. NULL where nothing tells them apart: the dataset keeps its name.
 * `rules` must outlive it. Caller frees. */
ChangeRules *change_rules_inverse(const ChangeRules *rules);
void change_rules_free(ChangeRules *rules);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ChangeRules, change_rules_free)
