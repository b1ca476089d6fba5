/*
 * server.h - a server that the tests of one program start for themselves in a folder of its own: by a script that the environment
 * names, once; it ends with the program, however that ends, and so does its folder.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <sys/types.h>

#define SERVER_WORDS_MAX 16

typedef struct {
    const char *name;     /* "Redis", for messages and the folder */
    const char *variable; /* the script: SCRIPT FOLDER [WORD…] runs the server in the foreground */
    int stop_signal;      /* as a power cut does */
    bool (*answers)(void); /* asked until it is true, a minute at most */
    void (*stopped)(
        void); /* what a server that was cut off leaves and its script does not clear; NULL: nothing */
    char *folder;                        /* set by the first start */
    const char *words[SERVER_WORDS_MAX]; /* settings beside the script's; the last one is NULL */
    pid_t pid;                           /* 0: it does not run */
} TestServer;

/* Makes the folder, but starts nothing: for who has to know where it will be. */
void test_server_prepare(TestServer *server);
/* Starts it unless it runs; any failure ends the test program. At most three servers a program. */
void test_server_need(TestServer *server);
void test_server_restart(TestServer *server);
