/*
 * copy.h - bytes from here to there, where most are few.
 *
 * A cell has some ten bytes and is copied three times on its way; memcpy() is called for them, and looks first how many they
 * are. Here few bytes are two moves that overlap, in the caller.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* As memcpy(); no bytes may be at no address. */
static inline void
copy_bytes(void *to, const void *from, size_t bytes)
{
    char *target = to;
    const char *source = from;
    if (bytes > 32) {
        memcpy(target, source, bytes);
    } else if (bytes >= 16) {
        unsigned char head[16], tail[16];
        memcpy(head, source, sizeof head);
        memcpy(tail, source + bytes - sizeof tail, sizeof tail);
        memcpy(target, head, sizeof head);
        memcpy(target + bytes - sizeof tail, tail, sizeof tail);
    } else if (bytes >= 8) {
        uint64_t head, tail;
        memcpy(&head, source, sizeof head);
        memcpy(&tail, source + bytes - sizeof tail, sizeof tail);
        memcpy(target, &head, sizeof head);
        memcpy(target + bytes - sizeof tail, &tail, sizeof tail);
    } else if (bytes >= 4) {
        uint32_t head, tail;
        memcpy(&head, source, sizeof head);
        memcpy(&tail, source + bytes - sizeof tail, sizeof tail);
        memcpy(target, &head, sizeof head);
        memcpy(target + bytes - sizeof tail, &tail, sizeof tail);
    } else if (bytes > 0) {
        char middle = source[bytes / 2], last = source[bytes - 1];
        target[0] = source[0];
        target[bytes / 2] = middle;
        target[bytes - 1] = last;
    }
}
