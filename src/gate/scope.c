/*
 * scope.c - is a changed line one that the move has to do with?
 *
 * It is when its statement holds a site, or one of the names that the move changes. New lines may stand within or beside
 * such a statement, and an import may stand among the imports.
 */
#include "gate/inside.h"

#include <string.h>

#define IMPORTS_MAX 5 /* what a changed expression may need */
#define NEAR_LINES 4  /* over the handling of a failure */

static const char *const imports[] = {"import ", "from ",  "using ", "use ",      "#include",
                                      "require", "const ", "\"",     "{% import", "{%- import"};

typedef struct {
    const Gate *gate;
    GHashTable *statements; /* int: those of the text before */
    int imports;
} Scope;

static void
add_statement(Scope *scope, guint index)
{
    g_hash_table_add(scope->statements,
                     GINT_TO_POINTER(source_line(scope->gate->before, index)->statement));
}

static bool
is_in(const Scope *scope, guint index)
{
    return index < scope->gate->before->lines->len &&
           g_hash_table_contains(
               scope->statements,
               GINT_TO_POINTER(source_line(scope->gate->before, index)->statement));
}

/* A line that says something of the declaration below it, and nothing else: @Column, #[Column]. */
static bool
is_annotation(const Source *source, guint index)
{
    g_autofree char *line = source_words(source, source->text, index);
    return g_regex_match_simple("^\\s*(?:@\\w[\\w.:]*(?:\\(.*\\))?|#\\[.*\\])\\s*$", line,
                                G_REGEX_RAW, 0);
}

static void
add_annotations(Scope *scope)
{
    const Source *before = scope->gate->before;
    for (guint i = before->lines->len; i-- > 1;)
        if (is_in(scope, i) && is_annotation(before, i - 1))
            add_statement(scope, i - 1);
}

/* What YAML says to people of a name stands below it: its description, without a word of ours perhaps. */
static void
add_descriptions(Scope *scope)
{
    const Source *before = scope->gate->before;
    for (guint i = 1; source_is_yaml(scope->gate->file->path) && i < before->lines->len; i++) {
        g_autofree char *line = source_words(before, before->text, i),
                        *above = source_words(before, before->text, i - 1);
        size_t indent = strspn(line, " "), over = strspn(above, " ");
        bool is_item = g_str_has_prefix(above + over, "- name:") && over + strlen("- ") == indent;
        if (is_item && g_str_has_prefix(line + indent, "description:") && is_in(scope, i - 1))
            add_statement(scope, i);
    }
}

static void
find_statements(Scope *scope)
{
    const Gate *gate = scope->gate;
    for (size_t i = 0; i < gate->spec->site_count; i++) {
        const GateSite *site = &gate->spec->sites[i];
        bool is_here = strcmp(site->path, gate->file->path) == 0;
        if (is_here && site->line > 0 && (guint) site->line <= gate->before->lines->len)
            add_statement(scope, (guint) site->line - 1);
    }
    for (guint i = 0; i < gate->before->lines->len; i++) {
        g_autofree char *line = source_words(gate->before, gate->before->plain, i);
        if (words_in(gate->spec->words, line))
            add_statement(scope, i);
    }
    add_annotations(scope);
    add_descriptions(scope);
}

/* A line that names what moves, some lines below a statement of ours: what was one expression may be two statements. */
static bool
is_near(const Scope *scope, const Hunk *hunk, guint index)
{
    g_autofree char *line = source_words(scope->gate->after, scope->gate->after->plain, index);
    guint first = hunk->before > NEAR_LINES ? hunk->before - NEAR_LINES : 0;
    bool is_below = false;
    for (guint i = first; i < hunk->before; i++)
        is_below |= is_in(scope, i);
    return is_below && words_in(scope->gate->spec->words, line);
}

bool
line_is_import(const char *line)
{
    const char *begin = line + strspn(line, " \t");
    for (size_t i = 0; i < G_N_ELEMENTS(imports); i++)
        if (g_str_has_prefix(begin, imports[i]))
            return imports[i][0] != 'c' || strstr(begin, "require(") != NULL;
    return false;
}

/* The nearest line that is not empty, up or down, in the text before. */
static bool
stands_by_import(const Source *before, guint at, int step)
{
    for (gint64 i = step < 0 ? (gint64) at - 1 : at; i >= 0 && i < before->lines->len; i += step) {
        g_autofree char *line = source_words(before, before->text, (guint) i);
        if (*g_strstrip(line) != '\0')
            return line_is_import(line) || g_str_has_prefix(line, "package ");
    }
    return false;
}

static bool
is_new_import(Scope *scope, guint index)
{
    g_autofree char *line = source_words(scope->gate->after, scope->gate->after->text, index);
    return line[strspn(line, " \t")] == '\0' ||
           (line_is_import(line) && ++scope->imports <= IMPORTS_MAX);
}

/* New lines beside nothing of ours: the first that is no import. -1 when all are. */
static int
first_foreign(Scope *scope, const Hunk *hunk)
{
    const Source *before = scope->gate->before;
    bool is_among =
        stands_by_import(before, hunk->before, -1) || stands_by_import(before, hunk->before, 1);
    for (guint i = 0; i < hunk->added; i++)
        if (!is_near(scope, hunk, hunk->after + i) &&
            (!is_among || !is_new_import(scope, hunk->after + i)))
            return (int) (hunk->after + i) + 1;
    return -1;
}

/* What a cell of a notebook gave when it was run: below the key "outputs", by how far lines stand in. */
static bool
is_output(const Source *source, guint index)
{
    size_t indent = SIZE_MAX;
    for (guint i = index + 1; i-- > 0 && indent > 0;) {
        g_autofree char *line = source_words(source, source->text, i);
        size_t own = strspn(line, " ");
        if (line[own] == '\0' || own >= indent)
            continue;
        indent = own;
        if (g_str_has_prefix(line + own, "\"outputs\""))
            return true;
    }
    return false;
}

static void
look_at_outputs(const Scope *scope, const Hunk *hunk)
{
    const Gate *gate = scope->gate;
    if (!g_str_has_suffix(gate->file->path, ".ipynb"))
        return;
    for (guint i = 0; i < hunk->added; i++) {
        if (!is_output(gate->after, hunk->after + i))
            continue;
        gate_say(gate, "expected-edited", (int) (hunk->after + i) + 1,
                 "this is what a cell gave when it was run; leave it as it was");
        return;
    }
}

static void
look_at_hunk(Scope *scope, const Hunk *hunk)
{
    static const char text[] = "this line has nothing to do with what moves; leave it as it was";
    for (guint i = 0; i < hunk->removed; i++) {
        if (is_in(scope, hunk->before + i))
            continue;
        gate_say(scope->gate, "out-of-scope", (int) (hunk->before + i) + 1, text);
        return;
    }
    bool is_beside =
        is_in(scope, hunk->before) || (hunk->before > 0 && is_in(scope, hunk->before - 1));
    int line = hunk->removed > 0 || is_beside ? -1 : first_foreign(scope, hunk);
    if (line > 0)
        gate_say(scope->gate, "out-of-scope", line,
                 "these lines stand beside nothing that moves; leave them out");
}

void
rule_scope(const Gate *gate)
{
    Scope scope = {.gate = gate, .statements = g_hash_table_new(NULL, NULL)};
    find_statements(&scope);
    for (guint i = 0; i < gate->hunks->len; i++) {
        const Hunk *hunk = &g_array_index(gate->hunks, Hunk, i);
        look_at_hunk(&scope, hunk);
        look_at_outputs(&scope, hunk);
    }
    g_hash_table_unref(scope.statements);
}
