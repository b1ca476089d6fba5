/*
 * peer.h - SQLite alone, with the same durability: what is left when nothing is decided.
 *
 * One table of rows as long as our task rows and one of events as long as ours; no other index. A
 * group is one transaction of so many updates of random rows and so many new events.
 */
#pragma once

#include <glib.h>
#include <stdint.h>

typedef struct Peer Peer;
typedef struct {
    int updates, events;
} Group;

Peer *peer_open(const char *folder, int rows, int row_bytes, int event_bytes);
void peer_close(Peer *peer);
void peer_commit(Peer *peer, Group group);
