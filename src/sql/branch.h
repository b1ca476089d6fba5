/* branch.h - the variants of a text whose templates choose between branches; inside of this room only. */
#pragma once

#include "sql/token.h"

#define BRANCH_VARIANTS_MAX                                                                        \
    64 /* people write two or three; the rest of a file's branches are not told apart */

typedef struct Branches Branches;

/* What a template does to the text around it. */
typedef enum {
    TAG_OTHER,
    TAG_IF,
    TAG_ELSE,
    TAG_ELIF,
    TAG_ENDIF,
    TAG_FOR,
    TAG_ENDFOR,
    TAG_END /* of what began last */
} Tag;

/* By its first word, of a template in two braces that is none of Jinja: {{ if .x }}, {{ range .x }}, {{ end }} of Go. */
Tag tag_of_go(const char *word, size_t bytes);

/* NULL of a text without templates that may choose, as most are; it has one variant. */
Branches *branches_new(const TokenList *list);
void branches_free(Branches *branches);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Branches, branches_free)
guint branches_variants(const Branches *branches);
/* {% for x in y %}, {{ range .x }}, {{#each x}}: what follows may be there more than once. */
bool tag_begins_loop(const char *text, const Token *tag);
/* {% macro … %}, {% set x %}, {% endset %} and the like: what stands on both sides is not one text. */
bool tag_is_border(const char *text, const Token *tag);
/* One byte for each token: is it in the branches that this variant takes? */
void branches_mark(const Branches *branches, const TokenList *list, guint variant,
                   GByteArray *live);
