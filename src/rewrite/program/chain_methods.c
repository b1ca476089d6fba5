/* chain_methods.c - see chain.h: libraries whose calls are read as a statement, and what each call is. */
#include "rewrite/program/chain.h"

#include <string.h>

/* clang-format off */
#define END .is_end = true
#define RAW .is_sql = true
#define BARE .is_bare = true

static const LinkMethod of_knex[] = {
    {"from", LINK_TABLE}, {"into", LINK_TABLE}, {"table", LINK_TABLE},
    {"select", LINK_COLUMNS}, {"column", LINK_COLUMNS}, {"columns", LINK_COLUMNS}, {"distinct", LINK_COLUMNS}, {"first", LINK_COLUMNS},
    {"where", LINK_WHERE}, {"andWhere", LINK_WHERE}, {"orWhere", LINK_WHERE}, {"whereNot", LINK_WHERE}, {"andWhereNot", LINK_WHERE},
    {"orWhereNot", LINK_WHERE}, {"whereIn", LINK_WHERE}, {"orWhereIn", LINK_WHERE}, {"whereNotIn", LINK_WHERE}, {"whereNull", LINK_WHERE},
    {"orWhereNull", LINK_WHERE}, {"whereNotNull", LINK_WHERE}, {"whereBetween", LINK_WHERE}, {"whereNotBetween", LINK_WHERE},
    {"whereLike", LINK_WHERE}, {"whereILike", LINK_WHERE},
    {"whereRaw", LINK_WHERE, RAW}, {"andWhereRaw", LINK_WHERE, RAW}, {"orWhereRaw", LINK_WHERE, RAW},
    {"join", LINK_JOIN}, {"innerJoin", LINK_JOIN}, {"leftJoin", LINK_JOIN}, {"rightJoin", LINK_JOIN}, {"leftOuterJoin", LINK_JOIN}, {"fullOuterJoin", LINK_JOIN},
    {"groupBy", LINK_GROUP}, {"groupByRaw", LINK_GROUP, RAW}, {"having", LINK_HAVING}, {"andHaving", LINK_HAVING}, {"havingRaw", LINK_HAVING, RAW},
    {"orderBy", LINK_ORDER}, {"orderByRaw", LINK_ORDER, RAW},
    {"insert", LINK_ROWS}, {"update", LINK_SET}, {"increment", LINK_SET}, {"decrement", LINK_SET}, {"returning", LINK_RETURNING},
    {"del", LINK_DELETE, END}, {"delete", LINK_DELETE, END}, {"truncate", LINK_SCALAR, END}, {"as"}, {"pluck", LINK_PLAIN, END}, {"onConflict", LINK_PLAIN},
    {"count", LINK_NAMED}, {"countDistinct", LINK_NAMED}, {"min", LINK_NAMED}, {"max", LINK_NAMED}, {"sum", LINK_NAMED}, {"avg", LINK_NAMED},
    {"limit"}, {"offset"}, {"clone"}, {"transacting"}, {"forUpdate"}, {"ignore"}, {"timeout"}, {"debug"},
    {"then", END}, {"catch", END}, {"finally", END}, {"toString", END}, {"toSQL", END}, {0}};

static const LinkMethod of_squirrel[] = {
    {"From", LINK_TABLE, RAW}, {"Insert", LINK_INSERT_INTO, RAW}, {"Update", LINK_UPDATE, RAW}, {"Delete", LINK_DELETE_FROM, RAW},
    {"Select", LINK_COLUMNS, RAW}, {"Column", LINK_COLUMNS, RAW}, {"Columns", LINK_COLUMNS, RAW},
    {"Where", LINK_WHERE, RAW}, {"Having", LINK_HAVING, RAW}, {"GroupBy", LINK_GROUP, RAW}, {"OrderBy", LINK_ORDER_ALL, RAW},
    {"Join", LINK_JOIN_SQL, RAW}, {"LeftJoin", LINK_JOIN_SQL, RAW}, {"RightJoin", LINK_JOIN_SQL, RAW}, {"InnerJoin", LINK_JOIN_SQL, RAW},
    {"Set", LINK_SET, RAW}, {"SetMap", LINK_SET, RAW}, {"Values"}, {"Limit"}, {"Offset"}, {"Distinct"}, {"PlaceholderFormat"}, {"RunWith"},
    {"Suffix", LINK_RETURNING, RAW}, {"ToSql", END}, {"MustSql", END}, {"Query", END}, {"QueryRow", END}, {"QueryContext", END}, {"QueryRowContext", END}, {"Exec", END},
    {"ExecContext", END}, {"Scan", END}, {"ScanContext", END}, {0}};

static const LinkMethod of_gorm[] = {
    {"Table", LINK_TABLE, RAW}, {"Select", LINK_COLUMNS, RAW}, {"Where", LINK_WHERE, RAW}, {"Or", LINK_WHERE, RAW}, {"Not", LINK_WHERE, RAW},
    {"Joins", LINK_JOIN_SQL, RAW}, {"Group", LINK_GROUP, RAW}, {"Having", LINK_HAVING, RAW}, {"Order", LINK_ORDER, RAW},
    {"Pluck", LINK_PLAIN, END}, {"Update", LINK_SET, END}, {"Updates", LINK_SET, END}, {"UpdateColumn", LINK_SET, END},
    {"UpdateColumns", LINK_SET, END}, {"Count", LINK_SCALAR, END}, {"Delete", LINK_DELETE, END},
    {"Limit"}, {"Offset"}, {"WithContext"}, {"Debug"}, {"Session"}, {"Distinct", LINK_COLUMNS, RAW},
    {"Scan", END}, {"Find", END}, {"Take", END}, {"Row", END}, {"Rows", END}, {0}};

static const LinkMethod of_bun[] = {
    {"Table", LINK_TABLE}, {"TableExpr", LINK_TABLE, RAW}, {"ModelTableExpr", LINK_TABLE, RAW},
    {"Column", LINK_COLUMNS, BARE}, {"ColumnExpr", LINK_COLUMNS, RAW}, {"Where", LINK_WHERE, RAW}, {"WhereOr", LINK_WHERE, RAW},
    {"Group", LINK_GROUP}, {"GroupExpr", LINK_GROUP, RAW}, {"Having", LINK_HAVING, RAW}, {"Order", LINK_ORDER_ALL, RAW}, {"OrderExpr", LINK_ORDER, RAW},
    {"Join", LINK_JOIN_SQL, RAW}, {"Set", LINK_SET, RAW}, {"Limit"}, {"Offset"}, {"NewSelect"}, {"NewUpdate", LINK_UPDATE}, {"NewDelete", LINK_DELETE},
    {"Exec", END}, {"Scan", END}, {"Count", LINK_SCALAR, END}, {"Exists", LINK_SCALAR, END}, {0}};

static const LinkMethod of_xorm[] = {
    {"Table", LINK_TABLE}, {"Select", LINK_COLUMNS, RAW}, {"Cols", LINK_COLUMNS, BARE}, {"Where", LINK_WHERE, RAW}, {"And", LINK_WHERE, RAW},
    {"Or", LINK_WHERE, RAW}, {"In", LINK_WHERE}, {"NotIn", LINK_WHERE}, {"GroupBy", LINK_GROUP, RAW}, {"Having", LINK_HAVING, RAW},
    {"OrderBy", LINK_ORDER, RAW}, {"Asc", LINK_ORDER_ALL}, {"Desc", LINK_ORDER_ALL}, {"Limit"},
    {"Find", END}, {"Get", END}, {"Count", LINK_SCALAR, END}, {"Exist", LINK_SCALAR, END}, {0}};

static const LinkMethod of_laravel[] = {
    {"table", LINK_TABLE}, {"from", LINK_TABLE}, {"connection"},
    {"select", LINK_COLUMNS}, {"addSelect", LINK_COLUMNS}, {"selectRaw", LINK_COLUMNS, RAW}, {"get", LINK_COLUMNS, END}, {"first", LINK_COLUMNS, END},
    {"where", LINK_WHERE}, {"orWhere", LINK_WHERE}, {"whereNot", LINK_WHERE}, {"whereIn", LINK_WHERE}, {"whereNotIn", LINK_WHERE}, {"orWhereIn", LINK_WHERE},
    {"whereNull", LINK_WHERE}, {"whereNotNull", LINK_WHERE}, {"orWhereNull", LINK_WHERE}, {"whereBetween", LINK_WHERE}, {"whereNotBetween", LINK_WHERE},
    {"whereDate", LINK_WHERE}, {"whereMonth", LINK_WHERE}, {"whereYear", LINK_WHERE}, {"whereDay", LINK_WHERE}, {"whereLike", LINK_WHERE},
    {"whereColumn", LINK_WHERE_ALL}, {"whereRaw", LINK_WHERE, RAW}, {"orWhereRaw", LINK_WHERE, RAW},
    {"join", LINK_JOIN}, {"leftJoin", LINK_JOIN}, {"rightJoin", LINK_JOIN},
    {"groupBy", LINK_GROUP}, {"groupByRaw", LINK_GROUP, RAW}, {"having", LINK_HAVING}, {"havingRaw", LINK_HAVING, RAW},
    {"orderBy", LINK_ORDER}, {"orderByDesc", LINK_ORDER}, {"latest", LINK_ORDER}, {"oldest", LINK_ORDER}, {"orderByRaw", LINK_ORDER, RAW},
    {"insert", LINK_ROWS, END}, {"insertOrIgnore", LINK_ROWS, END}, {"update", LINK_SET, END},
    {"increment", LINK_SET, END}, {"decrement", LINK_SET, END}, {"delete", LINK_DELETE, END},
    {"pluck", LINK_PLAIN, END}, {"value", LINK_PLAIN, END}, {"sum", LINK_PLAIN, END}, {"min", LINK_PLAIN, END}, {"max", LINK_PLAIN, END},
    {"avg", LINK_PLAIN, END}, {"count", LINK_PLAIN, END}, {"exists", LINK_SCALAR, END}, {"doesntExist", LINK_SCALAR, END},
    {"truncate", LINK_SCALAR, END}, {"limit"}, {"take"}, {"skip"}, {"offset"}, {"distinct"}, {"lockForUpdate"}, {"sharedLock"}, {0}};

static const ChainLibrary libraries[] = {
    {"javascript", "knex", {"knex", "db", "trx", "tx", "conn", "database", "pg", "qb", "client"}, "raw", {NULL}, of_knex},
    {"go", "squirrel", {NULL}, "Expr", {NULL}, of_squirrel},
    {"go", "gorm", {NULL}, "Expr", {"deleted_at"}, of_gorm},
    {"go", "bun", {NULL}, NULL, {"deleted_at"}, of_bun},
    {"go", "xorm", {NULL}, NULL, {"deleted_at", "deleted"}, of_xorm},
    {"php", "DB::table", {NULL}, "raw", {NULL}, of_laravel},
    {"php", "DB::connection", {NULL}, "raw", {NULL}, of_laravel},
};
/* clang-format on */

const ChainLibrary *
chain_library(const Unit *unit)
{
    for (size_t i = 0; i < G_N_ELEMENTS(libraries); i++)
        if (unit_is_language(unit, libraries[i].language) &&
            program_says(unit->work, libraries[i].word))
            return &libraries[i];
    return NULL;
}

const LinkMethod *
chain_method(const Unit *unit, const ChainLibrary *library, guint callee)
{
    static const LinkMethod root = {"", LINK_TABLE};
    const Piece *piece = unit_piece(unit, callee);
    const char *name = unit->text->bytes + piece->begin;
    size_t bytes = piece->end - piece->begin;
    for (const LinkMethod *method = library->methods; method->name != NULL; method++)
        if (strlen(method->name) == bytes && memcmp(method->name, name, bytes) == 0)
            return method;
    return unit_is_among(unit, callee, library->roots) ? &root : NULL;
}
