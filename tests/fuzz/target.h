/* target.h - what every fuzz target defines; libFuzzer or replay.c calls it. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Must return 0, leak nothing, and abort on whatever is wrong. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes);
