/* code_prove.c - see code_prove.h. */
#include "cli/code_prove.h"

#include "change/generated.h"
#include "cli/address.h"

#include <string.h>

#define GENERATED "generated" /* --prove generated */
#define NOT_RUN_SHOWN_MAX 20  /* the reasons are few; --json has all */

struct CodeProver {
    View *view;
    bool generates; /* then only `made` and `count` are used */
    GeneratedSpec made;
    Address address;
    Conn *conn;
    Schema *schema;
    Program *program;
    QueryNames names;
    QueryRows rows;
    QueryWorld world;
    int not_run_shown;
};

void
code_prover_free(CodeProver *prover)
{
    if (prover == NULL)
        return;
    query_rows_clear(&prover->rows);
    program_free(prover->program);
    schema_free(prover->schema);
    conn_close(prover->conn);
    address_clear(&prover->address);
    query_names_clear(&prover->names);
    g_free(prover);
}

static bool
open_data(CodeProver *prover, Invocation *call, const Mapping *mapping, bool propagates,
          GError **error)
{
    const char *dataset = invocation_option(call, "prove");
    if (!address_find(call, dataset, false, &prover->address, error) ||
        !address_open(&prover->address, false, &prover->conn, &prover->schema, error))
        return false;
    if (!conn_can_query(prover->conn))
        return fail(error, ERR_UNSUPPORTED,
                    "--prove '%s': store '%s' (%s) runs no queries; '--prove " GENERATED
                    "' makes rows up",
                    dataset, prover->conn->store, prover->conn->driver->name);
    if (!program_new(mapping, prover->schema, NULL, conn_has_sql(prover->conn), &prover->program,
                     error) ||
        !query_rows_find(prover->conn, prover->address.object, prover->program, QUERY_SAMPLE_ROWS,
                         &prover->rows, error))
        return false;
    query_names_init(&prover->names, mapping_source(mapping), mapping_target(mapping),
                     mapping_aliases(mapping));
    query_names_add_old(&prover->names, prover->address.object);
    prover->world = (QueryWorld){.conn = prover->conn,
                                 .object = prover->address.object,
                                 .names = &prover->names,
                                 .program = prover->program,
                                 .rows = &prover->rows,
                                 .propagates = propagates};
    return true;
}

bool
code_prover_open(Invocation *call, const Mapping *mapping, const RewriteOptions *options,
                 CodeProver **ret, GError **error)
{
    *ret = NULL;
    if (!invocation_has(call, "prove"))
        return true;
    g_autoptr(CodeProver) prover = g_new0(CodeProver, 1);
    prover->view = call->view;
    prover->generates = strcmp(invocation_option(call, "prove"), GENERATED) == 0;
    prover->made = (GeneratedSpec){.mapping = mapping,
                                   .columns = options->columns,
                                   .types = options->columns != NULL ? code_schema_types : NULL,
                                   .columns_data = options->columns_data,
                                   .dialect = options->dialect,
                                   .propagates = options->propagates};
    if (!prover->generates && !open_data(prover, call, mapping, options->propagates, error))
        return false;
    *ret = g_steal_pointer(&prover);
    return true;
}

static void
show_proof(CodeProver *prover, const json_t *proof)
{
    const char *verdict = json_get_string(proof, "verdict", ""),
               *path = json_get_string(proof, "path", ""),
               *text = json_get_string(proof, "text", "");
    int line = (int) json_get_int(proof, "line", 0);
    if (strcmp(verdict, "different") == 0)
        view_tone(prover->view, TONE_BAD, "%s:%d: other rows: %s", path, line, text);
    else if (strcmp(verdict, "not_run") == 0 && prover->not_run_shown++ < NOT_RUN_SHOWN_MAX)
        view_tone(prover->view, TONE_DIM, "%s:%d: cannot be run: %s", path, line, text);
}

bool
code_prove(CodeProver *prover, const CodeFile *file, json_t **ret_proofs, bool *ret_differs,
           GError **error)
{
    size_t bytes = 0, i;
    g_autofree char *after = rewrite_apply(file->rewrite, file->text, file->bytes, &bytes);
    json_t *proofs = json_array(), *proof;
    ProofCount count = {0};
    *ret_proofs = proofs;
    bool is_sql = strcmp(file->rewrite->language, "sql") == 0;
    bool done = !is_sql ? true
                : prover->generates
                    ? generated_prove(&prover->made, file->path, file->text, after, proofs, error)
                    : queries_prove(&prover->world, file->path, file->text, after, proofs, error);
    if (!done)
        return false;
    json_array_foreach(proofs, i, proof) if (!prover->view->json) show_proof(prover, proof);
    code_proofs_count(proofs, &count);
    *ret_differs = count.different > 0;
    return true;
}

void
code_proofs_count(const json_t *proofs, ProofCount *count)
{
    const json_t *one;
    size_t i;
    json_array_foreach(proofs, i, one)
    {
        const char *verdict = json_get_string(one, "verdict", "");
        count->same += strcmp(verdict, "same") == 0;
        count->different += strcmp(verdict, "different") == 0;
        count->not_run += strcmp(verdict, "not_run") == 0;
        count->refused = MAX(count->refused, json_get_int(one, "refused", 0));
        count->generated = MAX(count->generated, json_get_int(one, "generated", 0));
    }
}
