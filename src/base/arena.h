/*
 * arena.h - memory that is made bit by bit and given back all at once.
 *
 * An arena belongs to one parse; nothing in it outlives it. Memory is zeroed and aligned for any
 * type. A thread keeps some blocks of its last arena for the next one.
 */
#pragma once

#include <glib.h>
#include <stddef.h>

typedef struct ArenaBlock ArenaBlock;

/* Only looked into in here. */
typedef struct {
    ArenaBlock *blocks;
    char *free; /* the unused rest of the newest shared block; not zeroed yet */
    size_t free_bytes;
    size_t block_bytes; /* of the next shared block */
} Arena;

Arena *arena_new(void);
void arena_free(Arena *arena);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Arena, arena_free)

void *arena_alloc(Arena *arena, size_t bytes);
/* Not zeroed: for who sets all of it. */
void *arena_room(Arena *arena, size_t bytes);
/* A copy of `bytes` with a zero behind it. */
char *arena_copy(Arena *arena, const void *data, size_t bytes);
/* NULL of NULL. */
char *arena_text(Arena *arena, const char *text);
char *arena_printf(Arena *arena, const char *format, ...) G_GNUC_PRINTF(2, 3);
char *arena_vprintf(Arena *arena, const char *format, va_list args) G_GNUC_PRINTF(2, 0);

/* Pointers, one after the other: read with g_ptr_array_index(). Its memory is the arena's, also what it has outgrown. */
typedef struct {
    void **pdata;
    guint len, room;
} ArenaList;

ArenaList *arena_list_new(Arena *arena);
/* Of its own; NULL is an empty one. */
ArenaList *arena_list_copy(Arena *arena, const ArenaList *list);
void arena_list_grow(Arena *arena, ArenaList *list);

static inline void
arena_list_add(Arena *arena, ArenaList *list, void *item)
{
    if (list->len == list->room)
        arena_list_grow(arena, list);
    list->pdata[list->len++] = item;
}

/* The first that is this one; what stands behind it moves up. */
void arena_list_remove(ArenaList *list, const void *item);
