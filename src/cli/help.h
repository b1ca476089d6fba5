/* help.h - what --help shows, made from the table of verbs. */
#pragma once

#include "cli/command.h"

extern const Option common_options[]; /* of every verb; ended by { 0 } */

/* Of one verb; of all. Callers free. */
char *command_help(const Command *command);
char *commands_help(void);
/* All of it for programs: tools/manual makes the manual page and the completion from it. Caller owns. */
json_t *commands_help_json(void);
