/* handed.h - names that macros of the project hand to ref() and source(); inside of this room only. */
#pragma once

#include "rewrite/work.h"

/* Texts in this template that such a macro gets: they are that call's, and follow or are understood. */
void dbt_handed(Work *work, const Token *token);
