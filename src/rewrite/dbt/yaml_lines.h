/* yaml_lines.h - on which lines of YAML an entry of a list stands; inside of this room only. */
#pragma once

#include "rewrite/dbt/dbt.h"
#include "rewrite/dbt/yaml.h"

/* Where the line begins that this byte is in, and the next one, or the end. */
size_t lines_begin(const Work *work, size_t at);
size_t lines_next(const Work *work, size_t at);
/* Does the line that this byte is in end in CR LF? And the text's lines are made to end as it does. */
bool lines_have_returns(const Work *work, size_t at);
void lines_end_like(const Work *work, size_t at, GString *text);
/* Is the first byte behind the line's indent one of these? */
bool lines_begin_with(const Work *work, size_t line, const char *signs);
/* Does the node stand behind nothing but a dash on its line? `*ret_dash`: how far that is indented. */
bool lines_is_item(const Work *work, const YamlNode *node, size_t *ret_dash);
/* The last byte of what a node says, and one. */
size_t lines_end_of(const Work *work, const YamlNode *node);
/* The lines of an entry whose dash is indented so: comments above it that are indented alike, and those behind it that are indented
 * further, are its own. */
size_t lines_of_entry(const Work *work, const YamlNode *entry, size_t dash);
size_t lines_behind_entry(const Work *work, const YamlNode *entry, size_t dash);
/* A list of maps, each on lines of its own, all indented alike. */
bool lines_are_entries(const Work *work, const YamlNode *list, size_t *ret_dash);
/* An entry each of whose keys begins a line, and nothing of which is an alias or has an anchor. */
bool lines_are_map(const Work *work, const YamlNode *map, size_t *ret_dash);
