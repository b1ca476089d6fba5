/* numbers.h - what coding agents and their judge did, as GET /consumers/numbers counts it, in sentences. */
#pragma once

#include "cli/view.h"

/* Nothing, where no agent was let at anything. */
void numbers_show_coding(View *view, const json_t *numbers);
