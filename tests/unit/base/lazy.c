/* Libraries that are loaded when they are first needed. */
#include "base/lazy.h"

#include "base/libcurl.h"
#include "driver/postgres/libpq.h"
#include "server/libmicrohttpd.h"

#include <string.h>

static void
a_library_that_is_not_there_is_an_error_with_its_name(void)
{
    LazyLibrary library = {.file = "libnobody-has-this.so.7"};
    g_autoptr(GError) error = NULL;
    g_assert_false(lazy_load(&library, &error));
    g_assert_true(error_is(error, ERR_UNSUPPORTED));
    g_assert_nonnull(strstr(error->message, "'libnobody-has-this.so.7' is needed for this"));
}

/* Each by a function whose answer shows that the call got through. */
static void
those_that_we_use_are_there_and_answer(void)
{
    for (int i = 0; i < 2; i++) {
        g_assert_true(libcurl_load(NULL));
        g_assert_true(libmicrohttpd_load(NULL));
        g_assert_true(libpq_load(NULL));
        g_assert_cmpstr(curl_version_info(CURLVERSION_NOW)->version, >=, "7");
        g_assert_cmpstr(MHD_get_version(), >=, "0.9");
        g_assert_cmpint(PQlibVersion(), >=, 150000);
    }
}

/* Options of each type go through a function of ours with as many types. */
static void
an_option_of_each_type_reaches_the_library(void)
{
    g_assert_true(libcurl_load(NULL));
    CURL *curl = curl_easy_init();
    char *seen = NULL;
    g_assert_cmpint(curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, 7L), ==, CURLE_OK);
    g_assert_cmpint(curl_easy_setopt(curl, CURLOPT_URL, "http://127.0.0.1:1"), ==, CURLE_OK);
    g_assert_cmpint(curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, NULL), ==, CURLE_OK);
    g_assert_cmpint(curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t) 1 << 40), ==,
                    CURLE_OK);
    g_assert_cmpint(curl_easy_setopt(curl, CURLOPT_MAXFILESIZE_LARGE, (curl_off_t) -1), ==,
                    CURLE_BAD_FUNCTION_ARGUMENT);
    curl_easy_getinfo(curl, CURLINFO_EFFECTIVE_URL, &seen);
    g_assert_cmpstr(seen, ==, "http://127.0.0.1:1");
    curl_easy_cleanup(curl);
}

int
main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/lazy/a_library_that_is_not_there_is_an_error_with_its_name",
                    a_library_that_is_not_there_is_an_error_with_its_name);
    g_test_add_func("/lazy/those_that_we_use_are_there_and_answer",
                    those_that_we_use_are_there_and_answer);
    g_test_add_func("/lazy/an_option_of_each_type_reaches_the_library",
                    an_option_of_each_type_reaches_the_library);
    return g_test_run();
}
