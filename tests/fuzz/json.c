/* json.c - JSON that is accepted survives its own text: one value, one canonical spelling. */
#include "target.h"

#include "base/json.h"

#include <string.h>

static void
check_canonical(const json_t *value)
{
    g_autofree char *text = NULL, *again = NULL;
    if (!json_canonical(value, &text, NULL))
        return;
    g_autoptr(json_t) reread = NULL;
    bool ok = json_parse(text, strlen(text), "canonical", &reread, NULL) &&
              json_canonical(reread, &again, NULL);
    g_assert(ok);
    g_assert(strcmp(text, again) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t bytes)
{
    g_autoptr(json_t) value = NULL;
    g_autoptr(GError) error = NULL;
    if (!json_parse((const char *) data, bytes, "input", &value, &error)) {
        g_assert(error != NULL && value == NULL);
        return 0;
    }
    check_canonical(value);
    return 0;
}
