/* portal.c - see portal.h. */
#include "server/portal.h"

#include "base/text.h"
#include "server/handlers.h"
#include "server/server.h"

#include <microhttpd.h>
#include <string.h>

/* Scripts, styles and data come from here and from nowhere else; nothing that a page shows can become a script. */
static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'";

static const PortalFile *
portal_find(const char *name)
{
    for (const PortalFile *file = portal_files; file->name != NULL; file++) {
        if (strcmp(file->name, name) == 0)
            return file;
    }
    return NULL;
}

bool
server_has_portal(void)
{
    return portal_files[0].name != NULL;
}

/* "gzip, deflate, br;q=0" names gzip, and not br. */
static bool
takes_coding(const Request *request, const char *coding)
{
    const char *header = request_header(request, MHD_HTTP_HEADER_ACCEPT_ENCODING);
    g_auto(GStrv) items = g_strsplit(header != NULL ? header : "", ",", 20);
    for (char **item = items; *item != NULL; item++) {
        g_auto(GStrv) parts = g_strsplit(*item, ";", 2);
        if (g_ascii_strcasecmp(g_strstrip(parts[0]), coding) != 0)
            continue;
        const char *weight = parts[1] != NULL ? g_strstrip(parts[1]) : "q=1";
        return !g_str_has_prefix(weight, "q=") || g_ascii_strtod(weight + 2, NULL) > 0;
    }
    return false;
}

bool
portal_answer(Request *request, const char *name)
{
    const PortalFile *file = portal_find(name);
    Reply *reply = &request->reply;
    if (file == NULL)
        return false;

    const char *known = request_header(request, MHD_HTTP_HEADER_IF_NONE_MATCH);
    bool is_brotli = file->brotli.bytes != NULL && takes_coding(request, "br");
    bool is_gzip = !is_brotli && file->gzip.bytes != NULL && takes_coding(request, "gzip");
    reply->file = file;
    reply->content_type = file->type;
    reply->cache =
        strcmp(name, "index.html") == 0 ? "no-cache" : "public, max-age=31536000, immutable";
    if (known != NULL && strstr(known, file->etag) != NULL) {
        reply->status = MHD_HTTP_NOT_MODIFIED;
        return true;
    }
    reply->coding = is_brotli ? "br" : is_gzip ? "gzip" : NULL;
    reply->constant = is_brotli ? &file->brotli : is_gzip ? &file->gzip : &file->plain;
    return true;
}

void
portal_guard(struct MHD_Response *response, const PortalFile *file)
{
    static const struct {
        const char *name, *value;
    } always[] = {
        {"X-Content-Type-Options", "nosniff"},
        {"X-Frame-Options", "DENY"},
        {"Referrer-Policy", "no-referrer"},
        {"Cross-Origin-Resource-Policy", "same-origin"},
    };
    for (size_t i = 0; i < G_N_ELEMENTS(always); i++)
        MHD_add_response_header(response, always[i].name, always[i].value);
    MHD_add_response_header(response, "Content-Security-Policy",
                            file != NULL ? policy : "default-src 'none'; frame-ancestors 'none'");
    if (file == NULL)
        return;
    MHD_add_response_header(response, "Cross-Origin-Opener-Policy", "same-origin");
    MHD_add_response_header(response, MHD_HTTP_HEADER_ETAG, file->etag);
    MHD_add_response_header(response, MHD_HTTP_HEADER_VARY, "Accept-Encoding");
}

bool
handle_asset(Request *request, GError **error)
{
    if (portal_answer(request, request->params[0]))
        return true;
    g_autofree char *shown = text_printable(request->params[0]);
    return fail(error, ERR_NOT_FOUND, "the portal has no file '%s': load its page again", shown);
}
