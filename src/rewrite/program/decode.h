/* decode.h - a literal while it is read: what its parts share; inside of decode.c and escape.c only. */
#pragma once

#include "rewrite/program/program.h"

typedef struct {
    Text *out;
    const Text *text; /* that the literal is in */
    const Language *language;
    const Quoting *quoting;
    size_t end;
    Holes holes;
    bool has_arguments_only; /* .format(…): other names of the program are not seen there */
    GArray *expressions;
} Decoder;

static inline char
byte(const Decoder *decoder, size_t at)
{
    return at < decoder->end ? decoder->text->bytes[at] : '\0';
}

static inline bool
starts(const Decoder *decoder, size_t at, const char *what)
{
    size_t bytes = strlen(what);
    return at + bytes <= decoder->end && memcmp(decoder->text->bytes + at, what, bytes) == 0;
}

/* Undo the escape at `at`: what is behind it, or `at` when there is none. */
size_t decode_escape(Decoder *decoder, size_t at);
