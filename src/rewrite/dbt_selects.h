/* dbt_selects.h - models and sources that are picked by name where dbt is run; inside of this room only. */
#pragma once

#include "rewrite/work.h"

/* selectors.yml, and commands in files of any language: `dbt run --select users+`. After all that names the dataset otherwise. */
void dbt_selects(Work *work);

/* The same in calls of Cosmos (dbt_cosmos.c). */
void dbt_cosmos(Work *work);

/* What a selection says of what the mapping renames: `+users`, `shop.users`, `path:models/users.sql`, `source:shop.users` (dbt_selection.c).
 * [begin, end) of the text: one or more of them, parted by spaces or commas. `method`: said beside them; NULL: by themselves. */
void dbt_selection(Work *work, size_t begin, size_t end, const char *method);

/* Does the file's project have a folder or package of that name with models in it (dbt_made.c)? */
bool dbt_has_folder(const RewriteOptions *options, const char *name);
