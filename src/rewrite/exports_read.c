/*
 * exports_read.c - what a program gives others: which names lead to a string that is the dataset's name.
 *
 * TABLE, Config.TABLE, TABLES.users: the variable, and the classes, objects and lists that it is in. What is in a function is
 * nobody else's.
 */
#include "rewrite/imports.h"

#include <string.h>

#define PARTS_MAX 8   /* class in class in package */
#define HEADER_MAX 60 /* pieces of the head of a class */

/* What is around the string, from the inside to the outside. */
typedef struct {
    Unit *unit;
    const char *names[PARTS_MAX * 2];
    Span spans[PARTS_MAX];
    int count;
    bool is_hidden;    /* in a function */
    bool is_variable;  /* of Terraform: it is called by its block alone */
    const char *doubt; /* what is made of the string first */
} Around;

static bool
is_word(const Unit *unit, guint index, const char *const *words)
{
    const Piece *piece = unit_piece(unit, index);
    return index != G_MAXUINT && piece->kind == PIECE_WORD &&
           span_is_among(unit->text, piece_span(piece), words);
}

static void
add_name(Around *around, Span span)
{
    static const char *const transparent[] = {"exports", "default", "Companion", NULL};
    if (span_is_among(around->unit->text, span, transparent))
        return;
    if (around->count == PARTS_MAX)
        around->is_hidden = true;
    else
        around->spans[around->count++] = span;
}

/* Before `<…>` or `[…]` that ends at `index`; else `index`. */
static guint
before_brackets(const Unit *unit, guint index)
{
    char close = unit_is_sign(unit, index, '>') ? '>' : ']', open = close == '>' ? '<' : '[';
    int depth = 0;
    for (guint i = index, steps = 0;
         i != G_MAXUINT && steps < HEADER_MAX && unit_is_sign(unit, index, close);
         i = unit_previous(unit, i, true), steps++) {
        depth += unit_is_sign(unit, i, close) ? 1 : unit_is_sign(unit, i, open) ? -1 : 0;
        if (depth == 0)
            return unit_previous(unit, i, true);
    }
    return index;
}

/* The name before `=` or `:` at `sign`, past a type: NAME: Type = … */
static bool
name_before(const Unit *unit, guint sign, Span *ret)
{
    guint word = unit_previous(unit, sign, true), colon;
    if (word != G_MAXUINT)
        word = before_brackets(unit, word);
    while (word != G_MAXUINT && unit_piece(unit, word)->kind == PIECE_SIGN &&
           strchr(":-=", unit->text->bytes[unit_piece(unit, word)->begin]) != NULL)
        word = unit_previous(unit, word, true);
    if (word == G_MAXUINT)
        return false;
    colon = unit_previous(unit, word, true);
    if (unit_is_sign(unit, sign, '=') && colon != G_MAXUINT && unit_is_sign(unit, colon, ':'))
        word = unit_previous(unit, colon, true);
    const Piece *piece = unit_piece(unit, word);
    if (word == G_MAXUINT || (piece->kind != PIECE_WORD && piece->kind != PIECE_LITERAL))
        return false;
    *ret = piece->kind == PIECE_WORD ? piece_span(piece)
                                     : (Span){piece->inner_begin, piece->inner_end};
    return true;
}

/* class X, object X, …, before the bracket at `open`; false when it is something else. */
static bool
read_header(Around *around, guint open)
{
    static const char *const heads[] = {"class",  "object", "interface", "trait", "enum",
                                        "record", "struct", "module",    NULL};
    static const char *const packages[] = {"namespace", "package", NULL};
    const Unit *unit = around->unit;
    guint index = open;
    for (int steps = 0; steps < HEADER_MAX; steps++) {
        index = unit_previous(unit, index, true);
        if (index == G_MAXUINT || unit_is_sign(unit, index, ';') ||
            unit_is_sign(unit, index, '{') || unit_is_sign(unit, index, '}'))
            return false;
        if (is_word(unit, index, packages))
            return true;
        if (!is_word(unit, index, heads))
            continue;
        guint name = unit_next(unit, index, true);
        if (unit_piece(unit, name)->kind == PIECE_WORD && name < open)
            add_name(around, piece_span(unit_piece(unit, name)));
        return true; /* companion object { */
    }
    return false;
}

/* variable "x" { default = … } of Terraform: what it is may be said elsewhere. */
static bool
read_variable(Around *around, guint open)
{
    static const char *const words[] = {"variable", NULL};
    const Unit *unit = around->unit;
    guint name = unit_previous(unit, open, true),
          word = name != G_MAXUINT ? unit_previous(unit, name, true) : G_MAXUINT;
    const Piece *piece = unit_piece(unit, name);
    if (piece->kind != PIECE_LITERAL || !is_word(unit, word, words))
        return false;
    around->count = 0;
    add_name(around, (Span){piece->inner_begin, piece->inner_end});
    around->is_variable = true;
    around->doubt = "its value may be said elsewhere";
    return true;
}

static void
read_brace(Around *around, guint open)
{
    static const char *const locals[] = {"locals", NULL};
    static const char *const defaults[] = {"default", NULL};
    const Unit *unit = around->unit;
    guint before = unit_previous(unit, open, true);
    Span name;
    bool is_value =
        before != G_MAXUINT && (unit_is_sign(unit, before, '=') || unit_is_sign(unit, before, ':'));
    if (is_value && name_before(unit, before, &name))
        add_name(around, name);
    else if (unit->language->is_data && read_variable(around, open))
        return;
    else if (unit->language->is_data)
        around->is_hidden = !is_word(unit, before, locals);
    else if (!is_word(unit, before, defaults) && !read_header(around, open))
        around->is_hidden = true;
}

/* f(…) and […]: the string goes into something else. */
static void
read_call(Around *around, guint open)
{
    static const char *const plain[] = {"freeze", "const", "var", "dict", "set", NULL};
    const Unit *unit = around->unit;
    guint before = unit_previous(unit, open, true);
    if (before != G_MAXUINT && before > 0 && unit_is_sign(unit, before - 1, '@')) {
        around->is_hidden = true; /* @Table(name = "…") */
        return;
    }
    bool is_plain = unit_is_sign(unit, open, '(') && /* Object.freeze({…}), const (…) of Go, (…) */
                    (before == G_MAXUINT || unit_piece(unit, before)->kind != PIECE_WORD ||
                     is_word(unit, before, plain));
    if (!is_plain && around->doubt == NULL)
        around->doubt = "what it is set to is made of more than the name";
    while (before != G_MAXUINT &&
           (unit_piece(unit, before)->kind == PIECE_WORD || unit_is_sign(unit, before, '.')))
        before = unit_previous(unit, before, true);
    Span name;
    if (before != G_MAXUINT && unit_is_sign(unit, before, '=') && name_before(unit, before, &name))
        add_name(around, name);
}

static void
read_brackets(Around *around, guint index)
{
    guint open = unit_bracket_around(around->unit, index);
    for (; open != G_MAXUINT && !around->is_hidden; open = unit_bracket_around(around->unit, open))
        if (unit_is_sign(around->unit, open, '{'))
            read_brace(around, open);
        else
            read_call(around, open);
}

/* NAME = x || "…", val NAME = if (y) "…" else "…": in the brackets that the string is in. */
static void
read_statement(Around *around, guint index)
{
    const Unit *unit = around->unit;
    int depth = 0;
    Span name;
    while (index-- > 0) {
        const Piece *piece = unit_piece(unit, index);
        char sign = piece->kind == PIECE_SIGN ? unit->text->bytes[piece->begin] : '\0';
        depth += sign != '\0' && strchr(")]}", sign) != NULL   ? 1
                 : sign != '\0' && strchr("([{", sign) != NULL ? -1
                                                               : 0;
        if (depth < 0 || (depth == 0 && (piece->kind == PIECE_LINE || sign == ';' || sign == ',')))
            return;
        if (depth == 0 && sign == '=' && index > 0 &&
            strchr("=!<>", text_byte(unit->text, piece->begin - 1)) == NULL &&
            strchr("=>", text_byte(unit->text, piece->end)) == NULL &&
            name_before(unit, index, &name)) {
            add_name(around, name);
            around->doubt = "what it is set to depends on something else";
            return;
        }
    }
}

/* ---- by the left margin: Python, Ruby ---- */

static void
read_margins(Around *around, guint index)
{
    static const char *const heads[] = {"class", "module", NULL};
    static const char *const bodies[] = {"def", "async", "lambda", NULL};
    Unit *unit = around->unit;
    guint line = unit_line_around(unit, unit_line_of(unit, index));
    for (; line != G_MAXUINT; line = unit_line_around(unit, line)) {
        around->is_hidden = around->is_hidden || is_word(unit, line, bodies);
        if (is_word(unit, line, heads))
            add_name(around, piece_span(unit_piece(unit, unit_next(unit, line, false))));
    }
}

/* ---- the whole ---- */

static char *
join(const Around *around, const char *before, Span own)
{
    GString *within = g_string_new(before);
    const char *bytes = around->unit->text->bytes;
    for (int i = around->count; i >= 0; i--) {
        Span span = i > 0 ? around->spans[i - 1] : own;
        if (span.end <= span.begin)
            continue;
        g_string_append_printf(within, "%s%.*s", within->len > 0 ? "." : "",
                               (int) (span.end - span.begin), bytes + span.begin);
    }
    return g_string_free(within, FALSE);
}

/* NAME = "…", name: "…" */
static bool
is_own_key(const Unit *unit, const Use *use)
{
    guint before = unit_previous(unit, use->first, true);
    if (unit->language->joins_touching)
        return use->is_assigned;
    return use->key.end > 0 && !use->in_list && before != G_MAXUINT &&
           unit_piece(unit, before)->kind == PIECE_SIGN &&
           strchr("=:-", unit->text->bytes[unit_piece(unit, before)->begin]) != NULL;
}

static bool
has_margins(const Language *language)
{
    return language->imports == imports_python || language->imports == imports_ruby;
}

void
exports_note(Unit *unit, const Use *use, const Rename *rename, const char *text, const char *after)
{
    g_autofree char *prefix = NULL, *module = exports_module(unit, &prefix);
    if (module == NULL)
        return;
    Around around = {.unit = unit};
    Span own = is_own_key(unit, use) ? use->key : (Span){0};
    if (own.end == 0 && !unit->language->joins_touching)
        read_statement(&around, use->first);
    read_brackets(&around, use->first);
    if (has_margins(unit->language))
        read_margins(&around, use->first);
    g_autofree char *within =
        join(&around, around.is_variable ? "var" : prefix, around.is_variable ? (Span){0} : own);
    if (around.is_hidden || strcmp(within, prefix) == 0)
        return;
    Span place = text_span(unit->text, use->whole.begin, use->whole.end);
    Export *export = g_new0(Export, 1);
    *export = (Export){.path = g_strdup(unit->work->path),
                       .module = g_steal_pointer(&module),
                       .within = g_steal_pointer(&within),
                       .text = g_strdup(text),
                       .after = g_strdup(after),
                       .rename = rename,
                       .begin = place.begin,
                       .end = place.end,
                       .doubt = around.doubt};
    g_ptr_array_add(unit->work->exported, export);
}

void
exports_note_again(Unit *unit, const Use *use, const Constant *other)
{
    GPtrArray *exported = unit->work->exported;
    guint before = exported->len;
    exports_note(unit, use, other->rename, other->text, other->after);
    for (guint i = before; i < exported->len && other->export != NULL; i++) {
        Export *export = g_ptr_array_index(exported, i);
        g_free(export->path);
        export->path = g_strdup(other->export->path);
        export->begin = other->export->begin;
        export->end = other->export->end;
    }
}

void
exports_note_made(Unit *unit, const Use *use, const Constant *other)
{
    GPtrArray *exported = unit->work->exported;
    guint before = exported->len;
    exports_note_again(unit, use, other);
    for (guint i = before; i < exported->len; i++)
        ((Export *) g_ptr_array_index(exported, i))->doubt =
            "what it is set to is made of more than the name";
}

/* By what its language finds a file's names. */
char *
exports_module(Unit *unit, char **ret_before)
{
    const Work *work = unit->work;
    const Language *language = unit->language;
    if (unit->text->from != NULL || language != language_of(work->path, work->text, work->bytes))
        return NULL; /* a cell, a chunk */
    g_autofree char *plain = path_plain(work->path), *folder = folder_of(plain);
    *ret_before = g_strdup("");
    if (language->imports == imports_classes) {
        g_free(*ret_before);
        *ret_before = g_strdup(imports_package(unit));
        return g_strdup("classes");
    }
    if (language->imports == imports_ruby)
        return g_strdup("ruby");
    if (language->imports == imports_go || language->imports == imports_terraform) {
        g_free(*ret_before);
        *ret_before = g_strdup(language->imports == imports_go ? "" : "local");
        return g_strdup_printf("folder %s", folder);
    }
    return g_steal_pointer(&plain);
}

static const char *
last_name(const Export *export)
{
    const char *dot = strrchr(export->within, '.');
    return dot != NULL ? dot + 1 : export->within;
}

/* How many of them have each name, and each whole one; const char * of theirs -> guint. */
static void
count_names(const GPtrArray *exported, GHashTable *names, GHashTable *wholes)
{
    for (guint i = 0; i < exported->len; i++) {
        const Export *export = g_ptr_array_index(exported, i);
        const char *name = last_name(export);
        guint given = GPOINTER_TO_UINT(g_hash_table_lookup(names, name)),
              same = GPOINTER_TO_UINT(g_hash_table_lookup(wholes, export->within));
        g_hash_table_insert(names, (char *) name, GUINT_TO_POINTER(given + 1));
        g_hash_table_insert(wholes, export->within, GUINT_TO_POINTER(same + 1));
    }
}

/* What is set more than once is not known, and neither is what is given under one name twice. */
static void
doubt_doubled(const Work *work)
{
    g_autoptr(GHashTable) names = g_hash_table_new(g_str_hash, g_str_equal),
                          wholes = g_hash_table_new(g_str_hash, g_str_equal);
    count_names(work->exported, names, wholes);
    for (guint i = 0; i < work->exported->len; i++) {
        Export *export = g_ptr_array_index(work->exported, i);
        const char *name = last_name(export);
        const Constant *constant = g_hash_table_lookup(work->constants, name);
        guint given = GPOINTER_TO_UINT(g_hash_table_lookup(names, name)),
              same = GPOINTER_TO_UINT(g_hash_table_lookup(wholes, export->within));
        if (same > 1 || (constant != NULL && constant->set > (int) given))
            export->doubt = "it is set in more than one place there";
    }
}

void
exports_finish(Work *work)
{
    doubt_doubled(work);
    imports_pass_on(work);
}

GPtrArray *
program_exports(const char *path, const char *text, size_t bytes, const Renames *renames,
                const RewriteOptions *options)
{
    const Language *language = language_of(path, text, bytes);
    if (language == NULL)
        return NULL; /* a notebook: nobody imports it */
    GPtrArray *exported = g_ptr_array_new();
    Rewrite *out = rewrite_new(language->name);
    Work work = {.renames = renames,
                 .options = options,
                 .path = path,
                 .text = text,
                 .bytes = bytes,
                 .exported = exported,
                 .out = out};
    program_rewrite(&work, language);
    rewrite_free(out);
    return exported;
}
