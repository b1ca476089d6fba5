/*
 * checks.c - what keeps other checks and failures from being heard, and code that reaches for more than the move needs:
 * other programs, the network, the environment, files and tables that go.
 */
#include "gate/inside.h"

/* More of these than before; `before` and `after` are forms of the two texts. */
static void
look_for(const Gate *gate, const char *before, const char *after, const char *const *marks,
         const char *code, const char *why)
{
    int was = marks_count(before, marks), is = marks_count(after, marks);
    if (is > was)
        gate_say(gate, code, marks_line(gate->after, after, marks, was), "%s", why);
}

void
rule_checks(const Gate *gate)
{
    static const char silent[] =
        "a check or a failure is told to be silent here; mend its cause instead";
    look_for(gate, gate->before->text, gate->after->text, marks_silent_words, "check-disabled",
             silent);
    look_for(gate, gate->before->plain, gate->after->plain, marks_silent_code, "check-disabled",
             silent);
    look_for(gate, gate->before->plain, gate->after->plain, marks_reaches, "reaches-out",
             "a move needs no other program, no network, no environment, and takes nothing away; "
             "leave this out");
}
