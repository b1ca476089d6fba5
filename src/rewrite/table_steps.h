/*
 * table_steps.h - what a text does to the columns of the datasets' tables: CREATE TABLE, ALTER TABLE, DROP TABLE; inside of
 * this room only.
 *
 * Texts of programs say nothing certain: of them it is only told that they change the table, so that nobody trusts what
 * others say. definitions_read() gives them.
 */
#pragma once

#include "rewrite/definitions.h"
#include "rewrite/renames.h"

typedef enum {
    TABLE_STEP_MADE,    /* with these columns */
    TABLE_STEP_REMOVED, /* DROP TABLE */
    TABLE_STEP_ADDED,
    TABLE_STEP_DROPPED,
    TABLE_STEP_RENAMED, /* the first name becomes the second */
    TABLE_STEP_UNCLEAR, /* nobody knows which columns it has then */
} TableStepKind;

typedef struct {
    const Mapping *mapping; /* of the dataset */
    TableStepKind kind;
    GPtrArray *names; /* char *: of columns; those of the mapping as that has them */
    char *behind;     /* of what is added: the column before it, "" none; NULL: all */
    bool replaces;    /* CREATE OR REPLACE */
    bool may_be_done; /* IF NOT EXISTS, IF EXISTS */
    int line;
} TableStep;
