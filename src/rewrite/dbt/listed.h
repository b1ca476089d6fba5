/* listed.h - lists of models in templates; inside of this room only. */
#pragma once

#include "rewrite/work.h"

/* {% for m in ['users', 'orders'] %} … {{ ref(m) }}: models that only get another name get it in the list. */
void dbt_listed(Work *work);
