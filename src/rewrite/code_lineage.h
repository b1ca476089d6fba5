/*
 * code_lineage.h - the lineage of a text with SQL: in each of its variants, with the calls of dbt as tables.
 */
#pragma once

#include "rewrite/rewrite.h"
#include "sql/lineage.h"

typedef struct {
    Lineage *lineage;
    const Dialect *dialect; /* as said, or guessed */
    bool
        is_broken; /* something begins and does not end, or brackets are too deep: nothing is known */
    size_t broken_at; /* byte */
} CodeLineage;

/* Of `options`: the dialect and the columns. Always gives a result. */
CodeLineage *code_lineage_new(const char *path, const char *text, size_t bytes,
                              const RewriteOptions *options);
void code_lineage_free(CodeLineage *lineage);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(CodeLineage, code_lineage_free)

/* {path, dialect, statements: [{kind, line, column, begin, end, writes, reads, columns: [{name, from: [{table, column, how}]}],
 * rows: [{table, column, how}], unknown: [{line, column, what}]}], unparsable: {line, column}}. Caller owns. */
json_t *code_lineage_json(const CodeLineage *lineage, const char *path, const char *text,
                          size_t bytes);

/* One RunEvent of OpenLineage for each statement; `time` as in RFC 3339. Array, caller owns. */
json_t *code_lineage_events(const CodeLineage *lineage, const char *path, const char *text,
                            const char *space, const char *time);
