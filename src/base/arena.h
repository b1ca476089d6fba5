/*
 * arena.h - memory that is made bit by bit and given back all at once.
 *
 * An arena belongs to one parse; nothing in it outlives it. Memory is zeroed and aligned for any
 * type.
 */
#pragma once

#include <glib.h>

typedef struct Arena Arena;

Arena *arena_new(void);
void arena_free(Arena *arena);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Arena, arena_free)

void *arena_alloc(Arena *arena, size_t bytes);
/* A copy of `bytes` with a zero behind it. */
char *arena_copy(Arena *arena, const void *data, size_t bytes);
/* NULL of NULL. */
char *arena_text(Arena *arena, const char *text);
char *arena_printf(Arena *arena, const char *format, ...) G_GNUC_PRINTF(2, 3);
char *arena_vprintf(Arena *arena, const char *format, va_list args) G_GNUC_PRINTF(2, 0);
