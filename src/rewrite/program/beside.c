/*
 * beside.c - a table's name whose project and dataset are given beside it: {"datasetId": "shop", "tableId": "orders"}.
 *
 * They are read where they stand in the same list of arguments, object or block, under keys that say what they are, as
 * plain strings. Then the name is the dataset's, or another's. What is put in there says nothing.
 */
#include "rewrite/program/said.h"
#include "rewrite/sql/parts.h"

#include <string.h>

#define ONE_TABLE_PIECES 400 /* of a call or an object that speaks of one table */

typedef enum { ROLE_NONE, ROLE_PROJECT, ROLE_DATASET, ROLE_EITHER, ROLES } Role;

/* clang-format off */
static const struct {
    const char *key;
    Role role;
} keys[] = {
    {"project", ROLE_PROJECT},    {"project_id", ROLE_PROJECT},    {"projectId", ROLE_PROJECT},    {"catalog", ROLE_PROJECT},
    {"dataset", ROLE_DATASET},    {"dataset_id", ROLE_DATASET},    {"datasetId", ROLE_DATASET},    {"dataset_name", ROLE_DATASET},
    {"schema", ROLE_DATASET},     {"schema_name", ROLE_DATASET},   {"schemaName", ROLE_DATASET},   {"keyspace", ROLE_DATASET},
    {"database", ROLE_EITHER},    {"database_name", ROLE_EITHER},  {"databaseName", ROLE_EITHER},  {"db", ROLE_EITHER},
    {"db_name", ROLE_EITHER},
};
static const char *const table_keys[] = {"table", "table_id", "tableId", "table_name", "tableName", "view_name", "viewName", "name", NULL};
/* clang-format on */

/* What stands under each kind of key. */
typedef struct {
    Span prefix;        /* that these keys have: `source_` of source_dataset; empty: none */
    Span values[ROLES]; /* of the text */
    int counts[ROLES];
    bool is_unknown[ROLES];  /* it is no plain string */
    guint open;              /* the bracket that it stands in; 0: none */
    int tables;              /* how many keys speak of tables; of lines of YAML, however far in */
    const Spelling *whole;   /* a dataset that is named in full beside it; or NULL */
    bool is_guess, is_alone; /* SaidSchema */
} Beside;

/* Lines of YAML, and what stands in them. */
typedef struct {
    size_t begin, end;
    Beside beside;
} Block;

/* What is behind the prefix; empty: it has another one. */
static Span
without_prefix(const Text *text, Span key, Span prefix)
{
    uint32_t bytes = prefix.end - prefix.begin;
    bool is_there = key.end - key.begin > bytes &&
                    span_is_same(text, (Span){key.begin, key.begin + bytes}, prefix);
    return is_there ? (Span){key.begin + bytes, key.end} : (Span){0};
}

static Role
role_of(const Text *text, Span key, Span prefix)
{
    Span rest = without_prefix(text, key, prefix);
    for (size_t i = 0; i < G_N_ELEMENTS(keys); i++)
        if (span_is(text, rest, keys[i].key))
            return keys[i].role;
    return ROLE_NONE;
}

/* `source_` of source_table, `source` of sourceTable; empty: the key has none, or is called otherwise. */
static Span
prefix_of(const Text *text, Span key)
{
    Span prefix = {0};
    for (size_t i = 0; table_keys[i] != NULL; i++) {
        uint32_t bytes = (uint32_t) strlen(table_keys[i]), length = key.end - key.begin;
        if (length <= bytes || strcmp(table_keys[i], "name") == 0)
            continue;
        Span before = {key.begin, key.end - bytes}, word = {key.end - bytes, key.end};
        bool is_apart = strchr("_-", text->bytes[before.end - 1]) != NULL ||
                        (g_ascii_isupper(text->bytes[word.begin]) &&
                         g_ascii_islower(text->bytes[before.end - 1]));
        bool is_shorter = prefix.end == 0 || before.end < prefix.end;
        if (is_apart && is_shorter && span_is(text, word, table_keys[i]))
            prefix = before;
    }
    return prefix;
}

static bool
is_plain(const Text *text, Span span)
{
    for (uint32_t at = span.begin; at < span.end; at++)
        if (!g_ascii_isalnum(text->bytes[at]) && strchr("_-", text->bytes[at]) == NULL)
            return false;
    return span.end > span.begin;
}

static bool
is_same(const Text *text, Span span, const char *part)
{
    return span.end - span.begin == strlen(part) &&
           memcmp(text->bytes + span.begin, part, strlen(part)) == 0;
}

/* The dataset whose whole name, of more than one part, the literal is; or NULL. */
static const Spelling *
whole_name(const Unit *unit, const Piece *piece)
{
    const GPtrArray *list = unit->work->renames->list;
    Span span = {piece->inner_begin, piece->inner_end};
    for (guint i = 0; piece->kind == PIECE_LITERAL && i < list->len; i++) {
        const Rename *rename = g_ptr_array_index(list, i);
        for (guint s = 0; s < rename->spellings->len; s++) {
            const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
            if (spelling->source[1] != NULL && is_same(unit->text, span, spelling->whole))
                return spelling;
        }
    }
    return NULL;
}

static void
note(const Unit *unit, Beside *beside, Span key, guint value)
{
    Role role = role_of(unit->text, key, beside->prefix);
    const Piece *piece = unit_piece(unit, value);
    Span span = {piece->inner_begin, piece->inner_end};
    if (beside->whole == NULL)
        beside->whole = whole_name(unit, piece);
    if (role == ROLE_NONE)
        return;
    guint behind = piece->is_alone ? G_MAXUINT : unit_next(unit, value, true);
    bool is_more = behind != G_MAXUINT && unit_sign(unit, behind) != '\0' &&
                   strchr("+.%[?", unit_sign(unit, behind)) != NULL;
    beside->counts[role]++;
    beside->values[role] = span;
    if (piece->kind != PIECE_LITERAL || is_more || !is_plain(unit->text, span) ||
        beside->counts[role] > 1)
        beside->is_unknown[role] = true;
}

/* table_id, source_table, views: who says one schema beside several may mean all of them. */
static bool
speaks_of_table(const Text *text, Span key, Span prefix)
{
    Span rest = without_prefix(text, key, prefix);
    for (uint32_t at = rest.begin; at < rest.end; at++)
        if (span_begins_with_any(text, (Span){at, rest.end},
                                 (const char *const[]){"table", "view", NULL}))
            return true;
    return false;
}

/* Of `key = value`, `key: value`, `key -> value` and `key => value`; 0: it is no such key. */
static guint
value_behind(const Unit *unit, guint key)
{
    guint sign = unit_next(unit, key, false);
    char c = unit_sign(unit, sign);
    bool has_arrow = (c == '-' || c == '=') && unit_is_sign(unit, sign + 1, '>');
    return has_arrow || c == '=' || c == ':' ? unit_next(unit, sign + has_arrow, true) : 0;
}

/* dataset_id="shop", "datasetId": "shop", dataset_id = "shop", "dataset" -> "shop": in the same brackets. */
static void
read_brackets(Unit *unit, guint around, Beside *beside)
{
    guint end = unit_bracket_end(unit, around);
    beside->open = around;
    for (guint i = around + 1; i + 2 < unit->pieces->len && i < end; i++) {
        const Piece *piece = unit_piece(unit, i);
        guint value = value_behind(unit, i);
        Span key = piece->kind == PIECE_LITERAL ? (Span){piece->inner_begin, piece->inner_end}
                                                : piece_span(piece);
        if (value > 0) {
            beside->tables += speaks_of_table(unit->text, key, beside->prefix);
            note(unit, beside, key, value);
        }
        i = unit_bracket_end(unit, i);
    }
}

static size_t
line_of(const Text *text, size_t at)
{
    while (at > 0 && text->bytes[at - 1] != '\n')
        at--;
    return at;
}

static size_t
line_behind(const Text *text, size_t at)
{
    const char *newline =
        at < text->count ? memchr(text->bytes + at, '\n', text->count - at) : NULL;
    return newline != NULL ? (size_t) (newline - text->bytes) + 1 : text->count;
}

/* Of YAML: does the line belong to another item than keys with this margin, or stand around their block? */
static bool
ends_block(const Text *text, size_t line, size_t column)
{
    size_t at = line;
    while (text_byte(text, at) == ' ')
        at++;
    program_steps += at - line + 1;
    return at < text->count && strchr("#\n", text->bytes[at]) == NULL && at - line < column;
}

/* Nothing but blanks and the dashes of items is before it on its line. */
static bool
has_margin(const Text *text, size_t at, size_t column)
{
    if (at < column || (at > column && text->bytes[at - column - 1] != '\n'))
        return false;
    for (size_t i = at - column; i < at; i++)
        if (text->bytes[i] != ' ' && text->bytes[i] != '-')
            return false;
    return true;
}

/* dataset: shop, with the same margin and no item or key of another block in between. */
static void
read_lines(const Unit *unit, size_t column, Block *block)
{
    for (guint i = unit_pieces_before(unit, block->begin); i < unit->pieces->len; i++) {
        const Piece *piece = unit_piece(unit, i);
        if (piece->begin >= block->end)
            break;
        block->beside.tables += speaks_of_table(unit->text, piece->key, block->beside.prefix);
        if (piece->kind == PIECE_LITERAL && piece->key.end > 0 && !piece->in_list &&
            piece->key.begin >= block->begin && has_margin(unit->text, piece->key.begin, column))
            note(unit, &block->beside, piece->key, i);
    }
}

/* The lines that a key of YAML stands with. */
static Block
block_of(const Text *text, size_t key, size_t column)
{
    size_t line = line_of(text, key);
    Block block = {.begin = line, .end = line_behind(text, key)};
    while (block.begin > 0 && !ends_block(text, block.begin, column))
        block.begin = line_of(text, block.begin - 1);
    while (block.end < text->count && !ends_block(text, block.end, column))
        block.end = line_behind(text, block.end);
    return block;
}

/* Thousands of names may stand in one list or block: it is read once. NULL: it stands in none. */
static const Beside *
beside_of(Unit *unit, const Use *use)
{
    guint around = unit_bracket_around(unit, use->first);
    bool is_yaml = strcmp(unit->language->name, "yaml") == 0;
    if (around == G_MAXUINT && (!is_yaml || use->key.end == 0))
        return NULL;
    size_t column = around == G_MAXUINT ? use->key.begin - line_of(unit->text, use->key.begin)
                                        : 0; /* brackets may be one line of thousands of them */
    Span prefix = prefix_of(unit->text, use->key);
    g_autofree char *key =
        g_strdup_printf("%u:%zu:%.*s", around, column, (int) (prefix.end - prefix.begin),
                        unit->text->bytes + prefix.begin);
    if (unit->beside == NULL)
        unit->beside = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
    Block *block = g_hash_table_lookup(unit->beside, key);
    if (block != NULL &&
        (around != G_MAXUINT || (use->key.begin >= block->begin && use->key.begin < block->end)))
        return &block->beside;
    block = g_new0(Block, 1);
    if (around == G_MAXUINT)
        *block = block_of(unit->text, use->key.begin, column);
    block->beside.prefix = prefix;
    if (around != G_MAXUINT)
        read_brackets(unit, around, &block->beside);
    else
        read_lines(unit, column, block);
    g_hash_table_replace(unit->beside, g_steal_pointer(&key),
                         block); /* of YAML: instead of the block before */
    return &block->beside;
}

/* table: { name: …, schema: … }: does the key around say what the name is of? */
static bool
is_below_table(Unit *unit, const Use *use)
{
    static const char *const names[] = {"table", "remote_table", NULL};
    const Text *text = unit->text;
    guint around = unit_bracket_around(unit, use->first);
    guint sign = around != G_MAXUINT ? unit_previous(unit, around, true) : G_MAXUINT;
    guint key = sign != G_MAXUINT ? unit_previous(unit, sign, true) : G_MAXUINT;
    if (key == G_MAXUINT)
        return unit_is_below(unit, use->key.begin, names[0]) ||
               unit_is_below(unit, use->key.begin, names[1]);
    const Piece *piece = unit_piece(unit, key);
    return strchr(":=", unit_sign(unit, sign)) != NULL && unit_sign(unit, sign) != '\0' &&
           span_is_among(text,
                         piece->kind == PIECE_LITERAL ? (Span){piece->inner_begin, piece->inner_end}
                                                      : piece_span(piece),
                         names);
}

/* `database` is what is around a schema, where one is given; else it is the dataset. */
static Role
meaning(const Beside *beside, Role role)
{
    if (beside->counts[role] > 0)
        return role;
    bool has_schema = beside->counts[ROLE_DATASET] > 0;
    return (role == ROLE_PROJECT) == has_schema && beside->counts[ROLE_EITHER] > 0 ? ROLE_EITHER
                                                                                   : ROLE_NONE;
}

/* How far what is given agrees with one spelling of the dataset. */
static BesideAnswer
compare(const Unit *unit, const Beside *beside, const Spelling *spelling)
{
    guint length = g_strv_length(spelling->source);
    Role dataset = meaning(beside, ROLE_DATASET), project = meaning(beside, ROLE_PROJECT);
    char **path = unit->work->renames->default_path;
    if (dataset == ROLE_NONE)
        return BESIDE_UNKNOWN;
    if (length <
        2) /* without a schema, it is in the one that is there from the beginning, of whatever database */
        return project != ROLE_PROJECT && !beside->is_unknown[dataset] &&
                       is_same(unit->text, beside->values[dataset], "public")
                   ? BESIDE_SAME
                   : BESIDE_UNKNOWN;
    if (beside->is_unknown[dataset])
        return BESIDE_APART;
    if (!is_same(unit->text, beside->values[dataset], spelling->source[length - 2]))
        return BESIDE_OTHER;
    if (length == 2)
        return project == ROLE_NONE ? BESIDE_SAME : BESIDE_APART;
    if (project == ROLE_NONE)
        return path != NULL && path[0] != NULL && strcmp(path[0], spelling->source[0]) == 0
                   ? BESIDE_SAME
                   : BESIDE_APART;
    if (beside->is_unknown[project])
        return BESIDE_APART;
    return is_same(unit->text, beside->values[project], spelling->source[0]) ? BESIDE_SAME
                                                                             : BESIDE_OTHER;
}

bool
spelling_keeps_rest(const Spelling *spelling)
{
    guint length = g_strv_length(spelling->source);
    if (length != g_strv_length(spelling->target))
        return false;
    for (guint i = 0; i + 1 < length; i++)
        if (strcmp(spelling->source[i], spelling->target[i]) != 0)
            return false;
    return true;
}

/* Only the schema and the table have other names, and the schema's is one that needs no quotes. */
static bool
is_followed_by_schema(const Spelling *spelling)
{
    guint length = g_strv_length(spelling->source);
    if (length < 2 || length != g_strv_length(spelling->target))
        return false;
    for (guint i = 0; i + 2 < length; i++)
        if (strcmp(spelling->source[i], spelling->target[i]) != 0)
            return false;
    for (const char *c = spelling->target[length - 2]; *c != '\0'; c++)
        if (!g_ascii_isalnum(*c) && strchr("_-", *c) == NULL)
            return false;
    return true;
}

/* What a class, the argument before or a link of the chain says. */
static bool
read_said(Unit *unit, const Use *use, Beside *ret)
{
    SaidSchema said;
    *ret = (Beside){0};
    if (!use_has_said_schema(unit, use, &said))
        return false;
    ret->values[ROLE_DATASET] = said.schema;
    ret->counts[ROLE_DATASET] = 1;
    ret->is_unknown[ROLE_DATASET] = said.schema.end == 0;
    ret->values[ROLE_PROJECT] = said.project;
    ret->counts[ROLE_PROJECT] = said.has_project;
    ret->is_unknown[ROLE_PROJECT] = said.project.end == 0;
    ret->is_guess = !said.is_sure;
    ret->is_alone = said.is_alone;
    return true;
}

/* Is the schema said for this table alone: is there no more than one key that speaks of tables, however far in? */
static bool
beside_is_of_one(Unit *unit, const Beside *beside, bool is_said)
{
    int tables = 0;
    guint end = beside->open > 0 ? MIN(unit_bracket_end(unit, beside->open), unit->pieces->len) : 0;
    if (!is_said && end == 0)
        return beside->tables == 1;
    if (is_said || end - beside->open > ONE_TABLE_PIECES)
        return is_said && beside->is_alone;
    for (guint i = beside->open + 1; i < end; i++) {
        const Piece *piece = unit_piece(unit, i);
        Span key = piece->kind == PIECE_LITERAL ? (Span){piece->inner_begin, piece->inner_end}
                                                : piece_span(piece);
        char sign = unit_sign(unit, unit_next(unit, i, false));
        tables += (sign == '=' || sign == ':') && speaks_of_table(unit->text, key, beside->prefix);
    }
    return tables < 2;
}

bool
program_edit_schema(Unit *unit, const Use *use, const Spelling *spelling)
{
    Beside said;
    const Beside *beside = read_said(unit, use, &said) ? &said : beside_of(unit, use);
    guint length = g_strv_length(spelling->source);
    Role role = beside != NULL ? meaning(beside, ROLE_DATASET) : ROLE_NONE;
    g_autofree char *written = NULL;
    Span span;
    if (length < 2 || length != g_strv_length(spelling->target) || role == ROLE_NONE ||
        strcmp(spelling->source[length - 2], spelling->target[length - 2]) == 0)
        return false;
    Span schema = beside->values[role];
    const char *after = spelling->target[length - 2];
    if (!is_same(unit->text, schema, spelling->source[length - 2]) ||
        !text_edit(unit->text, schema.begin, schema.end, after, &span, &written))
        return false;
    Site *site = program_site(unit->work, unit->text, SITE_TABLE, DISPOSITION_REWRITTEN,
                              schema.begin, schema.end);
    site->after = keep(unit->work, after);
    edit_add(unit->work, span.begin, span.end, written);
    return true;
}

/* By the last part of any spelling. */
static bool
rename_is_called(const Rename *rename, const char *table)
{
    for (guint s = 0; s < rename->spellings->len; s++)
        if (strcmp(((const Spelling *) g_ptr_array_index(rename->spellings, s))->last, table) == 0)
            return true;
    return false;
}

/* The same of all spellings of one dataset: it is the dataset where one of them is said, whatever others have more. */
static BesideAnswer
compare_all(Unit *unit, const Beside *beside, bool is_said, const char *table, const Rename *rename,
            const Spelling **ret_spelling)
{
    BesideAnswer doubt = BESIDE_UNKNOWN;
    bool is_same = false, is_other = false, is_doubtful = false;
    for (guint s = 0; s < rename->spellings->len; s++) {
        const Spelling *spelling = g_ptr_array_index(rename->spellings, s);
        if (strcmp(spelling->last, table) != 0)
            continue;
        BesideAnswer answer = compare(unit, beside, spelling);
        bool is_followed =
            spelling_keeps_rest(spelling) ||
            (beside_is_of_one(unit, beside, is_said) && is_followed_by_schema(spelling));
        if (answer == BESIDE_OTHER && beside->is_guess)
            answer = BESIDE_UNKNOWN;
        if (answer == BESIDE_SAME && (!is_followed || rename->is_derived))
            return BESIDE_APART;
        if (answer == BESIDE_SAME)
            *ret_spelling = spelling;
        else if (answer != BESIDE_OTHER && !is_doubtful)
            doubt = answer;
        is_same = is_same || answer == BESIDE_SAME;
        is_other = is_other || answer == BESIDE_OTHER;
        is_doubtful = is_doubtful || answer == BESIDE_UNKNOWN || answer == BESIDE_APART;
    }
    return is_same ? BESIDE_SAME : is_doubtful || !is_other ? doubt : BESIDE_OTHER;
}

BesideAnswer
program_beside(Unit *unit, const Use *use, const char *table, const Rename **ret_rename,
               const Spelling **ret_spelling)
{
    const GPtrArray *list = unit->work->renames->list;
    const Rename *found = NULL; /* what is said beside it counts more than a default */
    bool is_other = false;
    if (program_asked(unit, use, table, ret_rename, ret_spelling))
        return BESIDE_SAME;
    Beside said;
    bool is_said = read_said(unit, use, &said);
    bool is_argument = use->key.end == 0 && use->argument == 0 &&
                       (use_is_read_by_call(unit, use) || use_writes_surely(unit, use));
    if ((!span_is_among(unit->text, use->key, table_keys) && !is_argument && !is_said &&
         prefix_of(unit->text, use->key).end == 0) ||
        use->in_list || unit->language->lex == lex_sqlx)
        return BESIDE_UNKNOWN; /* what .sqlx declares, others call by its name */
    const Beside *beside = is_said ? &said : beside_of(unit, use);
    if (beside == NULL)
        return BESIDE_UNKNOWN;
    if (span_is(unit->text, use->key, "name") && !is_said && !is_below_table(unit, use))
        return BESIDE_UNKNOWN; /* of a role, a function, whatever has a schema */
    for (guint i = 0; i < list->len; i++) {
        const Rename *rename = g_ptr_array_index(list, i);
        if (!rename_is_called(rename, table))
            continue;
        BesideAnswer answer = compare_all(unit, beside, is_said, table, rename, ret_spelling);
        if (answer == BESIDE_UNKNOWN || answer == BESIDE_APART)
            return answer;
        is_other = is_other || answer == BESIDE_OTHER;
        if (answer == BESIDE_SAME)
            *ret_rename = found = rename;
    }
    return found != NULL ? BESIDE_SAME : is_other ? BESIDE_OTHER : BESIDE_UNKNOWN;
}

bool
program_dataset_beside(Unit *unit, const Use *use, Span *ret)
{
    const Beside *beside = beside_of(unit, use);
    Role role = beside != NULL && beside->tables == 0 ? meaning(beside, ROLE_DATASET) : ROLE_NONE;
    if (role != ROLE_NONE)
        *ret = beside->values[role];
    return role != ROLE_NONE && !beside->is_unknown[role];
}

bool
use_has_prefix_beside(Unit *unit, const Use *use)
{
    const Beside *beside =
        prefix_of(unit->text, use->key).end > 0 && !use->in_list ? beside_of(unit, use) : NULL;
    return beside != NULL && meaning(beside, ROLE_DATASET) != ROLE_NONE;
}

/* name: orders, source: shop.orders; {"orders": "shop.orders"} */
bool
use_is_called_so(Unit *unit, const Use *use, const char *table)
{
    static const char *const names[] = {"name", "id", "alias", "label", "title", NULL};
    if (use->is_key) {
        guint sign = unit_next(unit, use->last, true), value = unit_next(unit, sign, true);
        const Spelling *whole = unit_is_sign(unit, sign, ':') || unit_is_sign(unit, sign, '=')
                                    ? whole_name(unit, unit_piece(unit, value))
                                    : NULL;
        return whole != NULL && strcmp(whole->last, table) == 0;
    }
    const Beside *beside =
        span_is_among(unit->text, use->key, names) && !use->in_list ? beside_of(unit, use) : NULL;
    return beside != NULL && beside->whole != NULL && strcmp(beside->whole->last, table) == 0 &&
           meaning(beside, ROLE_DATASET) == ROLE_NONE;
}
