/*
 * rdb.h - values in the format of RDB files, as DUMP gives and RESTORE takes them: what they are, the version of the format, and a CRC64
 * over both.
 */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

#define RDB_STRING 0
#define RDB_HASH 4       /* a list of strings: names and values in turns */
#define RDB_HASH_PACK 16 /* a listpack: what the server itself keeps small hashes in */

void rdb_append_length(GString *to, size_t length);
void rdb_append_string(GString *to, const char *data, size_t bytes);
/* Version and checksum of all that `to` holds. */
void rdb_append_end(GString *to);

/*
 * A listpack: strings, and whole numbers as numbers, one behind the other in one piece of memory. Ours are small ones, as the server's are by
 * default (hash-max-listpack-entries, hash-max-listpack-value); what does not fit goes as a list.
 *
 *   uint8_t pack[PACK_BYTES_MAX], *at = pack + PACK_HEAD_BYTES;
 *   at = pack_put(at, "name", 4);
 *   at = pack_end(pack, at, 1);
 */
#define PACK_TEXT_MAX 64
#define PACK_ENTRIES_MAX 256 /* 128 names and values */
#define PACK_HEAD_BYTES 6
#define PACK_ENTRY_BYTES (2 + PACK_TEXT_MAX + 1)
#define PACK_BYTES_MAX (PACK_HEAD_BYTES + PACK_ENTRIES_MAX * PACK_ENTRY_BYTES + 1)
/* Each writes one entry and returns where the next one begins. */
uint8_t *pack_put_text(uint8_t *at, const char *data, size_t bytes); /* at most PACK_TEXT_MAX */
uint8_t *pack_put_int(uint8_t *at, int64_t value);
/* As a number where the text is one, exactly as numbers are written; so does the server. */
uint8_t *pack_put(uint8_t *at, const char *data, size_t bytes);
/* Writes the head. Returns the end of the whole. */
uint8_t *pack_end(uint8_t *begin, uint8_t *at, unsigned entries);
