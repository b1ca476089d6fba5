/*
 * rule.h - a mapping document as it was read: every rule with the places of its parts in the file. Inside of this room
 * only; others see mapping.h.
 */
#pragma once

#include "mapping/mapping.h"

/* Where something stands in the file; line 0: nowhere (an identity mapping). */
typedef struct {
    int line, column;
} Mark;

/* A scalar as written: turned into a typed value once the type is known. */
typedef struct {
    char *text;
    bool is_null;
    bool quoted;
    Mark mark;
} Literal;

typedef struct {
    char *text;
    bool is_column; /* else the text itself */
    Mark mark;
} Part;

typedef struct {
    Literal from, to;
} Pair;

typedef enum { BASE_FROM, BASE_CONCAT, BASE_EXPR, BASE_CONST } RuleBase;
typedef enum { OTHERS_KEEP, OTHERS_NULL, OTHERS_REFUSE } Others;

typedef struct {
    char *target;
    Mark mark; /* of the target's name */
    RuleBase base;
    Mark base_mark;
    char *from;        /* BASE_FROM: source column or _row */
    char *expr;        /* BASE_EXPR */
    GPtrArray *parts;  /* BASE_CONCAT: Part * */
    Literal *constant; /* BASE_CONST */
    char *split_by;    /* NULL: no split */
    int split_part;    /* from 1, or from -1 backwards */
    GPtrArray *pairs;  /* Pair *, or NULL */
    Others others;
    Mark values_mark;
    bool has_type;
    ColumnType type;
    Mark type_mark;
    char *format; /* or NULL */
    Mark format_mark;
    Literal *fallback; /* `default`, or NULL */
    bool lossy;
} Rule;

/* A name with its place: of keys, dropped columns, lossy columns. */
typedef struct {
    char *text;
    Mark mark;
} Name;

struct Mapping {
    char *file;
    Mark mark;
    char *source, *target;
    GPtrArray *aliases;   /* char * */
    GPtrArray *key;       /* char * */
    GPtrArray *key_marks; /* Name *, the same names */
    char *where;          /* or NULL */
    Mark where_mark;
    GPtrArray *rules;          /* Rule *, in the order of the file */
    json_t *dropped;           /* {column: {why, link}} */
    GPtrArray *dropped_marks;  /* Name * */
    json_t *consumers;         /* {column: {expr, values, why, link}} */
    GPtrArray *consumer_marks; /* Name * */
    GPtrArray *lossy;          /* Name * */
    bool propagates;           /* output_names: propagate */
    json_t *dbt;               /* object, or NULL */
    int64_t rows_max, share_max_ppm;
    bool says_quarantine;
};

struct MappingSet {
    GPtrArray *mappings; /* Mapping * */
};

MappingSet *mapping_set_new(void);

#define ROW_COLUMN "_row"

Mapping *mapping_new(const char *file);
void mapping_free(Mapping *mapping);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Mapping, mapping_free)
Rule *rule_new(const char *target, Mark mark);
void rule_free(Rule *rule);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Rule, rule_free)
const Rule *mapping_rule(const Mapping *mapping, const char *target); /* NULL when absent */
Name *name_new(const char *text, Mark mark);
void name_free(void *name);
void literal_free(Literal *literal);

/* The rule in words: "from created, type timestamp, format %b %d %Y". Caller frees. */
char *rule_text(const Rule *rule);

/* parse_rule.c: one entry of `columns`; NULL when it is beyond repair (said in `diags`). */
Rule *rule_parse(const YamlNode *key, const YamlNode *value, const char *file, Diags *diags);
