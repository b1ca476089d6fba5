/*
 * apart.c - does a program say, of the table that it names there, which dataset, schema or project it is in?
 *
 * It counts where it is of the same call, the same chain of calls, the same object or the same class; and where a name that
 * stands there got it elsewhere in the file: a client, a reference, the metadata of SQLAlchemy. What is said of other calls
 * nearby is said of others.
 */
#include "rewrite/program/said.h"
#include "rewrite/sql/parts.h"

#include <string.h>

#define CHAIN_LINKS_MAX 64 /* of one expression: people write ten */
#define NEAR 40            /* pieces, between what a program sets side by side */
#define DEEP 4000          /* pieces of a call, with all that is in it */

/* clang-format off */
static const char *const qualifiers[] = {
    "dataset", "dataset_id", "datasetId", "dataset_name", "schema", "schema_name", "schemaName", "database", "database_name",
    "databaseName", "db", "db_name", "catalog", "project", "project_id", "projectId", "keyspace", "namespace", "withSchema",
    "in_schema", "in_catalog", "DatasetReference", "dataset_ref", "default_dataset", "defaultDataset", NULL};
/* Of these, what a name may get, and a table that is asked of it: a database or a project is that of a connection. */
static const char *const schemas[] = {
    "dataset", "dataset_id", "datasetId", "dataset_name", "schema", "schema_name", "schemaName", "keyspace", "namespace",
    "withSchema", "default_dataset", "defaultDataset", "default_schema", "schema_translate_map", "DatasetReference", "dataset_ref", "search_path", NULL};
/* As values: f(schema, "users"); `db` there is what is asked. */
static const char *const values[] = {
    "dataset", "dataset_id", "datasetId", "dataset_name", "dataset_ref", "schema", "schema_name", "schemaName", "keyspace", NULL};
/* clang-format on */

/* ---- words ---- */

/* The key, or what is behind its last dot or dash. */
static bool
is_qualifier(const Text *text, Span key)
{
    for (uint32_t at = key.end; at > key.begin; at--)
        if (strchr(".-", text->bytes[at - 1]) != NULL)
            return span_is_among(text, (Span){at, key.end}, qualifiers);
    return span_is_among(text, key, qualifiers);
}

/* SCHEMA, bq_dataset_id, self.source_schema: the name ends in one of these. */
bool
name_ends_in(const Text *text, Span name, const char *const *words)
{
    for (size_t i = 0; words[i] != NULL; i++) {
        uint32_t bytes = (uint32_t) strlen(words[i]);
        Span end = {name.end - MIN(bytes, name.end), name.end};
        if (name.end - name.begin < bytes || !span_is(text, end, words[i]))
            continue;
        if (end.begin == name.begin || text->bytes[end.begin - 1] == '_')
            return true;
    }
    return false;
}

/* db("users") of knex is a query, and no database. */
static bool
is_query(const Unit *unit, guint index)
{
    static const char *const words[] = {"db", "database", NULL};
    return strcmp(unit->language->name, "javascript") == 0 && unit_is_sign(unit, index + 1, '(') &&
           span_is_among(unit->text, piece_span(unit_piece(unit, index)), words) &&
           program_has_word(unit->work, "knex");
}

/* Behind a name or a key: is it one that gets something there, or is called? */
static bool
is_followed(const Unit *unit, guint index, bool is_literal)
{
    char sign = unit_sign(unit, index + 1), behind = unit_sign(unit, index + 2);
    if (sign == '\0' || strchr("=:(", sign) == NULL)
        return false;
    if (sign == ':' && behind == ':')
        return false; /* DB::table("…") of PHP */
    if (sign == '=' && behind == '=')
        return false; /* a.database == b */
    return unit->language->is_data || is_literal || sign != ':' ||
           !g_ascii_isupper(text_byte(unit->text, unit_piece(unit, index + 2)->begin));
}

/* schema=[…], read.schema(s) of Spark: which columns there are. */
static bool
is_of_columns(const Unit *unit, guint index)
{
    guint value = unit_next(unit, index + 1, true);
    if (!unit_is_word(unit, index, "schema"))
        return false;
    if (unit_is_sign(unit, value, '[') || unit_is_sign(unit, value, '{'))
        return true;
    return unit_piece(unit, value)->kind != PIECE_LITERAL &&
           program_has_word(unit->work, "spark") && !program_has_word(unit->work, "sqlalchemy");
}

static bool
is_qualifying(const Unit *unit, guint index)
{
    const Piece *piece = unit_piece(unit, index);
    if (is_query(unit, index) || is_of_columns(unit, index))
        return false;
    if (piece->key.end > 0 && is_qualifier(unit->text, piece->key))
        return true;
    bool is_literal = piece->kind == PIECE_LITERAL;
    Span span = is_literal ? (Span){piece->inner_begin, piece->inner_end} : piece_span(piece);
    return (is_literal || piece->kind == PIECE_WORD) && is_qualifier(unit->text, span) &&
           is_followed(unit, index, is_literal);
}

/* Beside the table of a class, `project` and the like are its fields. */
static bool
is_field(const Unit *unit, guint index)
{
    static const char *const words[] = {"project", "dataset", "namespace", "database", NULL};
    guint value = unit_next(unit, index + 1, true);
    if (unit_piece(unit, index)->kind != PIECE_WORD ||
        unit_piece(unit, value)->kind == PIECE_LITERAL)
        return false;
    while (unit_is_sign(unit, value + 1, '.') && unit_piece(unit, value + 2)->kind == PIECE_WORD)
        value += 2;
    bool is_column = unit_is_sign(unit, index + 1, '=') && unit_is_sign(unit, value + 1, '(') &&
                     (unit_is_word(unit, value, "mapped_column") ||
                      g_ascii_isupper(text_byte(unit->text, unit_piece(unit, value)->begin)));
    return is_column || span_is_among(unit->text, piece_span(unit_piece(unit, index)), words);
}

static bool
has_qualifier(const Unit *unit, guint first, guint behind, bool passes_fields)
{
    for (guint i = first; i < behind; i++)
        if (is_qualifying(unit, i) && !(passes_fields && is_field(unit, i)))
            return true;
    return false;
}

/* ---- names that got a schema ---- */

/* db = client.dataset("shop"), metadata = MetaData(schema="shop"): a word behind it says a schema, or got one before. */
static bool
gets_schema(const Unit *unit, guint index, const GHashTable *names)
{
    const Piece *piece = unit_piece(unit, index);
    bool is_literal = piece->kind == PIECE_LITERAL;
    Span span = is_literal ? (Span){piece->inner_begin, piece->inner_end} : piece_span(piece);
    if (!is_literal && piece->kind != PIECE_WORD)
        return false;
    if (span_is_among(unit->text, span, schemas) && is_followed(unit, index, is_literal) &&
        !is_of_columns(unit, index))
        return true;
    g_autofree char *name = g_strndup(unit->text->bytes + span.begin, span.end - span.begin);
    return !is_literal && g_hash_table_contains((GHashTable *) names, name);
}

/* Does a statement set the name at `index`; or is it the name of a class? */
static bool
is_set(Unit *unit, guint index)
{
    if (unit_piece(unit, index)->kind != PIECE_WORD)
        return false;
    if (index > 0 && unit_is_word(unit, index - 1, "class"))
        return true;
    guint around = unit_bracket_around(unit, index);
    bool is_in_call = around != G_MAXUINT && !unit_is_sign(unit, around, '{');
    return !is_in_call &&
           ((unit_is_sign(unit, index + 1, '=') && !unit_is_sign(unit, index + 2, '=')) ||
            (unit_is_sign(unit, index + 1, '<') && unit_is_sign(unit, index + 2, '-')));
}

/* { … } of code, and not of an object: what stands in it are statements. */
static bool
is_block(const Unit *unit, guint open)
{
    guint before = unit_previous(unit, open, true);
    if (!unit_is_sign(unit, open, '{') || before == G_MAXUINT || unit->language->is_data)
        return false;
    char sign = unit_sign(unit, before);
    bool is_arrow = sign == '>' && before > 0 && unit_sign(unit, before - 1) == '=';
    return sign == ')' || sign == '{' || sign == '}' || sign == ';' || is_arrow ||
           (unit_piece(unit, before)->kind == PIECE_WORD && !unit_is_word(unit, before, "return"));
}

/* The end of a line, outside of brackets and objects. */
static bool
ends_statement(Unit *unit, guint index)
{
    if (unit_piece(unit, index)->kind != PIECE_LINE)
        return unit_is_sign(unit, index, ';');
    guint around = unit_bracket_around(unit, index);
    return (around == G_MAXUINT || is_block(unit, around)) &&
           !unit_is_sign(unit, unit_next(unit, index, true), '.');
}

/* The names that a schema was given to, in the order of the file. Each statement is read once. */
static GHashTable *
find_lent(Unit *unit)
{
    GHashTable *names = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
    guint set = G_MAXUINT, class = G_MAXUINT;
    for (guint i = 0; i < unit->pieces->len; i++) {
        if (is_set(unit, i)) {
            set = i;
            class = unit_is_word(unit, i - (i > 0), "class") ? i : class;
            if (class != G_MAXUINT && unit_is_word(unit, i, "__table_args__"))
                set = class; /* who inherits from it has that schema, too */
            continue;
        }
        if (ends_statement(unit, i))
            set = G_MAXUINT;
        if (set == G_MAXUINT || !gets_schema(unit, i, names))
            continue;
        const Piece *word = unit_piece(unit, set);
        g_hash_table_add(names,
                         g_strndup(unit->text->bytes + word->begin, word->end - word->begin));
    }
    return names;
}

static bool
is_lent(Unit *unit, guint index)
{
    const Piece *piece = unit_piece(unit, index);
    if (piece->kind != PIECE_WORD)
        return false;
    if (unit->lent == NULL)
        unit->lent = find_lent(unit);
    g_autofree char *name = g_strndup(unit->text->bytes + piece->begin, piece->end - piece->begin);
    return g_hash_table_contains(unit->lent, name);
}

/* ---- the call, what it is called on, and what is around it ---- */

/* f(schema, "users"), f(refs, "users") where refs = client.dataset("shop") */
static bool
is_value(Unit *unit, guint index)
{
    const Piece *piece = unit_piece(unit, index);
    char sign = unit_sign(unit, unit_next(unit, index, true));
    bool is_whole = sign != '\0' && strchr(",)]}", sign) != NULL;
    return piece->kind == PIECE_WORD &&
           ((is_whole && name_ends_in(unit->text, piece_span(piece), values)) ||
            is_lent(unit, index));
}

/* .option("schema", "shop") */
static bool
is_option(const Unit *unit, guint index)
{
    const Piece *piece = unit_piece(unit, index);
    return piece->kind == PIECE_LITERAL && unit_is_sign(unit, index + 1, ',') && index > 1 &&
           unit_is_sign(unit, index - 1, '(') && unit_is_word(unit, index - 2, "option") &&
           is_qualifier(unit->text, (Span){piece->inner_begin, piece->inner_end});
}

/* In these brackets; or right in them, where what is around speaks of several. */
static bool
says_schema(Unit *unit, guint open, bool is_deep)
{
    guint end = MIN(unit_bracket_end(unit, open), unit->pieces->len);
    if (is_deep && end - open > DEEP)
        return true; /* nobody reads so much again for each call within */
    for (guint i = open + 1; i < end; i++) {
        if (is_qualifying(unit, i) || is_option(unit, i) || is_value(unit, i))
            return true;
        if (!is_deep)
            i = unit_bracket_end(unit, i);
    }
    return false;
}

/* The answer for a bracket is kept: thousands of names may stand in one. */
static bool
bracket_says_schema(Unit *unit, guint open, bool is_deep)
{
    void *key = GSIZE_TO_POINTER(2 * (gsize) open + (is_deep ? 1 : 0));
    if (unit->brackets == NULL)
        unit->brackets = g_hash_table_new(NULL, NULL);
    void *known = g_hash_table_lookup(unit->brackets, key);
    if (known == NULL) {
        known = GINT_TO_POINTER(says_schema(unit, open, is_deep) ? 1 : 2);
        g_hash_table_insert(unit->brackets, key, known);
    }
    return GPOINTER_TO_INT(known) == 1;
}

/* dataset.table("users"), but not schema.createTable("users") of knex and Kysely */
static bool
is_reference(const Unit *unit, guint index)
{
    bool is_builder = unit_is_language(unit, "javascript") && unit_is_word(unit, index, "schema");
    return unit_is_sign(unit, index + 1, '.') && !is_builder &&
           name_ends_in(unit->text, piece_span(unit_piece(unit, index)), values);
}

/* client.dataset("shop").table: what stands before the bracket's callee, link by link. */
static bool
chain_before_says(Unit *unit, guint open)
{
    guint at = unit_previous(unit, open, false);
    for (int links = 0; at != G_MAXUINT && links < CHAIN_LINKS_MAX; links++) {
        if (unit_is_sign(unit, at, ')') || unit_is_sign(unit, at, ']')) {
            guint begin = unit_bracket_around(unit, at); /* which it closes */
            if (begin == G_MAXUINT || bracket_says_schema(unit, begin, true))
                return true;
            at = unit_previous(unit, begin, false);
            continue;
        }
        if (unit_piece(unit, at)->kind != PIECE_WORD)
            return false;
        if (is_qualifying(unit, at) || is_lent(unit, at) || is_reference(unit, at))
            return true;
        guint dot = unit_previous(unit, at, true);
        bool is_link = dot != G_MAXUINT && dot > 0 &&
                       (unit_is_sign(unit, dot, '.') ||
                        (unit_is_sign(unit, dot, '>') && unit_is_sign(unit, dot - 1, '-')));
        if (!is_link)
            return false;
        at = unit_previous(unit, unit_is_sign(unit, dot, '.') ? dot : dot - 1, true);
    }
    return at != G_MAXUINT;
}

/* knex("users").withSchema("shop"): what is called on the result. What is given to other links is of rows. */
static bool
chain_behind_says(Unit *unit, guint close)
{
    for (int links = 0; links < CHAIN_LINKS_MAX; links++) {
        guint dot = unit_next(unit, close, true), word = unit_next(unit, dot, true);
        if (unit_is_sign(unit, dot, '-') && unit_is_sign(unit, word, '>'))
            word = unit_next(unit, word, true);
        else if (!unit_is_sign(unit, dot, '.'))
            return false;
        guint open = unit_next(unit, word, true);
        if (unit_piece(unit, word)->kind != PIECE_WORD)
            return false;
        if (is_qualifying(unit, word) || is_option(unit, unit_next(unit, open, true)))
            return true;
        close = unit_is_sign(unit, open, '(') ? unit_bracket_end(unit, open) : word;
    }
    return true;
}

/* From the innermost bracket outwards, until statements begin. */
static bool
call_says_schema(Unit *unit, const Use *use)
{
    bool is_innermost = true;
    guint open = unit_bracket_around(unit, use->first);
    for (int depth = 0; open != G_MAXUINT && !is_block(unit, open); depth++) {
        bool is_list = unit_is_sign(unit, open, '[');
        if (depth > PROGRAM_DEPTH_MAX ||
            bracket_says_schema(unit, open, is_innermost && !is_list) ||
            chain_before_says(unit, open) || chain_behind_says(unit, unit_bracket_end(unit, open)))
            return true;
        is_innermost = is_innermost && is_list;
        open = unit_bracket_around(unit, open);
    }
    return false;
}

/* table "users", schema: "shop" of Ruby, and words of commands: no bracket says where the call ends. */
static bool
bare_call_says_schema(Unit *unit, const Use *use, bool is_of_class)
{
    guint open = unit_bracket_around(unit, use->first);
    bool is_bare = unit->language->has_bare_calls || unit->language->joins_touching;
    return is_bare && (open == G_MAXUINT || is_block(unit, open)) &&
           has_qualifier(unit, use->first > NEAR ? use->first - NEAR : 0,
                         MIN(use->last + NEAR, unit->pieces->len), is_of_class);
}

/* ---- the class, and names that are set side by side ---- */

/* An annotation says all of its table by itself: what stands around it is of other classes. */
static bool
is_in_annotation(Unit *unit, const Use *use)
{
    static const char *const languages[] = {"java", "kotlin", "csharp", "rust", "php", NULL};
    guint open = unit_bracket_around(unit, use->first);
    return use->callee.end > 0 && open != G_MAXUINT && unit_is_sign(unit, open, '(') &&
           g_strv_contains(languages, unit->language->name);
}

/* Settings of the class beside its table: `schema = "shop"`, and what it inherits from. */
static bool
class_says_schema(Unit *unit, const Use *use)
{
    guint from = use->first, behind = use->last + 1;
    guint around = unit_bracket_around(unit, use->first);
    while (from > 0 && use->first - from < NEAR && !unit_is_word(unit, from - 1, "class"))
        from--;
    while (behind < unit->pieces->len && behind - use->last < NEAR &&
           !unit_is_word(unit, behind, "class"))
        behind++;
    for (guint i = from; i < use->first && unit_piece(unit, i)->kind != PIECE_LINE; i++)
        if (from > 0 && unit_is_word(unit, from - 1, "class") && is_lent(unit, i))
            return true; /* class Order(Base), where Base has a schema */
    for (guint i = from; i < behind; i++)
        if (unit_bracket_around(unit, i) == around && is_qualifying(unit, i) && !is_field(unit, i))
            return true;
    return false;
}

/* DATASET = "shop" beside TABLE = "users", in the same block. */
static bool
neighbour_says_schema(Unit *unit, const Use *use)
{
    static const char *const names[] = {"dataset",     "dataset_id",    "datasetId", "dataset_name",
                                        "schema_name", "schemaName",    "keyspace",  "schema",
                                        "database",    "database_name", "project",   "project_id",
                                        "namespace",   "catalog",       NULL};
    guint around = unit_bracket_around(unit, use->first);
    guint end = MIN(use->last + NEAR, unit->pieces->len);
    for (guint i = use->first > NEAR ? use->first - NEAR : 0; i < end; i++)
        if (unit_bracket_around(unit, i) == around && unit_piece(unit, i)->kind == PIECE_WORD &&
            name_ends_in(unit->text, piece_span(unit_piece(unit, i)), names) &&
            is_followed(unit, i, false) && !unit_is_sign(unit, i + 1, '('))
            return true;
    return false;
}

/* ---- the answer ---- */

/* Settings speak of all that is in the file. */
static bool
data_says_schema(Unit *unit, bool is_of_class)
{
    if (!unit->apart.is_known) {
        unit->apart.has_any = has_qualifier(unit, 0, unit->pieces->len, false);
        unit->apart.has_others = has_qualifier(unit, 0, unit->pieces->len, true);
        unit->apart.is_known = true;
    }
    return is_of_class ? unit->apart.has_others : unit->apart.has_any;
}

bool
use_is_apart(Unit *unit, const Use *use)
{
    bool is_of_class = use_is_of_class(unit, use);
    if (unit->language->is_data)
        return data_says_schema(unit, is_of_class);
    Span schema;
    if (is_of_class && use_has_class_schema(unit, use, &schema))
        return true;
    if (call_says_schema(unit, use) || bare_call_says_schema(unit, use, is_of_class))
        return true;
    if (is_of_class)
        return !is_in_annotation(unit, use) && class_says_schema(unit, use);
    return use->is_assigned && neighbour_says_schema(unit, use);
}
