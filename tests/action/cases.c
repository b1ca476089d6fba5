/* cases.c - small, but with everything that hangs on a table: views, indexes, triggers, keys. */
#include "cases.h"

#define PEOPLE                                                                                     \
    "CREATE TABLE people (id INTEGER PRIMARY KEY, first TEXT NOT NULL, last TEXT NOT NULL,"        \
    " country TEXT, born TEXT);"                                                                   \
    "CREATE INDEX people_last ON people(last);"                                                    \
    "CREATE VIEW people_of_gb AS SELECT id, last FROM people WHERE country = 'UK';"                \
    "CREATE TABLE orders (id INTEGER PRIMARY KEY, person INTEGER REFERENCES people(id));"          \
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500)"                \
    " INSERT INTO people SELECT i, 'First' || i, 'Last' || (i % 7),"                               \
    " CASE i % 3 WHEN 0 THEN 'UK' WHEN 1 THEN 'FR' END, 'Jun 12 19' || (50 + i % 50) FROM n;"      \
    "INSERT INTO orders SELECT id, id FROM people WHERE id % 10 = 0;"

#define PEOPLE_MAPPING                                                                             \
    "apiVersion: honk/v1\n"                                                                        \
    "kind: Mapping\n"                                                                              \
    "source: old\n"                                                                                \
    "target: new\n"                                                                                \
    "key: [ person_id ]\n"                                                                         \
    "columns:\n"                                                                                   \
    "  person_id: { from: id }\n"                                                                  \
    "  name:      { concat: [ first, { text: \" \" }, last ] }\n"                                  \
    "  country:   { from: country, values: { UK: GB }, others: keep }\n"                           \
    "  born:      { from: born, type: date, format: \"%b %d %Y\" }\n"                              \
    "  origin:    { const: old }\n"

#define PERSONS                                                                                    \
    "CREATE TABLE persons (person_id INTEGER PRIMARY KEY, name TEXT NOT NULL, country TEXT,"       \
    " born DATE, origin TEXT);"                                                                    \
    "CREATE INDEX persons_name ON persons(name);"                                                  \
    "CREATE VIEW persons_of_gb AS SELECT name FROM persons WHERE country = 'GB';"                  \
    "CREATE TABLE notes (id INTEGER PRIMARY KEY, person INTEGER REFERENCES persons(person_id));"   \
    "INSERT INTO persons VALUES (1, 'Nobody', 'GB', '1970-01-01', 'test');"                        \
    "INSERT INTO notes VALUES (1, 1);"

const RigCase rig_cases[] = {
    {
        .name = "a transform inside one store, to a new table",
        .sql = PEOPLE,
        .let_go = "DROP VIEW IF EXISTS people_of_gb; DROP TABLE IF EXISTS orders;",
        .source = "data:people",
        .target = "data:persons",
        .strategy = "schema-transform",
        .mapping = PEOPLE_MAPPING,
    },
    {
        .name = "a transform that replaces a table with things on it",
        .sql = PEOPLE PERSONS,
        .let_go = "DROP VIEW IF EXISTS people_of_gb; DROP TABLE IF EXISTS orders;",
        .source = "data:people",
        .target = "data:persons",
        .strategy = "schema-transform",
        .mapping = PEOPLE_MAPPING,
    },
    {
        .name = "a transform inside one store, with a row that does not fit",
        .sql = PEOPLE "UPDATE people SET last = 'Turing', born = 'Foo 23 1912' WHERE id = 3;",
        .let_go = "DROP VIEW IF EXISTS people_of_gb; DROP TABLE IF EXISTS orders;",
        .source = "data:people",
        .target = "data:persons",
        .strategy = "schema-transform",
        .mapping = PEOPLE_MAPPING,
    },
    {
        .name = "a transform of a table that is written to meanwhile",
        .sql = PEOPLE PERSONS,
        .let_go = "DROP VIEW IF EXISTS people_of_gb; DROP TABLE IF EXISTS orders;",
        .source = "data:people",
        .target = "data:persons",
        .strategy = "schema-transform",
        .consistency = "live",
        .mapping = PEOPLE_MAPPING,
    },
    {
        .name = "a bulk copy inside one store",
        .sql = PEOPLE,
        .let_go = "DROP VIEW IF EXISTS people_of_gb; DROP TABLE IF EXISTS orders;",
        .source = "data:people",
        .target = "data:people_2",
        .strategy = "bulk-copy",
    },
    {
        .name = "a transform to a store of another kind",
        .sql = PEOPLE "UPDATE people SET last = 'Turing', born = 'Foo 23 1912' WHERE id = 3;",
        .let_go = "DROP VIEW IF EXISTS people_of_gb; DROP TABLE IF EXISTS orders;",
        .source = "data:people",
        .target = "mem:persons",
        .strategy = "schema-transform",
        .mapping = PEOPLE_MAPPING,
    },
    {
        .name = "a transform from a file, with a row that does not fit",
        .sql = "CREATE TABLE elsewhere (id INTEGER PRIMARY KEY);",
        .csv = "id,first,last,country,born\n"
               "1,Ada,Lovelace,UK,Dec 10 1815\n"
               "2,Grace,Hopper,,Dec 09 1906\n"
               "3,Alan,Turing,UK,Foo 23 1912\n"
               "4,Edsger,Dijkstra,NL,May 11 1930\n",
        .source = "files:rows.csv",
        .target = "data:persons",
        .strategy = "schema-transform",
        .mapping = PEOPLE_MAPPING,
    },
    {
        .name = "a bulk copy from a file",
        .sql = "CREATE TABLE elsewhere (id INTEGER PRIMARY KEY);",
        .csv = "iata,name\nJFK,\"John F. Kennedy, New York\"\nTXL,Berlin\n",
        .source = "files:rows.csv",
        .target = "data:airports",
        .strategy = "bulk-copy",
    },
    {
        .name = "a table whose columns change where it is",
        .sql = PEOPLE "CREATE UNIQUE INDEX people_id_last ON people(id, last);"
                      "CREATE INDEX people_born ON people(born); CREATE INDEX people_year ON "
                      "people(substr(born, 8));"
                      "CREATE VIEW people_ids AS SELECT id FROM people;",
        .source = "data:people",
        .target = "data:people",
        .strategy = "schema-transform",
        .mapping = "apiVersion: honk/v1\n"
                   "kind: Mapping\n"
                   "source: old\n"
                   "target: new\n"
                   "key: [ id ]\n"
                   "columns:\n"
                   "  id:      id\n"
                   "  first:   first\n"
                   "  last:    last\n"
                   "  country: { from: country, values: { UK: GB } }\n"
                   "  birth:   { from: born, type: date, format: \"%b %d %Y\" }\n",
    },
    {
        .name = "consumers' code, where no rows move",
        .sql = PEOPLE PERSONS,
        .source = "data:people",
        .target = "data:persons",
        .strategy = "consumer-rewrite",
        .mapping = PEOPLE_MAPPING,
        .code = "SELECT p.id FROM people p JOIN orders o ON o.person = p.id\n",
    },
    {
        .name = "consumers' code that is proposed on a host",
        .sql = PEOPLE PERSONS,
        .source = "data:people",
        .target = "data:persons",
        .strategy = "consumer-rewrite",
        .mapping = PEOPLE_MAPPING,
        .code = "SELECT p.id FROM people p JOIN orders o ON o.person = p.id\n",
        .is_hosted = true,
    },
};
const size_t rig_case_count = G_N_ELEMENTS(rig_cases);
