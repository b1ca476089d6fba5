/*
 * text_steps.c - a plan's steps, for the person who is asked to say yes: what each does to the world, and its way back.
 */
#include "planner/plan_text.h"

/* What a step does to the world, as one sign. */
static const char *
step_sign(const Step *step)
{
    switch (step->action->id) {
    case ACTION_STAGE:
    case ACTION_TRANSFORM:
    case ACTION_COPY:
        return "+";
    case ACTION_REWRITE:
    case ACTION_FREEZE:
    case ACTION_WATCH:
    case ACTION_MIRROR:
    case ACTION_BUILDS:
    case ACTION_PROPOSE:
    case ACTION_ROLLOUT:
        return "~";
    case ACTION_SWAP:
        return "±";
    case ACTION_SETTLE:
    case ACTION_RETIRE:
        return "-";
    case ACTION_PLAN:
    case ACTION_PREFLIGHT:
    case ACTION_VALIDATE:
    case ACTION_COMPARE:
    case ACTION_COUNT:
        break;
    }
    return " ";
}

bool
step_is_irreversible(const Step *step)
{
    return step->action->reverse == REVERSE_IMPOSSIBLE;
}

void
print_steps(Report *report)
{
    g_autoptr(TextTable) table = text_table_new(5);
    bool crossed = false;

    page_heading(&report->page, "Steps");
    text_table_row(table, STYLE_DIM, (const char *[]){"", "", "step", "does", "way back"});
    for (guint i = 0; i < report->plan->steps->len; i++) {
        const Step *step = report->plan->steps->pdata[i];
        g_autofree char *number = g_strdup_printf("%u", i + 1);
        if (step_is_irreversible(step) && !crossed) {
            text_table_line(table, STYLE_RED, "point of no return: the end of the rollback window");
            crossed = true;
        }
        text_table_row(
            table, step_is_irreversible(step) ? STYLE_RED : STYLE_PLAIN,
            (const char *[]){number, step_sign(step), step->name, step->text, step->reverse_text});
    }
    if (!crossed)
        text_table_line(table, STYLE_PLAIN, "point of no return: none");
    text_table_print(table, &report->page, 2);
}
