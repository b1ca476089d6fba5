/*
 * slice.h - the slice of the world as the planner's files read it: names resolved, schemas and
 * mapping parsed, and a finding for everything that keeps a plan from being made.
 */
#pragma once

#include "base/diag.h"
#include "mapping/mapping.h"

typedef struct {
    const char *ref, *url, *driver; /* borrowed; NULL when unknown */
    const char *name;               /* the last part of the ref: "users-v1" */
    char *store, *object;           /* the two parts of the address */
    Schema *schema;                 /* NULL: does not exist (yet) */
    const json_t *can;              /* roles of the store's driver */
    int64_t rows;                   /* -1: unknown */
} Dataset;

typedef struct {
    const json_t *json, *spec;
    char *migration; /* ref of the entity */
    char *owner;     /* full ref, or "" */
    const char *strategy, *mapping_path, *mapping_text;
    Dataset source, target;
    bool is_in_place;     /* they are one: its columns change where it is */
    Schema *made;         /* what the mapping makes, when the target is not there to be like */
    MappingSet *mappings; /* owns `mapping` */
    const Mapping *mapping;
    Program *program; /* NULL while anything about the mapping is wrong */
} Slice;

/* Read and resolve. What is wrong goes to `diags`; false only for what is no slice at all. */
CHECKED bool slice_read(const json_t *json, Diags *diags, Slice **ret, GError **error);
/* What the stores and datasets must be for rows to move, or for code alone to change. */
void slice_check_datasets(const Slice *slice, bool moves_rows, Diags *diags);
void slice_free(Slice *slice);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Slice, slice_free)

/* Parse and check the mapping (NULL `path`: every column as it is) against both schemas. */
CHECKED bool slice_bind_mapping(Slice *slice, bool is_identity, Diags *diags, GError **error);
/* Is the source to be written to while it is copied? So says the entity; decide.c looks whether it can be. */
bool slice_is_live(const Slice *slice);
/* From its store's log; else, where it is live, triggers note what is written. */
bool slice_reads_log(const Slice *slice);
/* Once its rows are copied, do its writers write to both? Else, where it is live, what they write is copied until they are stopped. */
bool slice_mirrors(const Slice *slice);
/* Is one state of it to be copied, whatever is written meanwhile? */
bool slice_holds(const Slice *slice);
/* … and are the changes that come after it counted, so that more than the entity allows for stop the swap? */
bool slice_counts_changes(const Slice *slice);
bool dataset_can(const Dataset *dataset, const char *role);
/* Is `name` this dataset, by ref, short name or address? */
bool dataset_is_called(const Dataset *dataset, const char *name);
