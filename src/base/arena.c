/* arena.c - blocks in a list; a request that is large for a block gets one of its own. */
#include "base/arena.h"

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Small files need no more than the first block; each further one is twice as large, up to a thousand nodes. */
#define FIRST_BLOCK_BYTES ((size_t) 4 * 1024)
#define BLOCK_BYTES_MAX ((size_t) 64 * 1024)

typedef struct Block Block;
struct Block {
    Block *next;
    alignas(max_align_t) char data[];
};

struct Arena {
    Block *blocks;
    char *free; /* the unused rest of the newest shared block; not zeroed yet */
    size_t free_bytes;
    size_t block_bytes; /* of the next shared block */
};

Arena *
arena_new(void)
{
    Arena *arena = g_new0(Arena, 1);
    arena->block_bytes = FIRST_BLOCK_BYTES;
    return arena;
}

void
arena_free(Arena *arena)
{
    if (arena == NULL)
        return;
    for (Block *block = arena->blocks, *next; block != NULL; block = next) {
        next = block->next;
        g_free(block);
    }
    g_free(arena);
}

static char *
arena_grow(Arena *arena, size_t bytes)
{
    Block *block = g_malloc(sizeof(Block) + bytes);
    block->next = arena->blocks;
    arena->blocks = block;
    return block->data;
}

/* Not zeroed: who asks for zeroes gets them piece by piece, which leaves the rest of a block untouched. */
static void *
arena_take(Arena *arena, size_t bytes)
{
    const size_t align = alignof(max_align_t);
    g_assert(bytes <= SIZE_MAX / 2);
    bytes = (MAX(bytes, 1) + align - 1) / align * align;
    if (bytes > BLOCK_BYTES_MAX / 4)
        return arena_grow(arena, bytes);
    if (bytes > arena->free_bytes) {
        size_t block = MAX(arena->block_bytes - sizeof(Block), bytes);
        arena->free = arena_grow(arena, block);
        arena->free_bytes = block;
        arena->block_bytes = MIN(arena->block_bytes * 2, BLOCK_BYTES_MAX);
    }
    void *result = arena->free;
    arena->free += bytes;
    arena->free_bytes -= bytes;
    return result;
}

void *
arena_alloc(Arena *arena, size_t bytes)
{
    return memset(arena_take(arena, bytes), 0, bytes);
}

char *
arena_copy(Arena *arena, const void *data, size_t bytes)
{
    char *copy = arena_take(arena, bytes + 1);
    if (bytes > 0)
        memcpy(copy, data, bytes);
    copy[bytes] = '\0';
    return copy;
}

char *
arena_text(Arena *arena, const char *text)
{
    return text != NULL ? arena_copy(arena, text, strlen(text)) : NULL;
}

char *
arena_vprintf(Arena *arena, const char *format, va_list args)
{
    char few[256];
    va_list again;
    va_copy(again, args);
    int bytes = vsnprintf(few, sizeof(few), format, args);
    g_assert(bytes >= 0);
    char *text = arena_take(arena, (size_t) bytes + 1);
    if ((size_t) bytes < sizeof(few))
        memcpy(text, few, (size_t) bytes + 1);
    else
        vsnprintf(text, (size_t) bytes + 1, format, again);
    va_end(again);
    return text;
}

char *
arena_printf(Arena *arena, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    char *text = arena_vprintf(arena, format, args);
    va_end(args);
    return text;
}
