/* following.h - what is asked of a pair of stores one of which is written to meanwhile. */
#pragma once

#include "rows.h"

/* Nothing, where the source notes no writes or the target takes no rows out. */
void add_following(const Fixture *source, const Fixture *target, bool is_one_store);
