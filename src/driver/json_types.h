/* json_types.h - the words of stores whose values are JSON, for `honk mapping types`. */
#pragma once

#include "driver/driver.h"

extern const TypeOps json_type_ops;
