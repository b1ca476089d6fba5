/*
 * advice.h - what a person or an agent writes so that a field keeps its name and reads the new column; inside of this
 * room only.
 *
 * Rules leave fields of classes and columns of data frames alone. What would keep them is said in the words of the library that
 * the file uses: one table, advice.c.
 */
#pragma once

#include "rewrite/program/program.h"

/* How a library lets a name stay. Borrowed: rows of the table. */
typedef struct Advice Advice;

/* Of a class that stands for a table, by the file that it is in; NULL: nothing is known. */
const Advice *advice_of_class(const Unit *unit);
/* Of rows that an API gives; the same. */
const Advice *advice_of_rows(const Unit *unit);
/* Add it to the reason of the site, and as what is written. Of what gets more than a new name, and with NULL, nothing. */
void site_advise(Work *work, Site *site, const Advice *advice, const ColumnChange *change);
/* The same for all columns of the dataset; says also of which ones no name is enough. */
void site_advise_all(Work *work, Site *site, const Advice *advice, const Rename *rename);

/* A site of a table whose rows an API gives: spark.table("…"). */
void program_refuse_rows(Unit *unit, const Text *text, const Rename *rename);
#define CLASS_OF_TABLE                                                                             \
    "a class stands for the table here, and columns change: its fields have to follow, and what "  \
    "uses them"
/* A site of a class that stands for the dataset, with what keeps its fields; from here on the file's names may be columns. */
Site *program_refuse_class(Unit *unit, const Text *text, size_t begin, size_t end,
                           const Rename *rename, const char *reason);
