/*
 * called.h - what groups and users of the catalog are called on the hosts of honk.yaml, so that those whom CODEOWNERS names are the owners
 * whom the catalog knows.
 */
#pragma once

#include "model/config.h"
#include "store/db.h"

/* {"acme": {"@acme/identity": "group:default/identity", "@ada": "user:default/ada"}}: for the repositories `acme`, names in small letters.
 * By the annotations that Backstage's own readers of hosts write: HOST/team-slug, HOST/team-path, HOST/user-login. A name that two
 * claim is nobody's. Caller owns. */
CHECKED bool called_on_hosts(Db *db, const Config *config, json_t **ret, GError **error);
