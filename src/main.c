/* main.c - find the verb, run it, exit with its status. */
#include "cli/command.h"

int
main(int argc, char **argv)
{
    return cli_main(argc, argv);
}
