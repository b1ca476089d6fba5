/*
 * plan_text.h - the sections of a plan's text, which share what it is written from.
 */
#pragma once

#include "model/plan.h"
#include "planner/text_table.h"

typedef struct {
    const Plan *plan;
    const json_t *json, *seen, *state; /* the plan, its observations, the migration (may be NULL) */
    TextPage page;
} Report;

/* A text of the plan by its path ("source.url"); "" where there is none. */
const char *plan_string(const Report *report, const char *path);
/* "s", but for one. */
const char *plural(size_t count);
bool step_is_irreversible(const Step *step);

/* What becomes of rows that are written while others are copied, and after the swap. */
void print_rows(Report *report);
/* Each step beside its way back, with the line after which there is none. */
void print_steps(Report *report);
/* What makes the plan stale. */
void print_guards(Report *report);
/* What exactly is approved, and by whom. */
void print_approval(Report *report);
