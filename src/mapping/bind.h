/*
 * bind.h - a rule and two schemas become a typed tree: the one place where types are worked out.
 *
 * Checking and running use the same function, so that what `mapping check` accepts is what runs. In the order of the rule:
 *
 *   from     the source column's type           _row: int
 *   concat   text; other parts become text first
 *   expr     what is asked next: text before split, values, format or a lossy cast, else `type`, the target's type, or text
 *   const    `type`, the target's type, or what YAML makes of it (int, float, bool, else text)
 *   split    text
 *   values   the type that came in, if all new values have it, else text
 *   type     a cast to `type`, by `format`; then, if the target column has another type, a cast to that
 *   default  of the last type
 */
#pragma once

#include "mapping/embedded.h"

typedef struct {
    const Mapping *mapping;
    const Schema *source;
    bool source_sql; /* expr is an item of the source, else a node that embedded SQLite evaluates */
    bool row_allowed; /* _row means something */
    bool only_checks; /* expr is not prepared */
    Diags *diags;
    Schema *input; /* types of the items, in order */
    GArray *items; /* SourceItem; strings owned */
    Embedded *embedded;
} Binder;

void binder_init(Binder *binder, const Mapping *mapping, const Schema *source, Diags *diags);
void binder_clear(Binder *binder);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Binder, binder_clear)

/* NULL when it cannot be (said in diags). `target` is the column in the target's schema, or NULL. */
Expr *bind_rule(Binder *binder, const Rule *rule, const Column *target);
/* Index of the item that is this source column; added at first use. */
size_t binder_input(Binder *binder, const char *column);
/* `where` for sources without SQL; NULL when there is none or it is wrong (said in diags). */
EmbeddedExpr *bind_where(Binder *binder);

/* Names of a schema's columns, NULL-terminated, borrowed; caller frees the array. */
const char **column_names(const Schema *schema);
/* Near name for messages: the same but for case, blanks and signs, or a few letters off; or NULL. Borrowed from schema. */
const char *column_near(const Schema *schema, const char *name);
