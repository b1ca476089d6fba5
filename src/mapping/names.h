/*
 * names.h - how names of columns are compared, suggested and made.
 */
#pragma once

#include "model/schema.h"

/* Only letters and digits, lower case: "Cost Total $" and "cost_total" are both "costtotal". Caller frees. */
char *name_bare(const char *name);
/* "Cost Total $" -> "cost_total", "userId" -> "user_id", "client.os" -> "client_os", "" -> "column". Caller frees. */
char *name_snake(const char *name);
/* "'a', 'b', 'c' and 7 more". Caller frees. */
char *names_listed(const Schema *schema);
