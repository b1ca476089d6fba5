/*
 * config_fleet.h - the part of honk.yaml about services: where they run, what they are, how they are
 * rolled out. docs/formats/honk-yaml.md has every key with its default.
 *
 *   fleet:
 *     targets:
 *       here: { driver: processes, path: .honk/fleet }
 *     services:
 *       player:
 *         target: here
 *         repository: "acme:player"
 *         command: [ python3, service.py ]
 *         instances: 3
 *         health: /healthz
 *         datasets: { USERS: users-v1 }
 *         environment: { DATABASE: ./data/listening.db }
 *     groups:
 *       listening: { strategy: canary, max_instances: 2, steps: [ 1, "50%", "100%" ], bake: 3s }
 */
#pragma once

#include "base/json.h"

#define FLEET_INSTANCES_MAX 500

typedef struct {
    char *name;
    char *driver;
    json_t *settings; /* object with all but `driver`; "path" is absolute */
} FleetTargetConfig;

typedef struct {
    char *name, *target;
    char *repository; /* its code: "acme:player"; NULL: the command stands alone */
    char **command;
    char *health; /* path that answers 200 */
    int instances;
    json_t *datasets;   /* {variable: dataset, as the catalog calls it}: before any migration */
    char **environment; /* "NAME=value" */
    int64_t drain_ms;   /* out of the traffic, before it is told to end */
    int64_t grace_ms;   /* to end, before it is killed */
    int64_t check_ms;   /* an answer that takes longer is none */
} ServiceConfig;

typedef struct {
    char *name;
    json_t *spec;  /* as rollout/spec.h reads it; absent members have their defaults */
    json_t *waves; /* [{"count" | "percent"}] of all services of a plan */
    int queue;     /* rollouts that may wait for this group */
} GroupConfig;

typedef struct {
    GPtrArray *targets;  /* FleetTargetConfig *, in the file's order */
    GPtrArray *services; /* ServiceConfig * */
    GPtrArray *groups;   /* GroupConfig * */
} FleetConfig;

void fleet_config_init(FleetConfig *fleet);
void fleet_config_clear(FleetConfig *fleet);

/* How a service can be rolled out: rollout/strategy.c has what they mean. NULL-terminated. */
extern const char *const fleet_strategies[];

/* NULL when absent. */
const FleetTargetConfig *fleet_config_target(const FleetConfig *fleet, const char *name);
const ServiceConfig *fleet_config_service(const FleetConfig *fleet, const char *name);
const GroupConfig *fleet_config_group(const FleetConfig *fleet, const char *name);
