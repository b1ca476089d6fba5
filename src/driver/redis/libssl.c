/* libssl.c - see libssl.h. */
#include "driver/redis/libssl.h"

#include "base/lazy.h"

static LazyLibrary ssl_library = {.file = "libssl.so.3"};
static LazyLibrary crypto_library = {.file = "libcrypto.so.3"};

bool
libssl_load(GError **error)
{
    return lazy_load(&ssl_library, error) && lazy_load(&crypto_library, error);
}

/* clang-format off */
LAZY_FUNCTION(ssl_library, const SSL_METHOD *, TLS_client_method,
    (void), ())
LAZY_FUNCTION(ssl_library, SSL_CTX *, SSL_CTX_new,
    (const SSL_METHOD *method), (method))
LAZY_PROCEDURE(ssl_library, SSL_CTX_free,
    (SSL_CTX *ctx), (ctx))
LAZY_FUNCTION(ssl_library, long, SSL_CTX_ctrl,
    (SSL_CTX *ctx, int cmd, long larg, void *parg), (ctx, cmd, larg, parg))
LAZY_PROCEDURE(ssl_library, SSL_CTX_set_verify,
    (SSL_CTX *ctx, int mode, SSL_verify_cb callback), (ctx, mode, callback))
LAZY_FUNCTION(ssl_library, int, SSL_CTX_load_verify_file,
    (SSL_CTX *ctx, const char *file), (ctx, file))
LAZY_FUNCTION(ssl_library, int, SSL_CTX_set_default_verify_paths,
    (SSL_CTX *ctx), (ctx))
LAZY_FUNCTION(ssl_library, int, SSL_CTX_use_certificate_chain_file,
    (SSL_CTX *ctx, const char *file), (ctx, file))
LAZY_FUNCTION(ssl_library, int, SSL_CTX_use_PrivateKey_file,
    (SSL_CTX *ctx, const char *file, int type), (ctx, file, type))
LAZY_FUNCTION(ssl_library, SSL *, SSL_new,
    (SSL_CTX *ctx), (ctx))
LAZY_PROCEDURE(ssl_library, SSL_free,
    (SSL *ssl), (ssl))
LAZY_FUNCTION(ssl_library, long, SSL_ctrl,
    (SSL *ssl, int cmd, long larg, void *parg), (ssl, cmd, larg, parg))
LAZY_FUNCTION(ssl_library, int, SSL_set_fd,
    (SSL *ssl, int fd), (ssl, fd))
LAZY_FUNCTION(ssl_library, int, SSL_set1_host,
    (SSL *ssl, const char *host), (ssl, host))
LAZY_FUNCTION(ssl_library, int, SSL_connect,
    (SSL *ssl), (ssl))
LAZY_FUNCTION(ssl_library, int, SSL_read,
    (SSL *ssl, void *data, int bytes), (ssl, data, bytes))
LAZY_FUNCTION(ssl_library, int, SSL_write,
    (SSL *ssl, const void *data, int bytes), (ssl, data, bytes))
LAZY_FUNCTION(ssl_library, int, SSL_get_error,
    (const SSL *ssl, int result), (ssl, result))
LAZY_FUNCTION(ssl_library, int, SSL_shutdown,
    (SSL *ssl), (ssl))
LAZY_FUNCTION(ssl_library, long, SSL_get_verify_result,
    (const SSL *ssl), (ssl))
LAZY_FUNCTION(crypto_library, const char *, X509_verify_cert_error_string,
    (long result), (result))
LAZY_FUNCTION(crypto_library, unsigned long, ERR_get_error,
    (void), ())
LAZY_FUNCTION(crypto_library, const char *, ERR_reason_error_string,
    (unsigned long code), (code))
LAZY_PROCEDURE(crypto_library, ERR_clear_error,
    (void), ())
