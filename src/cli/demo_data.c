/* demo_data.c - invented listeners and what they played. */
#include "cli/demo_data.h"

#include <glib/gstdio.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#define DEMO_SEED 20231123   /* any number, but always this one */
#define DEMO_TICK_ROWS 20000 /* a few times a second */
#define DEMO_ROWS_MARK "-- rows are written here"

static const char *const first_names[] = {
    "Ada",   "Bo",     "Chloé",  "Dário",  "Elif",  "Finn",   "Greta", "Håkon", "Ines",  "Jonas",
    "Katya", "Liam",   "Mei",    "Noor",   "Olga",  "Pedro",  "Quinn", "Rosa",  "Sven",  "Tuva",
    "Uma",   "Viktor", "Wanda",  "Ximena", "Yusuf", "Zoë",    "André", "Björn", "Ciara", "Dmitri",
    "Emre",  "Fatima", "Giulia", "Hana",   "Ivo",   "Jürgen", "Kofi",  "Lena",  "Mats",  "Nneka",
};
static const char *const last_names[] = {
    "Andersson", "Brown",        "Costa",    "Dubois",        "Eriksen",   "Fischer", "García",
    "Haddad",    "Ivanova",      "Johnson",  "Kowalski",      "Lindqvist", "Müller",  "Nakamura",
    "O'Neil",    "Papadopoulos", "Quist",    "Rossi",         "Şahin",     "Taylor",  "Urban",
    "van Dijk",  "Weber",        "Xu",       "Yılmaz",        "Zieliński", "Åkesson", "Björk",
    "Çelik",     "Díaz",         "Førde",    "Gunnarsdóttir", "Hernández", "Jansen",  "Khan",
    "Lefèvre",   "Moreau",       "Novák",    "Östlund",       "Petrov",    "Ramírez", "Smith",
    "Tanaka",    "Ueda",         "Virtanen", "Walsh",         "Yamamoto",  "Zhang",
};
static const char *const countries[] = {"SE", "UK", "DE", "US", "BR", "EL", "FR", "ES", "IT", "JP",
                                        "NO", "DK", "FI", "NL", "PL", "PT", "TR", "IN", "MX", "CA"};
static const char *const plans[] = {"free", "free", "free", "prem", "prem", "fam", "stud"};
static const char *const devices[] = {"ios", "android", "web", "tv", "car", NULL};
static const char *const month_names[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

typedef struct {
    sqlite3 *db;
    sqlite3_stmt *insert;
    uint64_t seed;
    int64_t done, all;
    DemoTick *tick;
    void *data;
} Maker;

/* SplitMix64: a counter, stirred. */
static uint64_t
chance(Maker *maker)
{
    uint64_t z = maker->seed += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static int64_t
chance_below(Maker *maker, int64_t limit)
{
    return (int64_t) (chance(maker) % (uint64_t) limit);
}

#define PICK(maker, list) ((list)[chance_below((maker), G_N_ELEMENTS(list))])

static bool
maker_fail(const Maker *maker, const char *deed, GError **error)
{
    ErrorCode code = sqlite3_errcode(maker->db) == SQLITE_FULL ? ERR_NO_SPACE : ERR_INTERNAL;
    return fail(error, code, "cannot %s the demo's data: %s", deed, sqlite3_errmsg(maker->db));
}

static bool
maker_exec(Maker *maker, const char *sql, GError **error)
{
    if (sqlite3_exec(maker->db, sql, NULL, NULL, NULL) != SQLITE_OK)
        return maker_fail(maker, "set up", error);
    return true;
}

static void
bind_text(Maker *maker, int at, const char *text)
{
    sqlite3_bind_text(maker->insert, at, text, -1, SQLITE_TRANSIENT); /* NULL binds NULL */
}

static int
days_in(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    return days[month - 1] + (month == 2 && leap);
}

static void
bind_user(Maker *maker, int64_t id)
{
    const char *first = PICK(maker, first_names), *last = PICK(maker, last_names);
    int year = 2009 + (int) chance_below(maker, 15), month = 1 + (int) chance_below(maker, 12);
    int day = 1 + (int) chance_below(maker, days_in(year, month));
    char email[64], created[48];
    snprintf(email, sizeof(email), "listener%" PRId64 "@mail.example", id);
    snprintf(created, sizeof(created), "%s %02d %04d", month_names[month - 1], day, year);
    sqlite3_bind_int64(maker->insert, 1, id);
    bind_text(maker, 2, first);
    bind_text(maker, 3, last);
    bind_text(maker, 4, email);
    bind_text(maker, 5, PICK(maker, countries));
    bind_text(maker, 6, created);
    if (chance_below(maker, 10) > 0)
        sqlite3_bind_int64(maker->insert, 7, 1940 + chance_below(maker, 70));
    else
        sqlite3_bind_null(maker->insert, 7);
    bind_text(maker, 8, PICK(maker, plans));
    if (year < 2012)
        sqlite3_bind_int64(maker->insert, 9, chance_below(maker, 2));
    else
        sqlite3_bind_null(maker->insert, 9);
}

/* The lesser of two chances: some listeners play a lot, most a little. */
static int64_t
some_listener(Maker *maker, int64_t users)
{
    int64_t a = chance_below(maker, users), b = chance_below(maker, users);
    return 1 + MIN(a, b);
}

static void
bind_stream(Maker *maker, int64_t id, int64_t users)
{
    int year = 2021 + (int) chance_below(maker, 4), month = 1 + (int) chance_below(maker, 12);
    int day = 1 + (int) chance_below(maker, days_in(year, month));
    int second = (int) chance_below(maker, 24 * 60 * 60);
    char track[24], started[96], build[32];
    snprintf(track, sizeof(track), "%06" PRIx64, chance(maker) % 0xFFFFFF);
    snprintf(started, sizeof(started), "%02d/%02d/%04d %02d:%02d:%02d", day, month, year,
             second / 3600, second / 60 % 60, second % 60);
    snprintf(build, sizeof(build), "%d.%d", year - 2015, month);
    sqlite3_bind_int64(maker->insert, 1, id);
    sqlite3_bind_int64(maker->insert, 2, some_listener(maker, users));
    bind_text(maker, 3, track);
    bind_text(maker, 4, started);
    sqlite3_bind_int64(maker->insert, 5, 1000 + chance_below(maker, 400000));
    bind_text(maker, 6, PICK(maker, devices));
    bind_text(maker, 7, chance_below(maker, 3) == 0 ? "yes" : "no");
    bind_text(maker, 8, build);
}

static bool
maker_step(Maker *maker, GError **error)
{
    int rc = sqlite3_step(maker->insert);
    sqlite3_reset(maker->insert);
    if (rc != SQLITE_DONE)
        return maker_fail(maker, "write", error);
    maker->done++;
    if (maker->tick != NULL && maker->done % DEMO_TICK_ROWS == 0 &&
        !maker->tick(maker->done, maker->all, maker->data))
        return fail(error, ERR_STOPPED, "stopped while writing the demo's data");
    return true;
}

static bool
maker_prepare(Maker *maker, const char *sql, GError **error)
{
    sqlite3_finalize(maker->insert);
    maker->insert = NULL;
    if (sqlite3_prepare_v2(maker->db, sql, -1, &maker->insert, NULL) != SQLITE_OK)
        return maker_fail(maker, "prepare", error);
    return true;
}

static bool
maker_rows(Maker *maker, DemoSize size, GError **error)
{
    if (!maker_prepare(maker, "INSERT INTO users_v1 VALUES (?,?,?,?,?,?,?,?,?)", error))
        return false;
    for (int64_t id = 1; id <= size.users; id++) {
        bind_user(maker, id);
        if (!maker_step(maker, error))
            return false;
    }
    if (!maker_prepare(maker, "INSERT INTO streams_v1 VALUES (?,?,?,?,?,?,?,?)", error))
        return false;
    for (int64_t id = 1; id <= size.streams; id++) {
        bind_stream(maker, id, size.users);
        if (!maker_step(maker, error))
            return false;
    }
    return true;
}

/* Tables first, rows, then indexes and the rest: an index is quicker built at once. */
static bool
maker_run(Maker *maker, const char *schema, DemoSize size, GError **error)
{
    const char *mark = strstr(schema, DEMO_ROWS_MARK);
    if (mark == NULL)
        return fail(error, ERR_INVALID, "the demo's schema has no line '%s'", DEMO_ROWS_MARK);
    g_autofree char *tables = g_strndup(schema, (size_t) (mark - schema));
    /* Half a file is thrown away, so nothing needs to survive a crash before the last line. */
    return maker_exec(maker, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN", error) &&
           maker_exec(maker, tables, error) && maker_rows(maker, size, error) &&
           maker_exec(maker, mark, error) && maker_exec(maker, "COMMIT", error) &&
           maker_exec(maker, "PRAGMA optimize; PRAGMA journal_mode = WAL", error);
}

static bool
maker_open(Maker *maker, const char *path, const char *schema, DemoSize size, GError **error)
{
    if (sqlite3_open(path, &maker->db) != SQLITE_OK)
        return maker_fail(maker, "create", error);
    return maker_run(maker, schema, size, error);
}

bool
demo_data_write(const char *path, const char *schema, DemoSize size, DemoTick *tick, void *data,
                GError **error)
{
    g_assert(size.users > 0 && size.streams >= 0);
    Maker maker = {.seed = DEMO_SEED, .all = size.users + size.streams, .tick = tick, .data = data};
    g_autofree char *half = g_strconcat(path, ".new", NULL);
    g_unlink(half);
    bool ok = maker_open(&maker, half, schema, size, error);
    sqlite3_finalize(maker.insert);
    sqlite3_close(maker.db);
    if (ok && g_rename(half, path) != 0)
        ok = fail_errno(error, ERR_INTERNAL, "'%s' cannot be put in place", path);
    if (!ok)
        g_unlink(half);
    return ok;
}
