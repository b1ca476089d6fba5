/* limits_seed.h - what honk.yaml's `limits:` says, for resources that have no limit yet. */
#pragma once

#include "server/context.h"

/* Submits commands; what somebody changed while running stays. Loop thread, before serving. */
CHECKED bool limits_seed(Server *server, GError **error);
