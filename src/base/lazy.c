/* lazy.c - see lazy.h. */
#include "base/lazy.h"

#include <dlfcn.h>
#include <string.h>

bool
lazy_load(LazyLibrary *library, GError **error)
{
    if (atomic_load(&library->handle) != NULL)
        return true;
    /* Two threads at once get the same handle; it is never given back. */
    void *handle = dlopen(library->file, RTLD_LAZY | RTLD_LOCAL);
    if (handle == NULL)
        return fail(error, ERR_UNSUPPORTED, "the library '%s' is needed for this: %s",
                    library->file, dlerror());
    atomic_store(&library->handle, handle);
    return true;
}

LazyFunction
lazy_find(LazyLibrary *library, _Atomic(LazyFunction) *found, const char *name)
{
    LazyFunction function = atomic_load_explicit(found, memory_order_acquire);
    if (function != NULL)
        return function;
    g_autoptr(GError) error = NULL;
    void *symbol = NULL;
    if (!lazy_load(library, &error))
        g_error("%s", error->message);
    symbol = dlsym(atomic_load(&library->handle), name);
    if (symbol == NULL)
        g_error("the library '%s' has no %s", library->file, name);
    memcpy(&function, &symbol, sizeof(function)); /* POSIX lets them be the same; C does not */
    atomic_store_explicit(found, function, memory_order_release);
    return function;
}
