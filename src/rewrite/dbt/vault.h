/* vault.h - models that macros of Data Vault packages get by name; inside of this room only. */
#pragma once

#include "rewrite/work.h"

/* Is the word at `at` what such a macro reads, `source_model=x`, or of a list there? */
bool dbt_vault_asks(const char *text, const GArray *words, guint at);
/* Names in calls, and in YAML that the text holds for them. */
void dbt_vault(Work *work);
