/*
 * own_types.h - types of a store that are none of ours, or keep less than ours do: columns of them for random schemas, and
 * what such a column makes of a value, as the store itself says, by a session in which none of our code runs.
 */
#pragma once

#include "world.h"

typedef struct {
    const char *declared; /* behind the column's name in CREATE TABLE */
    ColumnType type;      /* what describe() makes of it */
    const char *read; /* SQL: the column `x` as a text in our form, bytes as hexadecimal digits */
    bool
        has_form; /* it gives back its own form of what was given; else what it would change is refused */
    bool
        is_source_only; /* what our driver refuses there is more than what the store would change */
    const char *usual[6];
} OwnType;

/* NULL: the store has none. */
const OwnType *own_types_of(const Fixture *fixture, size_t *ret_count);
/* The one that a column is declared as; NULL: none. */
const OwnType *own_type_of(const Fixture *fixture, const Column *column);
/* What some of them are made of, into an empty store. */
void own_types_prepare(World *world);
/* A column `computed` of `id`, behind the others, which the store itself fills; false: it cannot have one. */
bool own_types_compute(World *world, const char *object);
#define COMPUTED_MODULUS 7
/* What the column gives back of a value; false: it refuses it, or would change what it may not. Bytes lie in `scratch`. */
bool own_type_keeps(const Fixture *fixture, const OwnType *type, const Value *given,
                    GString *scratch, Value *ret);
