/*
 * along.h - what hangs on a table and is brought along to one that is made from it, in any store: of what can be said in no words but
 * its own (a check, a trigger), a list is made for people.
 *
 * In the schema of a table that is to be made, such a dependent is named as in the source, and `columns` are those of the new table:
 *   unique    they are unique together
 *   identity  numbers of its one column are given by the store
 *   comment   `definition`, on its one column; without columns on the table
 *   index     rows are found by them, in this order
 * What needs more words than these (`index`, `unique`, `check`, `default`, `foreign_key_to`) has them in `own`, which only a store of the
 * source's kind understands, about `own_columns`, which it calls `own_from`. An index may have both.
 */
#pragma once

#include "model/schema.h"

/* What the source's column is called in the new table, which has it as it is; NULL: it has not. */
typedef const char *AlongNameFn(const char *column, const void *data);
const char *along_same_name(const char *column, const void *data);

/* All that hangs on `made` is what may come along of the source, also what its store may not hold. */
void along_take(Schema *made, const Schema *source, AlongNameFn *name_of, const void *data);
/* Does a table that a store makes from `made` have it? */
typedef bool AlongHoldsFn(void *store, const Schema *made, const Dependent *along);
/* For people: what the source has and that table has not; NULL: nothing. `holds` NULL: no such table has any. Caller frees. */
char *along_left(const Schema *made, const Schema *source, AlongNameFn *name_of, const void *data,
                 AlongHoldsFn *holds, void *store);
/* Columns that are unique together. */
bool along_is_unique(const Dependent *along);
/* An index that any store might have. */
bool along_is_index(const Dependent *along);
/* `UNIQUE ("a", "b")`, with names as the store quotes them. Caller frees. */
typedef char *AlongQuoteFn(const char *name);
char *along_columns_text(const GPtrArray *columns, AlongQuoteFn *quote); /* without parentheses */
char *along_unique_text(const Dependent *along, AlongQuoteFn *quote);
/* The first of that kind of which `column` (NULL: the table) is the only one, or NULL. */
const Dependent *along_of(const Schema *made, const char *kind, const char *column);
