/* code_prove.c - see code_prove.h. */
#include "cli/code_prove.h"

#include "change/generated.h"
#include "cli/address.h"

#include <string.h>

#define GENERATED "generated" /* --prove generated */

struct CodeProver {
    View *view;
    bool generates; /* then only `made` and `count` are used */
    GeneratedSpec made;
    Address address;
    Conn *conn;
    Schema *schema;
    Program *program;
    char *target; /* the last part of the mapping's name */
    const char **aliases;
    QueryWorld world;
};

void
code_prover_free(CodeProver *prover)
{
    if (prover == NULL)
        return;
    program_free(prover->program);
    schema_free(prover->schema);
    conn_close(prover->conn);
    address_clear(&prover->address);
    g_free(prover->target);
    g_free(prover->aliases);
    g_free(prover);
}

/* Code on one store names a dataset by the last part of its name. */
static const char *
last_part(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot != NULL ? dot + 1 : name;
}

static void
take_names(CodeProver *prover, const Mapping *mapping)
{
    const GPtrArray *aliases = mapping_aliases(mapping);
    prover->aliases = g_new0(const char *, aliases->len + 2);
    for (guint i = 0; i < aliases->len; i++)
        prover->aliases[i] = aliases->pdata[i];
    prover->aliases[aliases->len] = last_part(mapping_source(mapping));
    prover->target = g_strdelimit(g_strdup(last_part(mapping_target(mapping))), "-", '_');
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
                     error))
        return false;
    take_names(prover, mapping);
    prover->world = (QueryWorld){.conn = prover->conn,
                                 .source = prover->address.object,
                                 .target = prover->target,
                                 .aliases = prover->aliases,
                                 .program = prover->program,
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
show_proof(const CodeProver *prover, const json_t *proof)
{
    if (strcmp(json_get_string(proof, "verdict", ""), "different") == 0 && !prover->view->json)
        view_tone(prover->view, TONE_BAD, "%s:%d: other rows: %s",
                  json_get_string(proof, "path", ""), (int) json_get_int(proof, "line", 0),
                  json_get_string(proof, "text", ""));
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
    json_array_foreach(proofs, i, proof) show_proof(prover, proof);
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
        count->generated = MAX(count->generated, json_get_int(one, "generated", 0));
    }
}
