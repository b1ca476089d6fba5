/* mapper.h - mappers of MyBatis: elements that hold one statement each, and parts of SQL that they include. */
#pragma once

#include "rewrite/program/program.h"

typedef struct {
    size_t begin, behind; /* `<` and behind `>` */
    Span name;
    bool is_end, is_empty; /* </x>, <x/> */
} MapperTag;

/* Where `what` begins; `end` when it does not. */
size_t mapper_find(const Text *text, size_t at, size_t end, const char *what);
bool mapper_is_name_byte(char c);
/* Behind comments and CDATA sections, whose signs are no tags; or `at`. */
size_t mapper_skip_verbatim(const Text *text, size_t at, size_t end);
/* The tag that begins at `at`; false when it has no name or no end. */
bool mapper_read_tag(const Text *text, size_t at, size_t end, MapperTag *ret);
/* The attribute's value between its quotes; false, and nothing, when there is none. */
bool mapper_attribute(const Text *text, const MapperTag *tag, const char *name, Span *ret);
/* Where the element's content ends, and what is behind its last tag; SIZE_MAX: nowhere. */
size_t mapper_inner_end(const Text *text, const MapperTag *tag, size_t end, size_t *ret_behind);
/* The content of <sql id="…"> of this file that <include refid="…"> means; false when there is not exactly one. */
bool mapper_find_part(const Text *text, Span refid, Span *ret);

/* What an element says (a piece with `is_element`). What it includes is added to `ret_parts` (Span), time by time, unless NULL. */
void mapper_decode(Text *out, const Language *language, const Piece *piece, GArray *ret_parts);

/* A part of SQL is decided alike by all that include it, or by none. (shared.c) */
typedef struct Shared Shared;
Shared *shared_new(const Unit *unit);
/* The use was visited, and may have made edits and sites since `edits` and `sites`. */
void shared_visited(Shared *shared, Unit *unit, const Use *use, guint edits, guint sites);
void shared_finish(Shared *shared, Unit *unit);
void shared_free(Shared *shared);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Shared, shared_free)
