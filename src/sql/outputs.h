/* outputs.h - see outputs.c; inside of this room and for `rewrite`. */
#pragma once

#include "sql/sql.h"

/* The `macro` of what a list puts in as the name of an output, {{ value }} AS {{ name }}: a reference to nothing. */
#define MACRO_NAMES_OUTPUT "="

/* May it give columns beside its items, or joins beside its sources, because a template writes them? */
bool sql_block_may_give_more(const Sql *sql, const SqlBlock *block);
