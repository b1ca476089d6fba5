/* own.h - the query that makes the dataset, for the files that give its columns their new names in it (own.c, origin.c). */
#pragma once

#include "rewrite/work.h"

#define OWN_QUERIES_MAX 16 /* a query over a query over …; people write three */

typedef struct {
    Work *work;
    const Rename *rename;
    const SqlStatement *statement;
    const ColumnChange *change; /* the one that is looked at */
} Own;

/* May the item be called as the change says, without another name of its block that is meant by one of both then? */
bool own_may_name(const Own *own, const SqlItem *item);
/* The source that a star of the block lets the column through from; NULL where it is none that can be told. */
const SqlSource *own_source_behind(const Own *own, const SqlBlock *block, const char *column);
/* Was it done before? */
bool own_is_done(const Own *own);
