/*
 * split.h - a repository's change in parts, one for each owner of what changes, each of which stands by itself.
 *
 * A part is tried alone: with all other files as they are it must make of its own just what the whole makes of them. Where it does not (a
 * query follows what another's model gives, a model and what is written of it have two owners), it is joined with those whose files it
 * needs, and why is kept.
 */
#pragma once

#include "change/look.h"

#define SPLIT_PARTS_MAX 20 /* nobody merges more for one dataset; and each is tried with each */

typedef struct {
    GPtrArray
        *owners;    /* char *: whose files these are, sorted; more than one where they are joined */
    GPtrArray *why; /* char *: sentences, why they are joined; or empty */
    json_t *checks; /* what a trial of it alone said last; or NULL */
    ChangeScope *scope;
} SplitPart;

/* Who owns a file; "": nobody in particular. Borrowed until the next call. */
typedef const char *SplitOwner(const char *path, void *data);

/* Is something red with what the look edits now that was not before? `*ret_red` says what, or is NULL; `*ret_checks` is kept with the part.
 * The caller's. */
typedef struct {
    bool (*run)(void *data, json_t **ret_checks, char **ret_red, GError **error);
    void *data;
} SplitTrial;
#define SPLIT_TRIALS_MAX 40 /* each may build a whole company's code */

/* SplitPart *, in the order of owners; one where all stays together, none where nothing is to be changed or left to people. What is in no
 * part's way (files that only mention the dataset, or have followed it) is the first's, and so is whatever comes later. The look is all of
 * its repository's, before and after. `trial` (may be NULL) has a say, too: what is red alone and green together is joined. Fails as that
 * does. Caller unrefs. */
CHECKED bool look_split(Look *look, const ChangeRules *rules, SplitOwner *owner_of, void *data,
                        const SplitTrial *trial, GPtrArray **ret, GError **error);

/* Names of the parts, unlike each other, for branches: "identity". Caller unrefs. */
GPtrArray *split_names(const GPtrArray *parts);
