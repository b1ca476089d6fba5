/* writes.c - where a program writes to a table, makes it or removes it, and where that is said of a name. */
#include "rewrite/program/program.h"

#include <string.h>

/* clang-format off */
static const char *const writing_calls[] = {
    "insertInto", "saveAsTable", "writeTo", "write_table", "writeTable", "to_gbq", "to_sql", "createTable", "create_table",
    "deleteTable", "delete_table", "dropTable", "drop_table", "dbWriteTable", "dbRemoveTable", "dbCreateTable",
    "insertOrThrow", "insertWithOnConflict", "update", "updateWithOnConflict", "upsert", "delete", "write_database",
    "dbAppendTable", "copy_to", "bq_table_create", "bq_table_upload", "bq_table_delete", "spark_write_table",
    "spark_write_jdbc", "spark_write_delta", "insert_rows", "insert_rows_json", "load_table_from_uri", "load_table_from_file", "load_table_from_dataframe",
    "load_table_from_json", "insert_all", "update_all", "delete_all", "insert", "truncate", "WriteToBigQuery", "into", "saveAsBigQueryTable", "toTable",
    "save_as_table", "write_pandas", "load_table_dataframe",
    "createOrReplaceTempView", "createTempView", "registerTempTable", "createOrReplaceGlobalTempView", "createGlobalTempView", NULL};
/* Of these, calls that can take nothing else. */
static const char *const table_calls[] = {
    "insertInto", "saveAsTable", "writeTo", "write_table", "writeTable", "to_gbq", "to_sql", "createTable", "create_table",
    "dbWriteTable", "dbCreateTable", "dbAppendTable", "bq_table_create", "bq_table_upload", "spark_write_table", "WriteToBigQuery",
    "insertWithOnConflict", "insertOrThrow", "updateWithOnConflict", "saveAsBigQueryTable", "toTable",
    "createOrReplaceTempView", "createTempView", "registerTempTable", "createOrReplaceGlobalTempView", "createGlobalTempView", NULL};
static const char *const removing_words[] = {"delete", "deletion", "drop", "remove", "truncate", "undelete", "dbRemove", "bq_table_delete", NULL};
static const char *const writing_words[] = {
    "destination", "--destination", "dest_", "dest", "output", "sink", "target", "write", "to_table", "into", "deletion", NULL};
/* clang-format on */

bool
key_says_writing(const Text *text, Span key)
{
    while (key.begin > 0 && key.end > key.begin &&
           (text->bytes[key.begin - 1] == '.' || text->bytes[key.begin - 1] == '_' ||
            g_ascii_isalnum(text->bytes[key.begin - 1])))
        key.begin--; /* job.sink.table of HOCON */
    for (uint32_t at = key.begin; at < key.end; at++)
        if ((at == key.begin || text->bytes[at - 1] == '.') &&
            span_begins_with_any(text, (Span){at, key.end}, writing_words))
            return true;
    return false;
}

/* The keys of YAML that it stands below. */
static bool
is_below_sink(Unit *unit, const Use *use)
{
    return strcmp(unit->language->name, "yaml") == 0 && unit_is_below_sink(unit, use->whole.begin);
}

/* The piece before a link of a chain, `write` for `df.write.format("x").option("y", …)`; G_MAXUINT: it is the first. */
static guint
link_before(const Unit *unit, guint link)
{
    guint dot = unit_previous(unit, link, true);
    guint at = dot != G_MAXUINT && unit_is_sign(unit, dot, '.') ? unit_previous(unit, dot, true)
                                                                : G_MAXUINT;
    int depth = 0;
    for (; at != G_MAXUINT && at > 0; at = unit_previous(unit, at, true)) {
        depth += unit_is_sign(unit, at, ')') ? 1 : unit_is_sign(unit, at, '(') ? -1 : 0;
        if (depth == 0 && !unit_is_sign(unit, at, '('))
            return at;
    }
    return at;
}

/* df.write.….option("dbtable", "…"), .save("…"), .jdbc(url, "…") of Spark; BigQueryIO.writeTableRows().to("…") and
 * JdbcIO.write().withTable("…") of Beam */
static bool
is_in_writer(const Unit *unit, const Use *use)
{
    static const char *const setters[] = {"option", "save", "jdbc", "start", NULL},
                             *const of_beam[] = {"to", "withTable", "withTableId", NULL},
                             *const writers[] = {"write", "writeStream", "writeTo", NULL},
                             *const any_writers[] = {"write", NULL};
    bool is_of_beam = span_is_among(unit->text, use->callee, of_beam);
    if (!is_of_beam && !span_is_among(unit->text, use->callee, setters))
        return false;
    guint link = piece_of_callee(unit, use);
    while (link != G_MAXUINT && (link = link_before(unit, link)) != G_MAXUINT) {
        Span name = piece_span(unit_piece(unit, link));
        if (is_of_beam ? span_begins_with_any(unit->text, name, any_writers)
                       : span_is_among(unit->text, name, writers))
            return true;
    }
    return false;
}

/* glueContext.write_dynamic_frame.from_options(…, connection_options={"dbtable": "…"}) */
static bool
is_in_writer_of_glue(Unit *unit, const Use *use)
{
    guint open = unit_bracket_around(unit, use->first);
    if (!program_has_word(unit->work, "write_dynamic_frame"))
        return false;
    for (int depth = 0; depth < 3 && open != G_MAXUINT; depth++) {
        guint callee = unit_previous(unit, open, true);
        guint link = callee != G_MAXUINT ? link_before(unit, callee) : G_MAXUINT;
        if (link != G_MAXUINT && unit_is_word(unit, link, "write_dynamic_frame"))
            return true;
        open = unit_bracket_around(unit, open);
    }
    return false;
}

/* S3ToRedshiftOperator(table="…"), @dlt.table(name="…"): by what they are called, rows come to the table. */
static bool
is_filled_by(const Unit *unit, const Use *use)
{
    static const char *const loaders[] = {"S3To",   "GCSTo", "AzureDataLakeTo", "LocalFilesystemTo",
                                          "SFTPTo", "FTPTo", "CopyFrom",        NULL};
    static const char *const makers[] = {"table", "view", "materialized_view",
                                         "create_streaming_table", NULL};
    const Text *text = unit->text;
    if (!unit_is_language(unit, "python") || use->key.end == 0)
        return false;
    return span_begins_with_any(text, use->callee, loaders) ||
           (span_is(text, use->receiver, "dlt") && span_is(text, use->key, "name") &&
            span_is_among(text, use->callee, makers));
}

/* saveAsTypedBigQueryTable(Table.Spec("…")): what is made of the name is written to. */
static bool
is_written_outside(const Unit *unit, const Use *use)
{
    static const char *const savers[] = {"saveAs", NULL};
    const Text *text = unit->text;
    return span_begins_with_any(text, use->callee, savers) ||
           (!use_is_read_by_call(unit, use) && (span_is_among(text, use->outer, writing_calls) ||
                                                span_begins_with_any(text, use->outer, savers)));
}

/* con.register("…", frame) of DuckDB, and what takes that view away again */
static bool
is_view_of_duckdb(const Unit *unit, const Use *use)
{
    static const char *const calls[] = {"register", "unregister", NULL};
    return unit_is_language(unit, "python") && use->receiver.end > 0 && use->argument == 0 &&
           span_is_among(unit->text, use->callee, calls) && program_has_word(unit->work, "duckdb");
}

/* bq rm, bq load: commands that do more than read. */
bool
use_writes_table(Unit *unit, const Use *use)
{
    static const char *const commands[] = {"rm",     "mk",    "load",      "cp",       "insert",
                                           "update", "mkdef", "partition", "undelete", NULL};
    const Text *text = unit->text;
    if (unit->language->joins_touching && span_is_among(text, use->callee, commands))
        return true;
    bool is_entity = strcmp(unit->language->name, "csharp") == 0 && /* builder.ToTable("…") */
                     span_is(text, use->callee, "ToTable");
    if (is_entity)
        return false;
    return span_is_among(text, use->callee, writing_calls) || is_in_writer(unit, use) ||
           is_in_writer_of_glue(unit, use) || is_filled_by(unit, use) ||
           is_view_of_duckdb(unit, use) || is_written_outside(unit, use) || use->is_in_sink ||
           is_below_sink(unit, use) || key_says_writing(text, use->key);
}

/* resource "google_bigquery_table" "x" { table_id = "…" }: another name makes another table, and removes this one. */
bool
use_is_made_anew(Unit *unit, const Use *use)
{
    static const char *const keys[] = {"table_id", "table_name", "table", "name", NULL};
    if (strcmp(unit->language->name, "hcl") != 0 || !span_is_among(unit->text, use->key, keys))
        return false;
    guint open = unit_bracket_around(unit, use->first);
    guint name = open != G_MAXUINT ? unit_previous(unit, open, true) : G_MAXUINT;
    guint kind = name != G_MAXUINT ? unit_previous(unit, name, true) : G_MAXUINT;
    guint word = kind != G_MAXUINT ? unit_previous(unit, kind, true) : G_MAXUINT;
    if (word == G_MAXUINT || !span_is(unit->text, piece_span(unit_piece(unit, word)), "resource"))
        return false;
    const Piece *piece = unit_piece(unit, kind);
    g_autofree char *type =
        g_strndup(unit->text->bytes + piece->inner_begin, piece->inner_end - piece->inner_begin);
    return g_str_has_suffix(type, "_table") || g_str_has_suffix(type, "_view");
}

bool
use_removes_table(const Unit *unit, const Use *use)
{
    const Text *text = unit->text;
    bool is_command = unit->language->joins_touching && span_is(text, use->callee, "rm");
    if (use_is_in_call_of_builder(unit, use))
        return false; /* rows, and no table */
    return is_command || span_begins_with_any(text, use->callee, removing_words) ||
           span_begins_with_any(text, use->outer, removing_words) ||
           span_begins_with_any(text, use->key, removing_words);
}

bool
use_writes_surely(const Unit *unit, const Use *use)
{
    const Text *text = unit->text;
    return use->key.end == 0 &&
           ((use->argument < 2 && span_is_among(text, use->callee, table_calls)) ||
            is_view_of_duckdb(unit, use));
}
