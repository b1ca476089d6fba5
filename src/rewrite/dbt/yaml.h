/* yaml.h - how the parts that read dbt's YAML call each other; inside of this room only. */
#pragma once

#include "base/yaml.h"
#include "rewrite/work.h"

void yaml_refuse(Work *work, const YamlNode *node, const char *code, const char *link,
                 const char *reason);
/* YAML 1.1, which dbt reads, takes these words for true, false or nothing where no quotes are around them. */
bool yaml_is_no_text(const char *word);
/* All of the scalar. */
void yaml_rename(Work *work, const YamlNode *node, SiteKind kind, const char *to);
/* The same of a column's name, in capitals where it stands in capitals, and the mapping says it in small letters. */
void yaml_rename_column(Work *work, const YamlNode *node, const ColumnChange *change);
/* What becomes of the column of this name; NULL: it stays, or `rename` is NULL (yaml_table.c). */
const ColumnChange *yaml_change_of(const Rename *rename, const YamlNode *name);
/* A column of the dataset, or an expression over it (yaml_expression.c). */
void yaml_rename_words(Work *work, const YamlNode *node, const Rename *rename);
/* Tables that calls within a text give, {{ ref('x') }}, with their columns in the queries around them. */
void yaml_rewrite_calls(Work *work, const YamlNode *node);
/* A query over the dataset's table, {{ this }}. */
void yaml_rewrite_query(Work *work, const YamlNode *node, const Rename *rename);
/* A query that gives rows of the dataset, for a unit test. */
void yaml_rewrite_rows(Work *work, const YamlNode *node, const Rename *rename);
/* Does the text have any name of a column that changes? */
bool yaml_names_change(const Rename *rename, const char *text);
/* Settings of Elementary, whose column of time is one of the table; `rename` may be NULL. False: the key is another one. */
bool yaml_visit_elementary(Work *work, const YamlNode *node, const char *key, const Rename *rename);
/* What is not followed, at any depth: each scalar that has one is a person's. */
void yaml_check_words(Work *work, const YamlNode *node, const Rename *rename, const char *reason);
/* `ref('x')`, with or without braces: the mapping that is meant, or NULL. */
const Rename *yaml_follow_call(Work *work, const YamlNode *node, bool is_to_edit);
/* What `meta` of a table and of its columns says to Lightdash and to people; `rename` may be NULL (yaml_meta.c). */
void yaml_visit_meta(Work *work, const YamlNode *table, const Rename *rename);
/* What describes a table: its columns and tests. `rename` NULL: another one, whose tests may point at the dataset. */
void yaml_visit_table(Work *work, const YamlNode *table, const Rename *rename);
/* `config:` of a model or of a source's table, as config(…) of a model (yaml_model.c). */
void yaml_visit_settings(Work *work, const YamlNode *map, const Rename *rename);
/* What is said of the age of all tables of a source, of which this is one. */
void yaml_check_freshness(Work *work, const YamlNode *source, const Rename *rename);
/* Its tests; `change`: of the column that they stand under, or NULL (yaml_tests.c). */
void yaml_visit_tests(Work *work, const YamlNode *owner, const Rename *mine,
                      const ColumnChange *change);
/* Calls and names of the dataset that no part has looked at need a person. */
void yaml_check_rest(Work *work, const YamlNode *node, const char *key);
/* Lists of maps. */
typedef void YamlVisit(Work *work, const YamlNode *entry);
void yaml_each(Work *work, const YamlNode *list, YamlVisit *visit);
/* The items of a list, or the one scalar: columns, or expressions over them. */
void yaml_rename_list(Work *work, const YamlNode *node, const Rename *rename);
/* Names under `column_types` of settings; `is_own`: of this seed alone, else a person decides. */
void yaml_column_types(Work *work, const YamlNode *map, const Rename *rename, bool is_own);
/* The list of sources (yaml_source.c). */
void yaml_sources(Work *work, const YamlNode *sources);
/* The mapping that gives a table of this source to another one, which does not declare it yet; or NULL. */
const Rename *yaml_moved_table(Work *work, const YamlNode *source, const YamlNode *table);
void yaml_refuse_move(Work *work, const YamlNode *name, const Rename *rename);
/* Tables whose lines go to another source of the list, or a new one; NULL: none. Then their entries are visited as those of tables
 * that stay, and finishing puts the lines where they belong, and frees (yaml_move.c). */
typedef struct YamlMoves YamlMoves;
YamlMoves *yaml_moves_new(Work *work, const YamlNode *sources, const YamlNode *source);
bool yaml_moves_has(const YamlMoves *moves, const YamlNode *table);
/* Do all of the source's tables go? Then its entry can be that of one of the sources where they go: which one, or NULL; and what goes
 * there stays in the entry. */
bool yaml_moves_all(const YamlMoves *moves);
const char *yaml_moves_to_share(const YamlMoves *moves);
void yaml_moves_leave(YamlMoves *moves, const char *name);
void yaml_moves_free(YamlMoves *moves);
void yaml_moves_finish(Work *work, YamlMoves *moves);
/* Entries of a file's other parts (yaml_model.c, yaml_reader.c). */
YamlVisit yaml_model, yaml_seed, yaml_snapshot, yaml_exposure, yaml_semantic_model, yaml_unit_test,
    yaml_metric;
/* `metrics` of a model, and dimensions and entities that it has besides its columns: their expressions. */
void yaml_model_semantics(Work *work, const YamlNode *model, const Rename *rename);
