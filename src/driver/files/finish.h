/* finish.h - one file out of the ranges of a stage. */
#pragma once

#include "driver/files/notes.h"

/* LoadOps.finish: makes the whole file in the plan's folder, durable; ranges lose their rows, and keep their ledger. */
bool file_finish(Conn *base, const char *stage, const char *like, const Writer *writer,
                 GError **error);
