/* main.c - find the command, run it, exit with its status. */
int
main(void)
{
    return 0;
}
