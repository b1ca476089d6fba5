/* numbers.h - what became of consumers, of the places in their code, of branches and pull requests, as GET /consumers/numbers counts it. */
#pragma once

#include "cli/view.h"

/* Each with what it is a part of. Nothing, where there is nobody. */
void numbers_show(View *view, const json_t *numbers);
/* By language and by owner. */
void numbers_show_parts(View *view, const json_t *numbers);
