/* cases.h - the migrations that are rehearsed. */
#pragma once

#include "rig.h"

extern const RigCase rig_cases[];
extern const size_t rig_case_count;
