/* arena.c - blocks in a list; a request that is large for a block gets one of its own. */
#include "base/arena.h"

#include <stdalign.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define BLOCK_BYTES                                                                                \
    ((size_t) 64 *                                                                                 \
     1024) /* a thousand nodes; small files waste no more than this                  \
                          */

typedef struct Block Block;
struct Block {
    Block *next;
    alignas(max_align_t) char data[];
};

struct Arena {
    Block *blocks;
    char *free; /* the unused rest of the newest shared block */
    size_t free_bytes;
};

Arena *
arena_new(void)
{
    return g_new0(Arena, 1);
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
    Block *block = g_malloc0(sizeof(Block) + bytes);
    block->next = arena->blocks;
    arena->blocks = block;
    return block->data;
}

void *
arena_alloc(Arena *arena, size_t bytes)
{
    size_t align = alignof(max_align_t);
    g_assert(bytes <= SIZE_MAX / 2);
    bytes = (MAX(bytes, 1) + align - 1) / align * align;
    if (bytes > BLOCK_BYTES / 4)
        return arena_grow(arena, bytes);
    if (bytes > arena->free_bytes) {
        arena->free = arena_grow(arena, BLOCK_BYTES);
        arena->free_bytes = BLOCK_BYTES;
    }
    void *result = arena->free;
    arena->free += bytes;
    arena->free_bytes -= bytes;
    return result;
}

char *
arena_copy(Arena *arena, const void *data, size_t bytes)
{
    char *copy = arena_alloc(arena, bytes + 1);
    if (bytes > 0)
        memcpy(copy, data, bytes);
    return copy;
}
