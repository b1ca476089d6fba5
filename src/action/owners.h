/* owners.h - who owns the files that a repository's change edits: asked for a review, and named in what people read. */
#pragma once

#include "action/proposal.h"

#define OWNERS_MAX 10 /* more who are asked are nobody who feels asked */

/* By the catalog, then by CODEOWNERS of the default branch, for each file of our commit: "@ada", "@acme/identity",
 * "ada@acme.example", each once. Empty where honk.yaml wants nobody to be asked. Caller unrefs. */
CHECKED bool owners_of_change(const Proposal *proposal, GPtrArray **ret, GError **error);
/* The same of a commit in the making, by CODEOWNERS of the commit that it stands on, where there will be no pull request that asks or
 * names them: its message does. A list of texts; NULL where one asks. Caller owns. */
CHECKED bool owners_to_name(const CodePlace *place, const Look *look, json_t **ret, GError **error);
