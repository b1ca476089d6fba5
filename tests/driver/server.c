/* server.c - see server.h. */
#include "server.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define START_TRIES 3000 /* of 20 ms */
#define SERVERS_MAX 3

static TestServer *servers[SERVERS_MAX]; /* that end with the program */

static void
start(TestServer *server)
{
    const char *program = g_getenv(server->variable);
    const char *arguments[SERVER_WORDS_MAX + 2] = {program, server->folder};
    g_assert_nonnull(program);
    memcpy(&arguments[2], server->words, sizeof server->words);
    server->pid = fork();
    g_assert_cmpint(server->pid, >=, 0);
    if (server->pid == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        execv(program, (char *const *) arguments);
        _exit(127);
    }
    for (int i = 0; !server->answers(); i++) {
        int status = 0;
        if (waitpid(server->pid, &status, WNOHANG) == server->pid || i == START_TRIES)
            g_error("the %s server of the tests did not start", server->name);
        g_usleep(20000);
    }
}

static void
stop(TestServer *server)
{
    kill(server->pid, server->stop_signal);
    waitpid(server->pid, NULL, 0);
    server->pid = 0;
    if (server->stopped != NULL)
        server->stopped();
}

static void
stop_all(void)
{
    for (int i = 0; i < SERVERS_MAX && servers[i] != NULL; i++) {
        if (servers[i]->pid != 0)
            stop(servers[i]);
        g_autofree char *command = g_strdup_printf("rm -rf '%s'", servers[i]->folder);
        if (system(command) != 0)
            g_printerr("%s is left\n", servers[i]->folder);
    }
}

void
test_server_prepare(TestServer *server)
{
    int at = 0;
    if (server->folder != NULL)
        return;
    g_autofree char *lower = g_ascii_strdown(server->name, -1);
    g_autofree char *pattern = g_strdup_printf("honk-%s-XXXXXX", lower);
    server->folder = g_dir_make_tmp(pattern, NULL);
    g_assert_nonnull(server->folder);
    while (servers[at] != NULL)
        g_assert_cmpint(++at, <, SERVERS_MAX);
    servers[at] = server;
    if (at == 0)
        atexit(stop_all);
}

void
test_server_need(TestServer *server)
{
    test_server_prepare(server);
    if (server->pid == 0)
        start(server);
}

void
test_server_restart(TestServer *server)
{
    test_server_need(server);
    stop(server);
    start(server);
}
