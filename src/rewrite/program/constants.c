/*
 * constants.c - names of a program that stand for the dataset: TABLE = "a.b.c", once and for all.
 *
 * Where SQL gets such a name put in (f"… FROM {TABLE}"), it reads the dataset: its columns are rewritten there, and the name
 * where it is set. A name that is set twice, or may be a parameter somewhere, stands for nothing.
 */
#include "rewrite/imports/imports.h"
#include "rewrite/sql/parts.h"

#include <string.h>

#define PART_BYTES_MAX 100 /* of a name; names of projects have thirty */

void
constant_free(void *data)
{
    Constant *constant = data;
    if (constant == NULL)
        return;
    g_free(constant->text);
    g_free(constant->after);
    g_free(constant);
}

GHashTable *
constants_new(void)
{
    return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, constant_free);
}

Constant *
constants_called(GHashTable *constants, const char *name, size_t bytes)
{
    g_autofree char *key = g_strndup(name, bytes);
    Constant *constant = g_hash_table_lookup(constants, key);
    if (constant == NULL) {
        constant = g_new0(Constant, 1);
        g_hash_table_insert(constants, g_steal_pointer(&key), constant);
    }
    return constant;
}

bool
constant_is_certain(const Constant *constant)
{
    int set_by_itself = constant->own != NULL ? 1 : 0; /* TABLES = {…} */
    return constant->doubt == NULL && constant->first->set <= set_by_itself &&
           (constant->own != NULL || constant->first->types == 0);
}

Constant *
constants_find(GHashTable *constants, const char *name, size_t bytes)
{
    if (constants == NULL || bytes == 0 || bytes > 200)
        return NULL;
    size_t own = bytes > 6 && memcmp(name, "self::", 6) == 0 ? 6 : 0; /* of PHP */
    g_autofree char *key = name_with_dots(name + own, bytes - own);
    Constant *constant = key != NULL ? g_hash_table_lookup(constants, key) : NULL;
    if (constant == NULL || constant->text == NULL)
        return NULL;
    if (constant->export == NULL)
        return constant->set == 1 ? constant : NULL;
    bool is_certain = constant_is_certain(constant);
    constant->missed += !is_certain;
    return is_certain ? constant : NULL;
}

/* "…" if x else "…", "…" unless x, "…" || y: what is set is not known from the string alone. */
static bool
is_one_of_several(const Unit *unit, const Use *use)
{
    static const char *const words[] = {"if", "unless", "or", "and", "else", NULL};
    guint before = unit_previous(unit, use->first, true);
    bool in_brackets = before != G_MAXUINT && unit_is_sign(unit, before, '(');
    const Piece *behind = unit_piece(unit, unit_next(unit, use->last, in_brackets));
    return (behind->kind == PIECE_WORD && span_is_among(unit->text, piece_span(behind), words)) ||
           (behind->kind == PIECE_SIGN &&
            strchr("?|&<>*/=", unit->text->bytes[behind->begin]) != NULL);
}

/* A part of a name: PROJECT = "acme-prod". */
static bool
is_part_of_name(const Text *text)
{
    bool has_letter = false;
    for (size_t i = 0; i < text->count; i++) {
        has_letter = has_letter || g_ascii_isalpha(text->bytes[i]);
        if (!g_ascii_isalnum(text->bytes[i]) && strchr("_-.", text->bytes[i]) == NULL)
            return false;
    }
    return has_letter && text->count <= PART_BYTES_MAX;
}

/* `project = "acme-prod"` in `locals { … }` of Terraform, which its strings call local.project; a block's own name is none. */
static void
set_local(Unit *unit, const Use *use, const Text *text)
{
    guint open = unit_bracket_around(unit, use->first);
    if (open == G_MAXUINT || open == 0 || !unit_is_sign(unit, open, '{') ||
        !unit_is_word(unit, open - 1, "locals"))
        return;
    g_autofree char *name = g_strdup_printf("local.%.*s", (int) (use->key.end - use->key.begin),
                                            unit->text->bytes + use->key.begin);
    Constant *constant = constants_called(unit->work->constants, name, strlen(name));
    g_autofree char *said = g_strndup(text->bytes, text->count);
    bool is_new = constant->text == NULL || strcmp(constant->text, said) != 0;
    constant->set += is_new || is_one_of_several(unit, use);
    g_free(constant->text);
    constant->text = g_steal_pointer(&said);
}

static void
set_constant(Unit *unit, const Use *use, const Text *text, const Rename *rename, char *take_after)
{
    if (rename == NULL && unit_is_language(unit, "hcl")) {
        set_local(unit, use, text);
        g_free(take_after);
        return;
    }
    Constant *constant = constants_called(unit->work->constants, unit->text->bytes + use->key.begin,
                                          use->key.end - use->key.begin);
    constant->set += unit->text->bytes[use->key.end] == ':'; /* TABLE: String = … */
    constant->set += is_one_of_several(unit, use);
    g_free(constant->text);
    g_free(constant->after);
    constant->text = g_strndup(text->bytes, text->count);
    constant->after = take_after;
    constant->rename = rename;
    constant->is_of_class = rename != NULL && use_is_of_class(unit, use);
}

static void
collect_use(Unit *unit, const Use *use)
{
    size_t key = use->key.begin;
    key -= key > 0 && unit->text->bytes[key - 1] == '$';
    bool is_member = key > 0 && strchr(".>:", unit->text->bytes[key - 1]) != NULL; /* self.table */
    bool is_variable = use->is_assigned && !is_member;
    if (!is_variable && unit->work->exported == NULL)
        return;
    g_autoptr(Text) text = program_text(unit, use);
    g_autofree char *after = NULL;
    const Rename *rename =
        text_mentions(unit->work, text) ? program_name_after(unit, use, text, false, &after) : NULL;
    bool is_class = rename != NULL && use_is_of_class(unit, use) && use->key.end == 0 &&
                    rename_changes_columns(rename);
    if (rename != NULL && unit->work->exported != NULL && !is_class)
        exports_note(unit, use, rename, text->bytes, after);
    if (is_variable && (rename != NULL || (!use->is_changed && is_part_of_name(text))))
        set_constant(unit, use, text, rename, g_steal_pointer(&after));
}

void
constants_collect(Unit *unit, GHashTable *constants)
{
    constants_count(unit, constants);
    for (guint i = 0; i < unit->uses->len; i++)
        collect_use(unit, &g_array_index(unit->uses, Use, i));
    if (unit->work->exported != NULL)
        exports_note_classes(unit);
}

/* ---- one name for another ---- */

/* NAME = OTHER, up to the end of the statement: where OTHER ends, or 0. */
static guint
other_end(const Unit *unit, guint first)
{
    guint end = first;
    while (unit_piece(unit, end)->kind == PIECE_WORD || unit_sign(unit, end) == '.' ||
           unit_sign(unit, end) == ':')
        end++;
    bool is_over = end >= unit->pieces->len || unit_piece(unit, end)->kind == PIECE_LINE ||
                   unit_piece(unit, end)->kind == PIECE_COMMENT || unit_sign(unit, end) == ';';
    return is_over && end > first ? end : 0;
}

/* `users = config.USERS` gives the constant another name; its users are the other's, too. */
static void
name_again(Unit *unit, guint index)
{
    guint first = index + (unit_sign(unit, index + 1) == ':' ? 3 : 2), end = other_end(unit, first);
    char before = unit_sign(unit, index - 1);
    if (unit_sign(unit, first - 1) != '=' || end == 0 || before == '.' || before == '>')
        return;
    const Piece *name = unit_piece(unit, index);
    size_t begin = unit_piece(unit, first)->begin;
    Constant *other = constants_find(unit->work->constants, unit->text->bytes + begin,
                                     unit_piece(unit, end - 1)->end - begin);
    Constant *constant = constants_called(unit->work->constants, unit->text->bytes + name->begin,
                                          name->end - name->begin);
    if (other == NULL || other == constant || other->rename == NULL || constant->text != NULL ||
        constant->set != 1)
        return;
    constant->text = g_strdup(other->text);
    constant->after = g_strdup(other->after);
    constant->rename = other->rename;
    constant->other = other;
    other->operands++;
    other->puts++;
    Use use = {.first = first,
               .key = piece_span(name),
               .whole = {(uint32_t) begin, unit_piece(unit, end - 1)->end},
               .is_assigned = true};
    if (unit->work->exported != NULL)
        exports_note_again(unit, &use, other);
}

/* Within the quotes: `PROJECT + ".shop.users"` is a name. */
static bool
has_blanks(const Unit *unit, const Use *use)
{
    for (guint i = use->first; i <= use->last; i++) {
        const Piece *piece = unit_piece(unit, i);
        for (size_t at = piece->inner_begin; piece->kind == PIECE_LITERAL && at < piece->inner_end;
             at++)
            if (g_ascii_isspace(unit->text->bytes[at]))
                return true;
    }
    return false;
}

/* USERS = f"{PROJECT}.a.b": a name that is put together of what is known by now. */
static void
name_from_parts(Unit *unit)
{
    for (guint i = 0; i < unit->uses->len; i++) {
        const Use *use = &g_array_index(unit->uses, Use, i);
        const char *key = unit->text->bytes + use->key.begin;
        g_autofree char *name = g_strndup(key, use->key.end - use->key.begin);
        const Constant *known = g_hash_table_lookup(unit->work->constants, name);
        if (use->is_assigned && !has_blanks(unit, use) && (known == NULL || known->text == NULL))
            collect_use(unit, use);
    }
}

/* QUERY = "SELECT … FROM a.b": more may be put behind it elsewhere. */
static void
note_queries(Unit *unit)
{
    for (guint i = 0; i < unit->uses->len; i++) {
        Use *use = &g_array_index(unit->uses, Use, i);
        if (!use->is_assigned || !has_blanks(unit, use))
            continue;
        g_autoptr(Text) text = program_text(unit, use);
        if (text_mentions(unit->work, text) && program_is_statement(unit, use, text))
            exports_note(unit, use, NULL, "", "");
    }
}

/* NAME = OTHER is another name, and "…" + OTHER is put into a string. */
static bool
is_alone(const Unit *unit, guint index)
{
    guint before = unit_previous(unit, index, true), behind = unit_next(unit, index, true);
    return (unit_sign(unit, index - 1) == '=' && other_end(unit, index) > 0) ||
           (before != G_MAXUINT && unit_is_plus(unit, before)) || unit_is_plus(unit, behind);
}

/* NAME: String = "…" sets it. */
static bool
is_where_set(const Unit *unit, const Piece *piece)
{
    for (guint i = 0; i < unit->uses->len; i++) {
        const Use *use = &g_array_index(unit->uses, Use, i);
        if (use->is_assigned && use->key.end > 0 && use->key.begin == piece->begin)
            return true;
    }
    return false;
}

/* TABLES = [USERS, OTHERS]: whoever gets TABLES may read the dataset. */
static void
note_made(Unit *unit)
{
    for (guint i = 0; i < unit->pieces->len; i++) {
        const Piece *piece = unit_piece(unit, i);
        const Constant *constant =
            piece->kind == PIECE_WORD && !piece->is_import
                ? constants_find(unit->work->constants, unit->text->bytes + piece->begin,
                                 piece->end - piece->begin)
                : NULL;
        if (constant == NULL || constant->rename == NULL || unit_sign(unit, i - 1) == '.' ||
            unit_sign(unit, i + 1) == '=' || is_alone(unit, i) || is_where_set(unit, piece))
            continue;
        Use use = {.first = i, .whole = piece_span(piece)};
        exports_note_made(unit, &use, constant);
    }
}

void
constants_name_again(Unit *unit)
{
    int depth = 0;
    name_from_parts(unit);
    if (unit->work->exported != NULL) {
        note_made(unit);
        note_queries(unit);
    }
    for (guint i = 0; i < unit->pieces->len; i++) {
        char sign = unit_sign(unit, i);
        depth += sign == '(' ? 1 : sign == ')' ? -1 : 0;
        if (depth == 0 && unit_piece(unit, i)->kind == PIECE_WORD &&
            !unit_piece(unit, i)->is_import &&
            (unit_sign(unit, i + 1) == '=' || unit_sign(unit, i + 2) == '='))
            name_again(unit, i);
    }
}

void
constants_count_others(GHashTable *constants)
{
    GHashTableIter iter;
    void *value;
    g_hash_table_iter_init(&iter, constants);
    while (g_hash_table_iter_next(&iter, NULL, &value)) {
        const Constant *constant = value;
        for (Constant *other = constant->other; other != NULL; other = other->other)
            other->in_sql += constant->in_sql > 0;
    }
}

/* ---- what else it is used for ---- */

bool
constant_is_used_elsewhere(const Constant *constant)
{
    int set_by_word = constant->words > 0 && constant->export == NULL ? 1 : 0;
    return constant->words - set_by_word - constant->operands + constant->puts - constant->in_sql >
           0;
}
