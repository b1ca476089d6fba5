/* main.c - find the verb, run it, exit with its status. */
#include "cli/command.h"
#include "model/sqlite_value.h"

int
main(int argc, char **argv)
{
    sqlite_prepare();
    return cli_main(argc, argv);
}
