/* arena.c - blocks in a list; a request that is large for a block gets one of its own. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Small files need no more than the first block; each further one is twice as large, up to a thousand nodes. */
#define FIRST_BLOCK_BYTES ((size_t) 4 * 1024)
#define BLOCK_BYTES_MAX ((size_t) 64 * 1024)

/* Of the blocks that a thread keeps: what the tree of a file takes that a person wrote. */
#define KEPT_BYTES_MAX ((size_t) 256 * 1024)

/* Under the address sanitizer nothing is used twice: it would not see who reads what is gone. */
#if defined(__SANITIZE_ADDRESS__)
#define KEEPS_BLOCKS false
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define KEEPS_BLOCKS false
#endif
#endif
#ifndef KEEPS_BLOCKS
#define KEEPS_BLOCKS true
#endif

struct ArenaBlock {
    ArenaBlock *next;
    size_t bytes; /* of `data` */
    alignas(max_align_t) char data[];
};

/* ---- blocks that a thread keeps ---- */

#define BLOCK_SIZES 5 /* those that arenas grow by, each twice as large */
G_STATIC_ASSERT(FIRST_BLOCK_BYTES << (BLOCK_SIZES - 1) == BLOCK_BYTES_MAX);

typedef struct {
    ArenaBlock *blocks[BLOCK_SIZES];
    size_t bytes;
} Kept;

/* BLOCK_SIZES: of a size of its own, which is not kept. */
static guint
size_of(size_t bytes)
{
    guint size = 0;
    while (size < BLOCK_SIZES && bytes + sizeof(ArenaBlock) != FIRST_BLOCK_BYTES << size)
        size++;
    return size;
}

static void
blocks_free(ArenaBlock *blocks)
{
    for (ArenaBlock *block = blocks, *next; block != NULL; block = next) {
        next = block->next;
        g_free(block);
    }
}

static void
kept_free(void *data)
{
    Kept *kept = data;
    for (guint size = 0; size < BLOCK_SIZES; size++)
        blocks_free(kept->blocks[size]);
    g_free(kept);
}

static GPrivate kept_of_thread = G_PRIVATE_INIT(kept_free);

static Kept *
kept_here(void)
{
    Kept *kept = g_private_get(&kept_of_thread);
    if (kept == NULL) {
        kept = g_new0(Kept, 1);
        g_private_set(&kept_of_thread, kept);
    }
    return kept;
}

static ArenaBlock *
block_new(size_t bytes)
{
    guint size = size_of(bytes);
    Kept *kept = KEEPS_BLOCKS && size < BLOCK_SIZES ? g_private_get(&kept_of_thread) : NULL;
    ArenaBlock *block = kept != NULL ? kept->blocks[size] : NULL;
    if (block != NULL) {
        kept->blocks[size] = block->next;
        kept->bytes -= block->bytes;
        return block;
    }
    block = g_malloc(sizeof(ArenaBlock) + bytes);
    block->bytes = bytes;
    return block;
}

/* ---- the arena ---- */

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
    Kept *kept = KEEPS_BLOCKS && arena->blocks != NULL ? kept_here() : NULL;
    for (ArenaBlock *block = arena->blocks, *next; block != NULL; block = next) {
        next = block->next;
        guint size = kept != NULL ? size_of(block->bytes) : BLOCK_SIZES;
        if (size == BLOCK_SIZES || kept->bytes + block->bytes > KEPT_BYTES_MAX) {
            g_free(block);
            continue;
        }
        block->next = kept->blocks[size];
        kept->blocks[size] = block;
        kept->bytes += block->bytes;
    }
    g_free(arena);
}

static ArenaBlock *
arena_grow(Arena *arena, size_t bytes)
{
    ArenaBlock *block = block_new(bytes);
    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

static G_GNUC_NO_INLINE void *
arena_take_new(Arena *arena, size_t bytes)
{
    if (bytes > BLOCK_BYTES_MAX / 4)
        return arena_grow(arena, bytes)->data;
    ArenaBlock *block = arena_grow(arena, MAX(arena->block_bytes - sizeof(ArenaBlock), bytes));
    arena->free = block->data + bytes;
    arena->free_bytes = block->bytes - bytes;
    arena->block_bytes = MIN(arena->block_bytes * 2, BLOCK_BYTES_MAX);
    return block->data;
}

/* Not zeroed: who asks for zeroes gets them piece by piece, which leaves the rest of a block untouched. */
static inline void *
arena_take(Arena *arena, size_t bytes)
{
    const size_t align = alignof(max_align_t);
    g_assert(bytes <= SIZE_MAX / 2);
    bytes = (MAX(bytes, 1) + align - 1) / align * align;
    if (bytes > arena->free_bytes || bytes > BLOCK_BYTES_MAX / 4)
        return arena_take_new(arena, bytes);
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

void *
arena_room(Arena *arena, size_t bytes)
{
    return arena_take(arena, bytes);
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

/* ---- lists ---- */

#define LIST_ROOM 4 /* at first: most lists of a tree are short */

ArenaList *
arena_list_new(Arena *arena)
{
    return arena_alloc(arena, sizeof(ArenaList));
}

static void
list_set_room(Arena *arena, ArenaList *list, guint room)
{
    void **data = arena_take(arena, room * sizeof(void *));
    if (list->len > 0)
        memcpy(data, list->pdata, list->len * sizeof(void *));
    list->pdata = data;
    list->room = room;
}

void
arena_list_grow(Arena *arena, ArenaList *list)
{
    list_set_room(arena, list, MAX(LIST_ROOM, 2 * list->room));
}

ArenaList *
arena_list_copy(Arena *arena, const ArenaList *list)
{
    ArenaList *copy = arena_list_new(arena);
    if (list == NULL || list->len == 0)
        return copy;
    *copy = *list;
    list_set_room(arena, copy, list->len);
    return copy;
}

void
arena_list_remove(ArenaList *list, const void *item)
{
    guint at = 0;
    while (at < list->len && list->pdata[at] != item)
        at++;
    if (at == list->len)
        return;
    list->len--;
    memmove(&list->pdata[at], &list->pdata[at + 1], (list->len - at) * sizeof(void *));
}
