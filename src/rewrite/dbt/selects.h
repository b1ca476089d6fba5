/* selects.h - models and sources that are picked by name where dbt is run; inside of this room only. */
#pragma once

#include "rewrite/work.h"

/* selectors.yml, and commands in files of any language: `dbt run --select users+`. After all that names the dataset otherwise. */
void dbt_selects(Work *work);

/* The same in calls of Cosmos (cosmos.c). */
void dbt_cosmos(Work *work);

/* What a selection says of what the mapping renames: `+users`, `shop.users`, `path:models/users.sql`, `source:shop.users` (selection.c).
 * [begin, end) of the text: one or more of them, parted by spaces or commas. `method`: said beside them; NULL: by themselves. */
void dbt_selection(Work *work, size_t begin, size_t end, const char *method);

/* May it be a model that gets another name, where a variable says what is run? A person decides then. */
bool dbt_selection_may_be(Work *work, size_t begin, size_t end);

/* What a command says for variables, from the end of `--vars` on; where that ends. And may the text say any (told_vars.c)? */
size_t dbt_told_vars(Work *work, size_t at);
bool dbt_tells_vars(const Renames *renames, const char *text);

/* Does the file's project have a folder or package of that name with models in it (made.c)? */
bool dbt_has_folder(const RewriteOptions *options, const char *name);

/* What is known of the line at a byte, from the first to the last one in their order. */
typedef struct {
    size_t at;
    bool is_begun, is_comment; /* the former by its first sign that is no blank */
    char quote;                /* of the string that is open; '\0': none */
} TextLine;
void text_line_go(TextLine *line, const char *text, size_t to);

/* Where nothing is decided about these bytes but that a word there may be anything: that is forgotten, and what they are is to be
 * written down. False: it is decided. */
bool dbt_settles(Work *work, size_t begin, size_t end);

/* Files and ids of models that get another name, as `models/users.sql` and `model.shop.users` (paths.c). After dbt_selects(). */
void dbt_paths(Work *work);
