/* dbt_yaml.h - how the parts that read dbt's YAML call each other; inside of this room only. */
#pragma once

#include "base/yaml.h"
#include "rewrite/work.h"

void yaml_refuse(Work *work, const YamlNode *node, const char *code, const char *link,
                 const char *reason);
/* All of the scalar. */
void yaml_rename(Work *work, const YamlNode *node, SiteKind kind, const char *to);
/* Each word of it that is a column of the dataset. */
void yaml_rename_words(Work *work, const YamlNode *node, const Rename *rename);
/* `ref('x')`, with or without braces: the mapping that is meant, or NULL. */
const Rename *yaml_follow_call(Work *work, const YamlNode *node, bool is_to_edit);
/* What describes a table: its columns and tests. `rename` NULL: another one, whose tests may point at the dataset. */
void yaml_visit_table(Work *work, const YamlNode *table, const Rename *rename);
/* Calls and names of the dataset that no part has looked at need a person. */
void yaml_check_rest(Work *work, const YamlNode *node, const char *key);
