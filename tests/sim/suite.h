/* suite.h - the test cases of the simulator. */
#pragma once

#include "sim.h"

/* seeds.c: the rules hold over so many seeds. */
void suite_add_seeds(int first, int count);
/* tables.c: every row of the tables is taken, and every guard is missed when it is gone. */
void suite_add_tables(void);
