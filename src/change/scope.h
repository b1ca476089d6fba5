/*
 * scope.h - which files of a repository one part of its change is about.
 *
 * To that part all others are as if they stayed as they are: nothing of what would become of them counts for its own.
 */
#pragma once

#include "base/json.h"

typedef struct ChangeScope ChangeScope;

/* None yet; or with `is_rest` all but those that are added. Caller frees. */
ChangeScope *change_scope_new(bool is_rest);
/* Of the plan's `changes`, what this one is about; NULL: all of its repository. A file that no part has yet is the first one's. Caller
 * frees. */
ChangeScope *change_scope_of(const json_t *changes, const json_t *change);
void change_scope_free(ChangeScope *scope);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ChangeScope, change_scope_free)
/* A path as it is shown. */
void change_scope_add(ChangeScope *scope, const char *shown);
/* NULL has all. */
bool change_scope_has(const ChangeScope *scope, const char *shown);
