/* compare.h - both sides of a move, read and held against each other. */
#pragma once

#include "action/move.h"

/* Done, with rows and hash as evidence; MISMATCH, with the first difference, and the others as a blob in the evidence. */
CHECKED bool compare_all(const Move *move, Outcome *outcome, GError **error);
