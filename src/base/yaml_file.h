/*
 * yaml_file.h - a file while it is being read. Shared by the files of the YAML reader only.
 */
#pragma once

#include "base/arena.h"
#include "base/yaml.h"

struct YamlFile {
    char *name;
    char *text;
    size_t bytes;
    Arena *arena;         /* nodes, their values and lists */
    GPtrArray *documents; /* YamlNode *, or NULL for an empty one */
};

YamlFile *yaml_file_new(const char *name, const char *text, size_t bytes); /* without documents */
