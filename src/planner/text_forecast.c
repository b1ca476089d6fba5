/* text_forecast.c - what the trial of some rows says, for whoever is asked to say yes. */
#include "base/text.h"
#include "planner/forecast.h"

static char *
guess_text(const json_t *guess, char *(*text)(int64_t))
{
    return text(json_get_int(guess, "about", 0));
}

/* "12 to 40", or nothing where there is nothing to guess. Caller frees. */
static char *
bounds_text(const json_t *guess, char *(*text)(int64_t))
{
    int64_t low = json_get_int(guess, "low", 0), high = json_get_int(guess, "high", 0);
    if (low == high)
        return g_strdup("");
    g_autofree char *from = text(low), *to = text(high);
    return g_strdup_printf("%s to %s", from, to);
}

static void
print_how(TextPage *page, const json_t *forecast)
{
    g_autofree char *rows = text_count(json_get_int(forecast, "rows", 0));
    g_autofree char *read = text_count(json_get_int(forecast, "rows_read", 0));
    int64_t parts = json_get_int(forecast, "parts", 0);
    if (json_get_bool(forecast, "whole", false))
        page_say(page, STYLE_PLAIN, "  ", "all %s rows were read and mapped; nothing was written",
                 rows);
    else
        page_say(page, STYLE_PLAIN, "  ",
                 "%s of %s rows, in %d place%s, were read and mapped; nothing was written. The "
                 "bounds hold 95 times of 100, unless what does not fit lies all in one place",
                 read, rows, (int) parts, parts == 1 ? "" : "s");
}

static void
print_reasons(TextPage *page, const json_t *forecast)
{
    json_t *reason;
    size_t i;
    json_array_foreach(json_object_get(forecast, "reasons"), i, reason)
    {
        const char *column = json_get_string(reason, "column", NULL);
        int64_t count = json_get_int(reason, "rows", 0);
        g_autofree char *rows = text_count(count);
        page_say(page, STYLE_YELLOW, "  ! ", "%s%s%s row%s: %s", column != NULL ? column : "",
                 column != NULL ? ", " : "", rows, count == 1 ? "" : "s",
                 json_get_string(reason, "reason", ""));
    }
}

static void
print_budget(TextPage *page, const json_t *forecast, int64_t allowed)
{
    const json_t *rejected = json_object_get(forecast, "rejected");
    bool none_fits = json_get_int(rejected, "low", 0) > 0 &&
                     json_get_int(json_object_get(forecast, "rows_out"), "high", 0) == 0;
    g_autofree char *budget = text_count(allowed);
    if (none_fits)
        page_say(page, STYLE_RED, "  ! ",
                 "no row that was read fits: where none does, it stops, unless the mapping's "
                 "`quarantine` says "
                 "how many may be put aside");
    else if (json_get_int(rejected, "low", 0) > allowed)
        page_say(page, STYLE_RED, "  ! ", "that is more than may be put aside (%s): it would stop",
                 budget);
    else if (json_get_int(rejected, "high", 0) > allowed)
        page_say(page, STYLE_YELLOW, "  ! ",
                 "that may be more than may be put aside (%s), at which it stops", budget);
}

void
forecast_print(TextPage *page, const json_t *forecast, int64_t rejects_allowed)
{
    static const struct {
        const char *words, *member;
        char *(*text)(int64_t);
    } lines[] = {{"written", "rows_out", text_count},
                 {"put aside", "rejected", text_count},
                 {"bytes", "bytes", text_bytes}};
    const char *problem = json_get_string(forecast, "problem", NULL);
    g_autoptr(TextTable) table = text_table_new(3);

    if (forecast == NULL)
        return;
    page_heading(page, "Forecast");
    if (problem != NULL) {
        page_say(page, STYLE_YELLOW, "  ! ", "none: %s", problem);
        return;
    }
    print_how(page, forecast);
    for (size_t i = 0; i < G_N_ELEMENTS(lines); i++) {
        const json_t *guess = json_object_get(forecast, lines[i].member);
        g_autofree char *about = guess_text(guess, lines[i].text);
        g_autofree char *bounds = bounds_text(guess, lines[i].text);
        text_table_row(table, STYLE_PLAIN, (const char *[]){lines[i].words, about, bounds});
    }
    text_table_print(table, page, 2);
    print_reasons(page, forecast);
    print_budget(page, forecast, rejects_allowed);
}
