/* inner.h - what the files of this room share. */
#pragma once

#include "base/arena.h"
#include "base/yaml.h"
#include "catalog/catalog.h"

/* ---- parameters.c: "${{ name }}" ---- */

typedef struct {
    GHashTable *values; /* name -> value */
    GHashTable *used;   /* names that some document asked for */
} Parameters;

void parameters_init(Parameters *parameters, const char *const *sets, Diags *diags);
void parameters_clear(Parameters *parameters);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Parameters, parameters_clear)
/* The value, noted as used; NULL when it was not set. */
const char *parameters_get(Parameters *parameters, const char *name);
/* The document with its parameters filled in; shares what has none. Unset ones go to `unset` (name -> first node). Bad
 * placeholders are findings. */
const YamlNode *parameters_fill(Parameters *parameters, const YamlNode *node, Arena *arena,
                                const char *file, GHashTable *unset, Diags *diags);
/* An error for each value that nothing asked for. */
void parameters_check_used(const Parameters *parameters, Diags *diags);

/* ---- check.c: the shape of an entity ---- */

/* Findings for all that is wrong with one document; false when any of them is an error. */
bool entity_check(const YamlNode *root, const char *file, Diags *diags);

/* ---- migration.c ---- */

/* Fill what a migration leaves out: from parameters, annotations, the order of dependsOn, defaults; then say what is
 * missing still. False when something is. */
bool migration_complete(json_t *entity, const YamlNode *root, const char *file,
                        Parameters *parameters, Diags *diags);
bool migration_is(const json_t *entity);

/* ---- catalog.c ---- */

#define CATALOG_FILES_MAX 100000
#define CATALOG_ENTITIES_MAX 500000

struct Catalog {
    GPtrArray *entities; /* Entity * */
    GHashTable *by_ref;  /* ref -> Entity *, borrowed */
    GHashTable
        *relations; /* ref -> GPtrArray of Relation *, seen from that ref; made at first use */
};

Catalog *catalog_new(void);
/* False, with a finding, when the ref is there already. */
bool catalog_add(Catalog *catalog, Entity *take_entity, const YamlNode *place, Diags *diags);

/* ---- relations.c ---- */

typedef enum { FLOW_NONE, FLOW_OUT, FLOW_IN } Flow;
/* Does data flow along the relation: from its source to its target (OUT), or against it (IN)? */
Flow relation_flow(const char *type);
/* For annotations: comma separated refs, short ones are resources. NULL-terminated array of trimmed texts. */
char **refs_split(const char *text);
