/* libpq.c - see libpq.h. */
#include "driver/postgres/libpq.h"

#include "base/lazy.h"

static LazyLibrary library = {.file = "libpq.so.5"};

bool
libpq_load(GError **error)
{
    return lazy_load(&library, error);
}

/* clang-format off */
LAZY_FUNCTION(library, int, PQlibVersion, (void), ())
LAZY_FUNCTION(library, PGconn *, PQconnectdbParams,
    (const char *const *keywords, const char *const *values, int expands), (keywords, values, expands))
LAZY_PROCEDURE(library, PQreset, (PGconn *conn), (conn))
LAZY_FUNCTION(library, PGVerbosity, PQsetErrorVerbosity, (PGconn *conn, PGVerbosity verbosity), (conn, verbosity))
LAZY_FUNCTION(library, PQnoticeReceiver, PQsetNoticeReceiver,
    (PGconn *conn, PQnoticeReceiver receiver, void *user), (conn, receiver, user))
LAZY_FUNCTION(library, ConnStatusType, PQstatus, (const PGconn *conn), (conn))
LAZY_FUNCTION(library, PGTransactionStatusType, PQtransactionStatus, (const PGconn *conn), (conn))
LAZY_FUNCTION(library, char *, PQerrorMessage, (const PGconn *conn), (conn))
LAZY_PROCEDURE(library, PQfinish, (PGconn *conn), (conn))
LAZY_FUNCTION(library, char *, PQdb, (const PGconn *conn), (conn))
LAZY_FUNCTION(library, char *, PQhost, (const PGconn *conn), (conn))
LAZY_FUNCTION(library, char *, PQuser, (const PGconn *conn), (conn))
LAZY_FUNCTION(library, int, PQsocket, (const PGconn *conn), (conn))
LAZY_FUNCTION(library, int, PQserverVersion, (const PGconn *conn), (conn))
LAZY_FUNCTION(library, const char *, PQparameterStatus, (const PGconn *conn, const char *name), (conn, name))
LAZY_FUNCTION(library, PQconninfoOption *, PQconninfoParse, (const char *text, char **problem), (text, problem))
LAZY_PROCEDURE(library, PQconninfoFree, (PQconninfoOption *options), (options))
LAZY_FUNCTION(library, PGcancel *, PQgetCancel, (PGconn *conn), (conn))
LAZY_FUNCTION(library, int, PQbackendPID, (const PGconn *conn), (conn))
LAZY_FUNCTION(library, int, PQcancel, (PGcancel *cancel, char *text, int bytes), (cancel, text, bytes))
LAZY_PROCEDURE(library, PQfreeCancel, (PGcancel *cancel), (cancel))
LAZY_FUNCTION(library, int, PQsetnonblocking, (PGconn *conn, int is_wanted), (conn, is_wanted))
LAZY_FUNCTION(library, int, PQsetClientEncoding, (PGconn *conn, const char *encoding), (conn, encoding))
LAZY_FUNCTION(library, int, PQflush, (PGconn *conn), (conn))
LAZY_FUNCTION(library, int, PQsendQuery, (PGconn *conn, const char *query), (conn, query))
LAZY_FUNCTION(library, int, PQsendQueryParams,
    (PGconn *conn, const char *query, int count, const Oid *types, const char *const *values, const int *bytes, const int *formats, int format),
    (conn, query, count, types, values, bytes, formats, format))
LAZY_FUNCTION(library, int, PQsetSingleRowMode, (PGconn *conn), (conn))
LAZY_FUNCTION(library, PGresult *, PQprepare,
    (PGconn *conn, const char *name, const char *query, int count, const Oid *types), (conn, name, query, count, types))
LAZY_FUNCTION(library, PGresult *, PQdescribePrepared, (PGconn *conn, const char *name), (conn, name))
LAZY_FUNCTION(library, PGresult *, PQgetResult, (PGconn *conn), (conn))
LAZY_FUNCTION(library, int, PQconsumeInput, (PGconn *conn), (conn))
LAZY_FUNCTION(library, int, PQisBusy, (PGconn *conn), (conn))
LAZY_FUNCTION(library, ExecStatusType, PQresultStatus, (const PGresult *result), (result))
LAZY_FUNCTION(library, char *, PQresultErrorField, (const PGresult *result, int code), (result, code))
LAZY_FUNCTION(library, char *, PQcmdStatus, (PGresult *result), (result))
LAZY_FUNCTION(library, char *, PQcmdTuples, (PGresult *result), (result))
LAZY_FUNCTION(library, int, PQntuples, (const PGresult *result), (result))
LAZY_FUNCTION(library, int, PQnfields, (const PGresult *result), (result))
LAZY_FUNCTION(library, int, PQnparams, (const PGresult *result), (result))
LAZY_FUNCTION(library, char *, PQfname, (const PGresult *result, int column), (result, column))
LAZY_FUNCTION(library, Oid, PQftype, (const PGresult *result, int column), (result, column))
LAZY_FUNCTION(library, int, PQfmod, (const PGresult *result, int column), (result, column))
LAZY_FUNCTION(library, char *, PQgetvalue, (const PGresult *result, int row, int column), (result, row, column))
LAZY_FUNCTION(library, int, PQgetlength, (const PGresult *result, int row, int column), (result, row, column))
LAZY_FUNCTION(library, int, PQgetisnull, (const PGresult *result, int row, int column), (result, row, column))
LAZY_PROCEDURE(library, PQclear, (PGresult *result), (result))
LAZY_FUNCTION(library, int, PQgetCopyData, (PGconn *conn, char **buffer, int async), (conn, buffer, async))
LAZY_FUNCTION(library, int, PQputCopyData, (PGconn *conn, const char *buffer, int bytes), (conn, buffer, bytes))
LAZY_FUNCTION(library, int, PQputCopyEnd, (PGconn *conn, const char *problem), (conn, problem))
LAZY_PROCEDURE(library, PQfreemem, (void *memory), (memory))
/* clang-format on */
