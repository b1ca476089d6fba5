"""Inputs that grow: for each construct that a text can repeat, a text, or a repository, that has it n times.

A shape is a function of n that gives files (path -> text) and what is asked of them. All of them name the dataset, so that
nothing is passed over, and most have a column of it in every piece.
"""

TABLE = "acme.events.visits_v1"
MAPPING = """apiVersion: honk/v1
kind: Mapping
source: {table}
target: acme.events.visits_v2
columns:
  id: id
  kind: plan
  mode: {{ from: state, values: {{ on: active, off: idle }} }}
  day: created
dbt: {{ source: events.visits_v1, target: events.visits_v2 }}
"""
READS = f"SELECT v.plan, v.id FROM `{TABLE}` AS v"


def joined(by, piece):
    """n pieces, each of which may have its number."""
    return lambda n: by.join(piece.replace("#", str(i)) for i in range(n))


def around(before, by, piece, behind=""):
    many = joined(by, piece)
    return lambda n: before + many(n) + behind


def nested(begin, middle, end):
    return lambda n: begin * n + middle + end * n


def chained(first, piece):
    """Pieces that each name the one before: `%` is its number, `#` its own."""
    return lambda n: first + "".join(piece.replace("#", str(i)).replace("%", str(i - 1)) for i in range(1, n + 1))


V = f"FROM {TABLE} v"
SQL = {
    "statements": joined(";\n", f"SELECT v.plan AS p# {V}"),
    "statements without ;": joined("\n", f"SELECT v.plan AS p# {V}"),
    "empty statements": around(f"SELECT v.plan {V}", "", ";", "\n"),
    "comments of a line": around("", "", "-- plan # visits_v1\n", f"SELECT v.plan {V}"),
    "comments in blocks": around("SELECT ", "", "/* plan # */", f" v.plan {V}"),
    "one long comment": around("/*", "", " visits_v1 plan ", f"*/ SELECT v.plan {V}"),
    "comment that does not end": around(f"SELECT v.plan {V}; ", "", "/* plan ", ""),
    "quote that does not end": around(f"SELECT v.plan {V}; SELECT '", "", " visits_v1 plan ", ""),
    "quotes that are odd": around(f"SELECT v.plan {V}; SELECT ", " ", "'#\"`", ""),
    "select items": around("SELECT ", ", ", "v.plan AS p#", f" {V}"),
    "bare columns": around("SELECT ", ", ", "plan", f" {V}"),
    "bare columns of two tables": around("SELECT ", ", ", "plan", f" {V} JOIN acme.events.others o ON o.id = v.id"),
    "aliases used": lambda n: "SELECT " + ", ".join(f"plan AS p{i}" for i in range(n)) + f" {V} ORDER BY " + ", ".join(
        f"p{i}" for i in range(n)),
    "tables of WITH": around("WITH ", ", ", f"p# AS (SELECT v.plan, v.id {V})", " SELECT plan FROM p0"),
    "tables of WITH, all read": lambda n: "WITH " + ", ".join(f"p{i} AS (SELECT v.plan, v.id {V})" for i in range(n)) +
    " SELECT p0.plan FROM p0 " + " ".join(f"JOIN p{i} ON p{i}.id = p0.id" for i in range(1, n)),
    "tables of WITH in a chain": lambda n: chained(f"WITH p0 AS (SELECT plan, id {V})", ", p# AS (SELECT plan, id FROM p%)")(n) +
    f" SELECT plan FROM p{n}",
    "stars of WITH in a chain": lambda n: chained(f"WITH p0 AS (SELECT * {V})", ", p# AS (SELECT * FROM p%)")(n) +
    f" SELECT plan FROM p{n}",
    "WITH that reads all before": lambda n: "WITH p0 AS (SELECT plan, id " + V + ")" + "".join(
        f", p{i} AS (SELECT a.plan, a.id FROM p{i - 1} a JOIN p{i // 2} b ON a.plan = b.plan)" for i in range(1, n)) +
    f" SELECT plan FROM p{n - 1}",
    "WITH recursive": around("WITH RECURSIVE ", ", ", f"p# AS (SELECT plan, id {V} UNION ALL SELECT plan, id FROM p#)",
                             " SELECT plan FROM p0"),
    "WITH inside WITH": lambda n: "".join(f"WITH p{i} AS (" for i in range(n)) + f"SELECT plan, id {V}" + "".join(
        f") SELECT plan, id FROM p{n - 1 - i}" for i in range(n)),
    "subqueries in FROM": nested("SELECT plan FROM (", f"SELECT plan, id {V}", ") x"),
    "stars in FROM": nested("SELECT * FROM (", f"SELECT * {V}", ") x"),
    "subqueries side by side": around(f"SELECT v.plan {V} WHERE ", " AND ", f"v.id IN (SELECT id FROM {TABLE} WHERE plan = 'x#')", ""),
    "scalar subqueries": around("SELECT ", ", ", f"(SELECT max(x.plan) FROM {TABLE} x WHERE x.id = v.id) AS m#", f" {V}"),
    "scalar subqueries in each other": nested("SELECT (", f"SELECT plan {V}", f") AS x {V}"),
    "correlated, in each other": lambda n: "".join(
        f"SELECT plan FROM {TABLE} t{i} WHERE EXISTS (" for i in range(n)) + f"SELECT 1 {V} WHERE t0.id = v.id" + ")" * n,
    "EXISTS": around(f"SELECT v.plan {V} WHERE ", " OR ", f"EXISTS (SELECT 1 FROM {TABLE} x WHERE x.plan = v.plan)", ""),
    "joins": around(f"SELECT v.plan {V} ", " ", f"JOIN {TABLE} t# ON t#.id = v.id AND t#.plan = v.plan", ""),
    "joins, bare columns": around(f"SELECT v.id {V} ", " ", "JOIN acme.events.others t# ON t#.x = plan", ""),
    "joins by USING": around(f"SELECT v.plan {V} ", " ", "JOIN acme.events.others t# USING (id)", ""),
    "joins by USING, renamed": around(f"SELECT v.plan {V} ", " ", "LEFT JOIN acme.events.others t# USING (plan)", ""),
    "natural joins": around(f"SELECT v.plan {V} ", " ", "NATURAL JOIN acme.events.o#", ""),
    "tables with commas": around(f"SELECT v.plan {V}, ", ", ", "acme.events.others o#", " WHERE v.plan = 'x'"),
    "lateral joins": around(f"SELECT v.plan {V} ", " ", "CROSS JOIN LATERAL (SELECT v.plan AS q) l#", ""),
    "UNNEST": around(f"SELECT v.plan {V} ", " ", ", UNNEST(v.plan) AS u#", ""),
    "joins in brackets": lambda n: f"SELECT v.plan FROM {'(' * n}{TABLE} v" + " JOIN acme.events.others o ON o.id = v.id)" * n,
    "UNION": joined(" UNION ALL ", f"SELECT plan AS p, id FROM {TABLE}"),
    "UNION of WITH": lambda n: f"WITH p AS ({' UNION ALL '.join([f'SELECT plan, id {V}'] * n)}) SELECT plan, id FROM p",
    "UNION in brackets": nested("(", f"SELECT plan {V}", f" UNION ALL SELECT plan {V})"),
    "UNION of stars": joined(" UNION ALL ", f"SELECT * FROM {TABLE}"),
    "arms of CASE": around("SELECT CASE ", " ", "WHEN v.plan = 'x#' THEN #", f" END {V}"),
    "arms of CASE with a value": around("SELECT CASE v.state ", " ", "WHEN 'active' THEN #", f" END {V}"),
    "CASE in CASE": lambda n: "SELECT " + "CASE WHEN v.plan = 'x' THEN 1 ELSE " * n + "0" + " END" * n + f" AS x {V}",
    "literals of IN": around(f"SELECT v.id {V} WHERE v.plan IN (", ", ", "'x#'", ")"),
    "literals of IN with values": around(f"SELECT v.id {V} WHERE v.state IN (", ", ", "'active'", ")"),
    "columns of IN": around(f"SELECT v.id {V} WHERE 'x' IN (", ", ", "v.plan", ")"),
    "rows of IN": around(f"SELECT v.id {V} WHERE (v.plan, v.id) IN (", ", ", "('x', #)", ")"),
    "AND": around(f"SELECT v.id {V} WHERE ", " AND ", "v.plan <> 'x#'", ""),
    "AND with values": around(f"SELECT v.id {V} WHERE ", " AND ", "v.state = 'active'", ""),
    "NOT": around(f"SELECT v.id {V} WHERE ", "", "NOT ", "v.plan = 'x'"),
    "signs in front": around(f"SELECT v.id {V} WHERE ", " ", "-", "v.plan = 'x'"),
    "concatenation": around("SELECT ", " || ", "v.plan", f" AS x {V}"),
    "concatenated texts": around("SELECT ", " || ", "'visits_v1 #'", f" AS x {V}"),
    "concatenated halves": around("SELECT ", " || ", "'visits'", f" || '_v1' AS x {V}"),
    "CONCAT": around("SELECT CONCAT(", ", ", "v.plan", f") AS x {V}"),
    "sums": around("SELECT ", " + ", "v.plan", f" AS x {V}"),
    "brackets": lambda n: "SELECT " + "(" * n + "v.plan" + ")" * n + f" AS x {V}",
    "brackets that do not end": lambda n: f"SELECT v.id {V} WHERE v.plan = " + "(" * n,
    "brackets that only end": lambda n: f"SELECT v.id {V} WHERE v.plan = " + ")" * n,
    "square brackets": lambda n: "SELECT " + "[" * n + "v.plan" + "]" * n + f" AS x {V}",
    "functions in each other": lambda n: "SELECT " + "COALESCE(" * n + "v.plan" + ", 'x')" * n + f" AS x {V}",
    "functions": around("SELECT ", ", ", "COALESCE(v.plan, 'x#') AS f#", f" {V}"),
    "casts": lambda n: "SELECT v.plan" + "::text" * n + f" AS x {V}",
    "paths": lambda n: "SELECT v.plan" + ".x" * n + f" AS x {V}",
    "subscripts": lambda n: "SELECT v.plan" + "[0]" * n + f" AS x {V}",
    "windows": around("SELECT ", ", ", "SUM(v.id) OVER (PARTITION BY v.plan ORDER BY v.created) AS w#", f" {V}"),
    "windows with names": lambda n: "SELECT " + ", ".join(f"SUM(v.id) OVER w{i}" for i in range(n)) + f" {V} WINDOW " + ", ".join(
        f"w{i} AS (PARTITION BY v.plan)" for i in range(n)),
    "GROUP BY": around(f"SELECT count(*) {V} GROUP BY ", ", ", "v.plan", ""),
    "GROUP BY of aliases": lambda n: "SELECT " + ", ".join(f"v.plan AS a{i}" for i in range(n)) + f" {V} GROUP BY " + ", ".join(
        f"a{i}" for i in range(n)),
    "GROUP BY of numbers": lambda n: "SELECT " + ", ".join(f"v.plan AS a{i}" for i in range(n)) + f" {V} GROUP BY " + ", ".join(
        f"{i + 1}" for i in range(n)),
    "ORDER BY": around(f"SELECT v.id {V} ORDER BY ", ", ", "v.plan DESC", ""),
    "HAVING": around(f"SELECT v.id {V} GROUP BY v.id HAVING ", " AND ", "MAX(v.plan) > 'x#'", ""),
    "rows of VALUES": around(f"INSERT INTO {TABLE} (id, plan) VALUES ", ", ", "(#, 'x')", ""),
    "columns of INSERT": lambda n: f"INSERT INTO {TABLE} (" + ", ".join(f"c{i}" for i in range(n)) + ", plan) VALUES (" + ", ".join(
        "1" for i in range(n)) + ", 'x')",
    "INSERT": joined(";\n", f"INSERT INTO {TABLE} (id, plan) VALUES (#, 'x')"),
    "UPDATE": joined(";\n", f"UPDATE {TABLE} SET plan = 'x#' WHERE id = #"),
    "columns of UPDATE": around(f"UPDATE {TABLE} SET ", ", ", "c# = plan", " WHERE plan = 'x'"),
    "DELETE": joined(";\n", f"DELETE FROM {TABLE} WHERE plan = 'x#'"),
    "MERGE": joined(";\n", f"MERGE INTO {TABLE} t USING acme.events.others s ON t.id = s.id WHEN MATCHED THEN UPDATE SET plan = s.a#"),
    "arms of MERGE": around(f"MERGE INTO {TABLE} t USING acme.events.others s ON t.id = s.id ", " ",
                            "WHEN MATCHED AND t.plan = 'x#' THEN UPDATE SET plan = s.x", ""),
    "CREATE TABLE": joined(";\n", f"CREATE TABLE acme.x.t# AS SELECT plan, id FROM {TABLE}"),
    "columns of CREATE TABLE": around(f"CREATE TABLE {TABLE} (id int, plan text, ", ", ", "c# text", ")"),
    "CREATE of the table itself": joined(";\n", f"CREATE TABLE {TABLE} (id int, plan text)"),
    "CREATE VIEW": joined(";\n", f"CREATE VIEW acme.x.t# AS SELECT plan, id FROM {TABLE}"),
    "views in a chain": chained(f"CREATE VIEW acme.x.t0 AS SELECT plan, id FROM {TABLE};\n",
                                "CREATE VIEW acme.x.t# AS SELECT plan, id FROM acme.x.t%;\n"),
    "views of stars in a chain": chained(f"CREATE VIEW acme.x.t0 AS SELECT * FROM {TABLE};\n",
                                         "CREATE VIEW acme.x.t# AS SELECT * FROM acme.x.t%;\n"),
    "one view many times": joined(";\n", f"CREATE OR REPLACE VIEW acme.x.t AS SELECT plan, id FROM {TABLE}"),
    "readers of one view": lambda n: f"CREATE VIEW acme.x.t AS SELECT plan, id FROM {TABLE};\n" + "SELECT plan FROM acme.x.t;\n" * n,
    "functions that are made": joined(";\n", f"CREATE FUNCTION acme.x.f#() RETURNS text AS $$ SELECT plan FROM {TABLE} $$ LANGUAGE sql"),
    "procedures": joined(";\n", f"CREATE PROCEDURE acme.x.f#(plan text) BEGIN SELECT plan FROM {TABLE}; END"),
    "triggers": joined(";\n", f"CREATE TRIGGER t# AFTER INSERT ON {TABLE} FOR EACH ROW BEGIN SELECT NEW.plan; END"),
    "indexes": joined(";\n", f"CREATE INDEX i# ON {TABLE} (plan)"),
    "ALTER": joined(";\n", f"ALTER TABLE {TABLE} ADD COLUMN c# text"),
    "ALTER in one": around(f"ALTER TABLE {TABLE} ", ", ", "ADD COLUMN c# text", ""),
    "DROP": joined(";\n", f"DROP TABLE IF EXISTS {TABLE}"),
    "COMMENT ON": joined(";\n", f"COMMENT ON COLUMN {TABLE}.plan IS 'x#'"),
    "GRANT": joined(";\n", f"GRANT SELECT ON {TABLE} TO u#"),
    "DECLARE": lambda n: "".join(f"DECLARE x{i} STRING DEFAULT (SELECT max(plan) FROM {TABLE});\n" for i in range(n)),
    "DECLARE and use": lambda n: "".join(f"DECLARE plan{i} STRING;\n" for i in range(n)) + "".join(
        f"SELECT plan, plan{i} FROM {TABLE};\n" for i in range(n)),
    "SET": joined(";\n", f"SET x# = (SELECT max(plan) FROM {TABLE})"),
    "SET of texts": joined(";\n", f"SET @q# = 'SELECT plan FROM {TABLE}'"),
    "SET of texts, each run": joined(";\n", f"SET @q# = 'SELECT plan FROM {TABLE}';\nEXEC (@q#)"),
    "SET of one text": around("SET @q = '';\n", ";\n", f"SET @q = @q || 'SELECT plan FROM {TABLE}'", ";\nEXECUTE IMMEDIATE @q"),
    "BEGIN": nested("BEGIN ", f"SELECT plan {V};", " END;"),
    "BEGIN that does not end": lambda n: "BEGIN " * n + f"SELECT plan {V};",
    "IF": joined("\n", f"IF (SELECT max(plan) FROM {TABLE}) = 'x#' THEN SELECT plan FROM {TABLE}; END IF;"),
    "IF in IF": nested("IF x = 1 THEN ", f"SELECT plan {V};", " END IF;"),
    "loops": joined("\n", f"WHILE x < # DO SELECT plan FROM {TABLE}; END WHILE;"),
    "EXECUTE IMMEDIATE": joined(";\n", f"EXECUTE IMMEDIATE 'SELECT plan FROM {TABLE} WHERE id = #'"),
    "EXECUTE of parts": around("EXECUTE IMMEDIATE ", " || ", f"'SELECT plan FROM {TABLE} WHERE id = ' || x", ""),
    "text of SQL, long": around("EXECUTE IMMEDIATE 'SELECT id", "", ", plan", f" FROM {TABLE}'"),
    "DO": joined(";\n", f"DO $$ BEGIN PERFORM plan FROM {TABLE}; END $$"),
    "dollar quotes that do not end": around(f"SELECT plan {V}; ", " ", "$a#$", ""),
    "format": around("SELECT format('", " ", "%s visits_v1", f"', v.plan) {V}"),
    "PIVOT": around("SELECT * FROM " + TABLE + " PIVOT (SUM(id) FOR plan IN (", ", ", "'x#'", "))"),
    "UNPIVOT": around("SELECT * FROM " + TABLE + " UNPIVOT (v FOR k IN (", ", ", "c#", ", plan))"),
    "EXCEPT of a star": around("SELECT * EXCEPT (", ", ", "c#", f", plan) FROM {TABLE}"),
    "REPLACE of a star": around("SELECT * REPLACE (", ", ", "plan AS c#", f") FROM {TABLE}"),
    "stars": around("SELECT ", ", ", "v.*", f" {V}"),
    "STRUCT": around("SELECT STRUCT(", ", ", "v.plan AS s#", f") AS s {V}"),
    "ARRAY": around("SELECT [", ", ", "v.plan", f"] AS s {V}"),
    "parameters": around(f"SELECT v.id {V} WHERE ", " OR ", "v.plan = @p#", ""),
    "quoted names": around("SELECT ", ", ", "v.`plan` AS `p#`", f" {V}"),
    "texts that name the table": around("SELECT ", ", ", "'visits_v1'", f" AS x, v.plan {V}"),
    "texts for people": around("SELECT ", ", ", "'no row of visits_v1 was found #'", f" {V}"),
    "hints": around("SELECT /*+ ", " ", "HASH(v)", f" */ v.plan {V}"),
    "pipes": around(f"FROM {TABLE} ", " ", "|> WHERE plan = 'x#'", " |> SELECT plan"),
    "lambdas": around("SELECT ", ", ", "transform(v.plan, plan -> plan + #)", f" {V}"),
    "blank lines": around(f"SELECT v.plan {V}", "", "\n", ";"),
    "words that mean nothing": around(f"SELECT v.plan {V}; ", " ", "foo bar", ""),
    "signs that mean nothing": around(f"SELECT v.plan {V}; ", " ", "@ # % ^ &", ""),
    "names of the table alone": around("", "\n", "visits_v1", ""),
    "LIKE": around(f"SELECT v.id {V} WHERE ", " OR ", "v.plan LIKE 'x#%'", ""),
    "BETWEEN": around(f"SELECT v.id {V} WHERE ", " OR ", "v.plan BETWEEN 'a#' AND 'b'", ""),
    "INTERSECT": joined(" INTERSECT DISTINCT ", f"SELECT plan AS p FROM {TABLE}"),
    "GO": joined("\nGO\n", f"SELECT plan FROM {TABLE}"),
    "COPY": joined(";\n", f"COPY {TABLE} (id, plan) FROM '/x#'"),
}

TEMPLATES = {
    "source()": joined(";\n", "SELECT v.plan FROM {{ source('events', 'visits_v1') }} v"),
    "ref()": around("SELECT v.plan FROM {{ source('events', 'visits_v1') }} v ", " ", "JOIN {{ ref('m#') }} t# ON t#.id = v.plan", ""),
    "set": around("", "\n", "{% set x# = 'plan' %}", f"\nSELECT v.plan {V}"),
    "set and use": lambda n: "".join("{% set x" + str(i) + " = 'plan' %}\n" for i in range(n)) + "SELECT " + ", ".join(
        "{{ x" + str(i) + " }}" for i in range(n)) + f" {V}",
    "one set, many uses": lambda n: "{% set x = 'plan' %}\nSELECT " + ", ".join("{{ x }} AS a" + str(i) for i in range(n)) + f" {V}",
    "set of source": lambda n: "".join("{% set t" + str(i) + " = source('events', 'visits_v1') %}\n" for i in range(n)) + "\nUNION ALL\n".join(
        "SELECT plan FROM {{ t" + str(i) + " }}" for i in range(n)),
    "set again": lambda n: "{% set x = 'plan' %}\n" * n + "SELECT " + ", ".join("{{ x }}" for i in range(n)) + f" {V}",
    "set blocks": around("", "\n", "{% set x# %} plan > # {% endset %}", f"\nSELECT v.plan {V} WHERE {{{{ x0 }}}}"),
    "set blocks and use": lambda n: "".join("{% set x" + str(i) + " %} plan > 1 {% endset %}\n" for i in range(n)) +
    f"SELECT v.plan {V} WHERE " + " AND ".join("{{ x" + str(i) + " }}" for i in range(n)),
    "values and set": lambda n: "".join("{% set x" + str(i) + " = 'plan' %}\n{{ log('y') }}\n" for i in range(n)) + f"SELECT v.plan {V}",
    "if": around("SELECT v.id ", "", "{% if x# %}, v.plan{% endif %}", f" {V}"),
    "if, else": around("SELECT v.id ", "", "{% if x# %}, v.plan{% else %}, v.created{% endif %}", f" {V}"),
    "elif": lambda n: "SELECT v.id {% if a %}, v.plan" + "".join("{% elif x" + str(i) + " %}, v.plan" for i in range(n)) + "{% endif %} " + V,
    "if in if": lambda n: "SELECT v.id " + "{% if a %}, v.plan" * n + "{% endif %}" * n + f" {V}",
    "if that does not end": lambda n: "SELECT v.id " + "{% if a %}, v.plan" * n + f" {V}",
    "if around statements": joined("\n", f"{{% if x# %}} SELECT plan FROM {TABLE}; {{% else %}} SELECT id FROM {TABLE}; {{% endif %}}"),
    "if around WHERE": around(f"SELECT v.id {V} WHERE 1 = 1 ", "\n", "{% if x# %} AND v.plan = 'x' {% endif %}", ""),
    "if around FROM": lambda n: "SELECT plan FROM {% if a %}" + TABLE + "".join(
        "{% elif x" + str(i) + " %}" + TABLE for i in range(n)) + "{% endif %} v",
    "for": around("SELECT v.id ", "", "{% for c in ['plan', 'created'] %}, v.{{ c }}{% endfor %}", f" {V}"),
    "for in for": lambda n: "SELECT v.id " + "{% for c in ['plan', 'created'] %}" * n + ", v.{{ c }}" + "{% endfor %}" * n + f" {V}",
    "list of for": around("SELECT v.id {% for c in [", ", ", "'plan'", "] %}, v.{{ c }}{% endfor %} " + V),
    "values": around("SELECT ", ", ", "{{ x# }} AS y#", f", v.plan {V}"),
    "values in names": around("SELECT ", ", ", "v.pl{{ x# }}", f" {V}"),
    "comments": around("", "\n", "{# plan visits_v1 # #}", f"\nSELECT v.plan {V}"),
    "raw": around("", "\n", "{% raw %} plan {{ x }} {% endraw %}", f"\nSELECT v.plan {V}"),
    "templates that do not end": around(f"SELECT v.plan {V} ", " ", "{{ plan", ""),
    "tags that do not end": around(f"SELECT v.plan {V} ", " ", "{% plan", ""),
    "macros": joined("\n", "{% macro m#(t) %} SELECT plan FROM {{ source('events', 'visits_v1') }} {% endmacro %}"),
    "calls of macros": around("SELECT ", ", ", "{{ m(v.plan) }} AS x#", f" {V}"),
    "calls with texts": around("SELECT ", ", ", "{{ dbt_utils.generate_surrogate_key(['plan', 'id']) }} AS x#", " FROM {{ source('events', 'visits_v1') }}"),
    "arguments of a call": around("SELECT {{ dbt_utils.generate_surrogate_key([", ", ", "'plan'", "]) }} FROM {{ source('events', 'visits_v1') }}"),
    "texts put together": around("SELECT {{ ", " ~ ", "'pla'", f" ~ 'n' }}}} {V}"),
    "do": around("{% set l = [] %}", "\n", "{% do l.append('plan') %}", f"\nSELECT {{{{ l | join(', ') }}}} {V}"),
    "config": around("", "\n", "{{ config(materialized='view', x#='plan') }}", f"\nSELECT plan {V}"),
    "keys of config": around("{{ config(", ", ", "x#='plan'", f") }}}}\nSELECT plan {V}"),
    "run_query": joined("\n", "{% set r# = run_query(\"select max(plan) from \" ~ source('events', 'visits_v1')) %}"),
    "var": around("SELECT ", ", ", "{{ var('x#', 'plan') }}", f" {V}"),
    "filters": lambda n: "SELECT {{ 'plan' " + "| lower " * n + "}} " + V,
    "brackets in a template": lambda n: "SELECT {{ " + "(" * n + "'plan'" + ")" * n + " }} " + V,
    "dict in a template": around("{% set d = {", ", ", "'plan#': 'plan'", "} %}\nSELECT {{ d['plan0'] }} " + V),
    "snapshots": joined("\n", "{% snapshot s# %} SELECT plan FROM {{ source('events', 'visits_v1') }} {% endsnapshot %}"),
    "call blocks": joined("\n", "{% call statement('x#') %} SELECT plan FROM {{ source('events', 'visits_v1') }} {% endcall %}"),
    "depends_on": around("", "\n", "-- depends_on: {{ source('events', 'visits_v1') }}", f"\nSELECT plan {V}"),
}

Q = f"SELECT plan FROM {TABLE} WHERE id = "


def program(call='f("{q}#")', comment="// plan visits_v1 #", plus=" + ", begin="", end="", define='x# = "{q}#";', name='t# = "{t}";',
            function=None, kind=None, use=None, line="\n"):
    """Constructs that most languages have, written as this one does."""
    def put(text):
        return text.replace("{q}", Q).replace("{t}", TABLE)
    shapes = {
        "texts": around(begin, line, put(define), end),
        "tables as texts": around(begin, line, put(name), end),
        "calls": around(begin, line, put(call), end),
        "comments": around(begin, line, comment, line + put(call) + end),
        "empty lines": around(begin, line, "", line + put(call) + end),
        "brackets": lambda n: begin + "(" * n + put(call) + ")" * n + end,
        "brackets that do not end": lambda n: begin + put(call) + line + "({[" * n + end,
        "quotes that do not end": lambda n: begin + put(call) + line + (line + '"plan visits_v1') * n + end,
        "odd quotes": lambda n: begin + put(call) + line + "'\"`" * n + end,
        "backslashes": lambda n: begin + put(call) + line + 'x = "' + "\\" * (2 * n) + '"' + end,
        "words": around(begin + put(call) + line, " ", "plan", line + end),
    }
    if plus:
        shapes["one text of many"] = lambda n: begin + put("f(" + plus.join(['"{q}"'] * n) + ")") + end
        shapes["one text and names"] = lambda n: begin + put('f("{q}"' + (plus + "x") * n + ")") + end
        shapes["one name of halves"] = lambda n: begin + put("f(" + plus.join(['"visits"', '"_v1"'] * n) + ")") + end
        shapes["halves"] = lambda n: begin + line.join(["f(" + plus.join(['"visits"', '"_v1"']) + ")"] * n) + end
    for what, piece in (("functions", function), ("classes", kind)):
        if piece:
            shapes[what] = around(begin, line, put(piece), end)
            shapes[what + " of one name"] = around(begin, line, put(piece).replace("#", ""), end)
            if use and what == "classes":
                shapes["classes of one name, used"] = lambda n, p=put(piece).replace("#", ""): begin + (line + p) * n + (
                    line + use.replace("#", "")) * n + end
                shapes["one class, used"] = lambda n, p=put(piece).replace("#", ""): begin + p + (line + use.replace("#", "")) * n + end
                shapes["classes, each used"] = lambda n, p=put(piece): begin + line.join(p.replace("#", str(i)) for i in range(n)) + line + line.join(
                    use.replace("#", str(i)) for i in range(n)) + end
    return shapes


LANGUAGES = {
    ".py": program(comment="# plan visits_v1 #", define='x# = "{q}#"', name='T# = "{t}"',
                   function='def f#(x):\n    return run("{q}" + x)\n',
                   kind='class User#(Base):\n    __tablename__ = "visits_v1"\n    plan = Column(String)\n',
                   use='def g(s):\n    u = s.query(User#).filter_by(plan=1).one()\n    return u.plan, User#.plan\n'),
    ".scala": program(define='val x# = "{q}#"', name='val T# = "{t}"', begin="object A {\n", end="\n}",
                      function='def f#(x: String) = sql(s"{q}$x")',
                      kind='class User#(tag: Tag) extends Table[U](tag, "visits_v1") { def plan = column[String]("plan") }',
                      use='def g = TableQuery[User#].filter(_.plan === "x").map(u => u.plan)'),
    ".java": program(define='String x# = "{q}#";', name='String T# = "{t}";', begin="class A {\n", end="\n}", call='f("{q}#");',
                     function='void f#(String x) { run("{q}" + x); }',
                     kind='@Entity @Table(name = "visits_v1") class User# { String plan; }',
                     use='void g() { User# u = find(User#.class); u.getPlan(); }'),
    ".kt": program(define='val x# = "{q}#"', name='val T# = "{t}"', begin="class A {\n", end="\n}",
                   function='fun f#(x: String) = run("{q}$x")', kind='@Entity @Table(name = "visits_v1") class User#(val plan: String)',
                   use='fun g(u: User#) = u.plan'),
    ".groovy": program(define='def x# = "{q}#"', name='def T# = "{t}"', function='def f#(x) { run("{q}" + x) }'),
    ".cs": program(define='string x# = "{q}#";', name='string T# = "{t}";', begin="class A {\n", end="\n}", call='F("{q}#");',
                   function='void F#(string x) { Run($"{q}{x}"); }', kind='[Table("visits_v1")] class User# { public string Plan { get; set; } }',
                   use='void G(User# u) { var p = u.Plan; }'),
    ".php": program(define='$x# = "{q}#";', name='$t# = "{t}";', begin="<?php\n", plus=" . ", call='f("{q}#");',
                    function='function f#($x) { run("{q}$x"); }',
                    kind="class User# extends Model { protected $table = 'visits_v1'; protected $fillable = ['plan']; }",
                    use="User#::where('plan', 'x')->get();"),
    ".go": program(define='var x# = "{q}#"', name='var t# = "{t}"', begin="package a\n",
                   function='func f#(x string) { run("{q}" + x) }',
                   kind='type User# struct { Plan string }\nfunc (User#) TableName() string { return "visits_v1" }\n',
                   use='func g() { u := User#{Plan: "x"}; print(u.Plan) }'),
    ".rs": program(define='const X#: &str = "{q}#";', name='const T#: &str = "{t}";', plus=None, call='f("{q}#");',
                   function='fn f#(x: &str) { run(format!("{q}{}", x)); }',
                   kind='table! { visits_v1# (id) { id -> Integer, plan -> Text, } }', use='fn g() { visits_v1::plan.eq("x"); }'),
    ".ex": program(comment="# plan visits_v1 #", define='x# = "{q}#"', name='t# = "{t}"', plus=" <> ",
                   function='def f#(x), do: run("{q}#{x}")', kind='defmodule User# do\n  schema "visits_v1" do\n    field :plan, :string\n  end\nend',
                   use='def g(u), do: from(u in User#, where: u.plan == "x")'),
    ".js": program(define='const x# = "{q}#";', name='const t# = "{t}";', call='f("{q}#");',
                   function='function f#(x) { run(`{q}${x}`); }',
                   kind='class User# extends Model {}\nUser#.init({ plan: STRING }, { tableName: "visits_v1" });',
                   use='User#.findAll({ where: { plan: "x" } });'),
    ".ts": program(define='const x#: string = "{q}#";', name='const t# = "{t}";', call='f("{q}#");',
                   function='function f#(x: string) { run(`{q}${x}`); }',
                   kind='@Entity("visits_v1")\nexport class User# { @Column() plan: string; }', use='function g(u: User#) { return u.plan; }'),
    ".rb": program(comment="# plan visits_v1 #", define='x# = "{q}#"', name='T# = "{t}"',
                   function='def f#(x)\n  run("{q}#{x}")\nend', kind='class User# < ApplicationRecord\n  self.table_name = "visits_v1"\nend',
                   use='User#.where(plan: "x").map { |u| u.plan }'),
    ".R": program(comment="# plan visits_v1 #", define='x# <- "{q}#"', name='t# <- "{t}"', plus=None,
                  function='f# <- function(x) run(paste0("{q}", x))'),
    ".sh": program(comment="# plan visits_v1 #", define='x#="{q}#"', name='t#="{t}"', plus=None, call='bq query "{q}#"',
                   function='f#() {\n  bq query "{q}$1"\n}'),
}
LANGUAGES[".py"].update({
    "one text built up": lambda n: 'q = ""\n' + f'q += "{Q}"\n' * n + "run(q)\n",
    "f-strings": joined("\n", f'run(f"{Q}{{x#}}")'),
    "holes of an f-string": lambda n: f'run(f"{Q}' + " ".join("{x" + str(i) + "}" for i in range(n)) + '")',
    "names put in": lambda n: f'T = "{TABLE}"\n' + "".join(f'run(f"SELECT plan FROM {{T}} WHERE id = {i}")\n' for i in range(n)),
    "names, each put in": lambda n: "".join(f'T{i} = "{TABLE}"\n' for i in range(n)) + "".join(
        f'run(f"SELECT plan FROM {{T{i}}}")\n' for i in range(n)),
    "names of names": chained(f'T0 = "{TABLE}"\n', 'T# = T%\nrun(f"SELECT plan FROM {T#}")\n'),
    "names of SQL": chained(f'Q0 = "SELECT plan FROM {TABLE}"\n', 'Q# = f"SELECT plan FROM ({Q%}) x"\n'),
    "one name set again": lambda n: f'T = "{TABLE}"\nrun(f"SELECT plan FROM {{T}}")\n' * n,
    "neighbours": lambda n: "run(" + "\n    ".join([f'"{Q}"'] * n) + ")",
    "texts of three quotes": joined("\n", f'x# = """\n{Q}#\n"""'),
    "format": lambda n: f'run("SELECT plan FROM {TABLE} WHERE ' + " AND ".join(f"a = {{{i}}}" for i in range(n)) + '".format(' + ", ".join(
        "x" for _ in range(n)) + "))",
    "percent": lambda n: f'run("SELECT plan FROM {TABLE} WHERE ' + " AND ".join("a = %s" for _ in range(n)) + '" % (' + ", ".join(
        "x" for _ in range(n)) + "))",
    "dictionary": around("T = {\n", ",\n", f'"k#": "{TABLE}"', "\n}\nrun(f\"SELECT plan FROM {T['k0']}\")"),
    "list": around("T = [\n", ",\n", f'"{TABLE}"', "\n]"),
    "blocks in each other": lambda n: "".join(" " * i + "if x:\n" for i in range(min(n, 3000))) + " " * min(n, 3000) + f'run("{Q}")\n',
    "functions in each other": lambda n: "".join(" " * i + f"def f{i}():\n" for i in range(min(n, 3000))) + " " * min(n, 3000) + f'run("{Q}")\n',
    "data frames": around(f'd0 = spark.table("{TABLE}")\n', "\n", 'd# = d0.select("plan").filter(d0.plan == 1)', ""),
    "chain of calls": lambda n: f'd = spark.table("{TABLE}")' + '.withColumn("plan", f("plan"))' * n,
    "imports": lambda n: "".join(f"from a{i} import b{i}\n" for i in range(n)) + f'run("{Q}")\n',
    "decorators": lambda n: "@d('plan')\n" * n + f'def f():\n    run("{Q}")\n',
    "text inside text": lambda n: "x = " + "f\"{" * min(n, 2000) + "1" + "}\"" * min(n, 2000) + f'\nrun("{Q}")\n',
    "docstrings": joined("\n", 'def f#():\n    """The plan of visits_v1."""\n') ,
    "fields of one class": lambda n: 'class User(Base):\n    __tablename__ = "visits_v1"\n' + "".join(
        f"    c{i} = Column(String)\n" for i in range(n)) + "    plan = Column(String)\n",
    "methods of one class": lambda n: 'class User(Base):\n    __tablename__ = "visits_v1"\n    plan = Column(String)\n' + "".join(
        f"    def m{i}(self):\n        return self.plan\n" for i in range(n)),
    "rows of one class": lambda n: 'class User(Base):\n    __tablename__ = "visits_v1"\n    plan = Column(String)\n\ndef g(s):\n' + "".join(
        f"    u{i} = s.query(User).one()\n    f(u{i}.plan)\n" for i in range(n)),
    "one row, many uses": lambda n: 'class User(Base):\n    __tablename__ = "visits_v1"\n    plan = Column(String)\n\ndef g(s):\n'
    "    u = s.query(User).one()\n" + "    f(u.plan)\n" * n,
    "django models": lambda n: "from django.db import models\n" + "".join(
        f"class Visit{i}(models.Model):\n    plan = models.TextField()\n    class Meta:\n        db_table = 'visits_v1'\n" for i in range(n)),
})
LANGUAGES[".sh"].update({
    "here-documents": joined("\n", f"psql <<EOF#\n{Q}#;\nEOF#"),
    "here-documents that do not end": joined("\n", f"psql <<EOF#\n{Q}#;"),
    "one here-document": around("psql <<EOF\n", "\n", f"{Q}#;", "\nEOF\n"),
    "commands in commands": lambda n: "x=" + "$(echo " * n + f'"{Q}"' + ")" * n,
})
LANGUAGES[".rb"]["here-documents"] = joined("\n", f"x# = <<~SQL\n  {Q}#\nSQL")
LANGUAGES[".php"]["here-documents"] = around("<?php\n", "\n", f"$x# = <<<SQL\n{Q}#\nSQL;", "")
LANGUAGES[".php"]["parts of PHP"] = joined("\n", f'<p>plan</p><?php f("{Q}#"); ?>')
LANGUAGES[".js"]["templates in each other"] = lambda n: "x = " + "`${" * n + "1" + "}`" * n + f';\nf("{Q}");'
LANGUAGES[".js"]["patterns"] = around("", "\n", "x# = /plan\"visits_v1/g;", f'\nf("{Q}");')
LANGUAGES[".scala"]["text blocks"] = around("object A {\n", "\n", f'val x# = s"""\n|{Q}$y\n""".stripMargin', "\n}")
LANGUAGES[".scala"]["blocks in each other"] = lambda n: "{" * n + f'f("{Q}")' + "}" * n
LANGUAGES[".scala"]["comments in each other"] = lambda n: "/*" * n + "*/" * n + f'\nf("{Q}")'
LANGUAGES[".rs"]["comments in each other"] = lambda n: "/*" * n + "*/" * n + f'\nf("{Q}")'
LANGUAGES[".rs"]["raw texts that do not end"] = lambda n: f'f("{Q}");\n' + 'r#"plan ' * n


def yaml_depth(n):
    n = min(n, 900)
    return "".join("  " * i + f"k{i}:\n" for i in range(n)) + "  " * n + f"q: {Q}1\n"


def cells(sources, kind="code"):
    import json
    return json.dumps({"cells": [{"cell_type": kind, "metadata": {}, "outputs": [], "source": s} for s in sources], "metadata": {},
                       "nbformat": 4, "nbformat_minor": 5})


FORMATS = {
    ".yaml": {
        "list": around("queries:\n", "\n", f"  - \"{Q}#\"", ""),
        "list of names": around("tables:\n", "\n", f"  - {TABLE}", ""),
        "plain values": joined("\n", f"k#: {Q}#"),
        "blocks": joined("\n", f"k#: |\n  {Q}#"),
        "one block": around("k: |\n", "\n", f"  {Q}#;", ""),
        "maps in a list": around("jobs:\n", "\n", f"  - name: j#\n    dataset: events\n    table: visits_v1\n    sql: {Q}#", ""),
        "depth": yaml_depth,
        "depth of flow": lambda n: "k: " + "[" * n + "1" + "]" * n + f"\nq: {Q}1\n",
        "flow": around("k: [", ", ", f'"{Q}#"', "]"),
        "documents": joined("\n---\n", f"k#: {Q}#"),
        "anchors": lambda n: f"a: &a {Q}1\n" + "".join(f"k{i}: *a\n" for i in range(n)),
        "anchors of anchors": lambda n: f'a0: &a0 ["{Q}1"]\n' + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, n)),
        "comments": around("", "\n", "# plan visits_v1 #", f"\nq: {Q}1\n"),
        "keys": around("k:\n", "\n", "  plan#: visits_v1", ""),
        "kubernetes": joined("\n---\n", f"apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: c# }}\ndata:\n  TABLE: {TABLE}"),
        "quote that does not end": around(f'q: {Q}1\nk: "', "\n", "  plan visits_v1", ""),
        "list of columns": around("fields:\n", "\n", "- name: c#\n  type: STRING", f"\n- name: plan\n  type: STRING\n# {TABLE}\n"),
    },
    ".json": {
        "list": around("[", ",\n", f'"{Q}#"', "]"),
        "keys": around("{", ",\n", f'"k#": "{TABLE}"', "}"),
        "depth": lambda n: "[" * n + f'"{Q}1"' + "]" * n,
        "depth of maps": lambda n: '{"a":' * n + f'"{Q}1"' + "}" * n,
        "escapes": lambda n: f'{{"q": "{Q}1' + "\\n" * n + '"}',
        "maps": around("[", ",\n", f'{{"name": "j#", "dataset": "events", "table": "visits_v1", "sql": "{Q}#"}}', "]"),
        "that does not end": lambda n: "[" * n + f'"{Q}1"',
    },
    ".ipynb": {
        "cells": lambda n: cells([f'run("{Q}{i}")' for i in range(n)]),
        "cells of SQL": lambda n: cells([["%%sql\n", f"{Q}{i}"] for i in range(n)]),
        "cells of text": lambda n: cells(["the plan of visits_v1"] * n, "markdown"),
        "lines of a cell": lambda n: cells([[f'run("{Q}{i}")\n' for i in range(n)]]),
        "names over cells": lambda n: cells([f'T{i} = "{TABLE}"' for i in range(n)] + [f'run(f"SELECT plan FROM {{T{i}}}")' for i in range(n)]),
    },
    ".toml": {"keys": joined("\n", f'k# = "{Q}#"'), "tables": joined("\n", f'[t#]\nq = "{Q}#"'), "arrays": around("k = [", ", ", f'"{Q}#"', "]")},
    ".tf": {"resources": joined("\n", f'resource "x" "r#" {{\n  query = "{Q}#"\n}}'), "here-documents": joined("\n", f"x# = <<EOF\n{Q}#\nEOF"),
            "blocks in each other": lambda n: "a {\n" * n + f'q = "{Q}1"\n' + "}\n" * n, "locals": lambda n: "locals {\n" + "".join(
                f'  t{i} = "{TABLE}"\n' for i in range(n)) + "}\n" + "".join(f'x{i} = "SELECT plan FROM ${{local.t{i}}}"\n' for i in range(n)),
            "texts in texts": lambda n: 'x = ' + '"${' * n + "1" + '}"' * n + f'\nq = "{Q}1"\n'},
    ".conf": {"keys": joined("\n", f'k# = "{Q}#"'), "bare": joined("\n", f"k# = {TABLE}"), "blocks in each other": lambda n: "a {\n" * n +
              f'q = "{Q}1"\n' + "}\n" * n},
    ".xml": {"elements": around("<a>", "\n", f"<q>{Q}#</q>", "</a>"), "depth": lambda n: "<a>" * n + f"{Q}1" + "</a>" * n,
             "attributes": around("<a ", " ", f'q#="{Q}#"', "/>"), "CDATA": around("<a>", "\n", f"<![CDATA[{Q}#]]>", "</a>"),
             "comments": around("<a>", "\n", "<!-- plan visits_v1 # -->", f"<q>{Q}1</q></a>"), "entities": lambda n: f"<a>{Q}1" + "&amp;" * n + "</a>",
             "that does not end": lambda n: f"<q>{Q}1</q>" + "<a" * n, "CDATA that does not end": lambda n: f"<q>{Q}1</q>" + "<![CDATA[" * n,
             "mybatis": around("<mapper>", "\n", f'<select id="s#">SELECT plan FROM {TABLE} <if test="x">WHERE plan = #{{x}}</if></select>', "</mapper>")},
    ".properties": {"keys": joined("\n", f"k# = {Q}#"), "line that goes on": around("k = ", " \\\n", "plan", f" {Q}1"), "tables": joined("\n", f"k# = {TABLE}")},
    ".lkml": {"views": joined("\n", "view: v# {\n  sql_table_name: " + TABLE + " ;;\n  dimension: plan { sql: ${TABLE}.plan ;; }\n}"),
              "dimensions": around("view: v {\n  sql_table_name: " + TABLE + " ;;\n", "\n", "  dimension: d# { sql: ${TABLE}.plan ;; }", "\n}"),
              "one dimension": around("view: v {\n  sql_table_name: " + TABLE + " ;;\n  dimension: d { sql: ", " + ", "${TABLE}.plan", " ;; }\n}"),
              "derived tables": joined("\n", f"view: v# {{ derived_table: {{ sql: {Q}# ;; }} }}"),
              "SQL that does not end": lambda n: f"view: v {{ derived_table: {{ sql: {Q}1 ;; }} }}\n" + "sql: plan " * n},
    ".prisma": {"models": joined("\n", 'model User# {\n  id Int\n  plan String\n  @@map("visits_v1")\n}'),
                "fields": around("model User {\n", "\n", "  c# String", '\n  plan String\n  @@map("visits_v1")\n}'),
                "relations": around('model User {\n  plan String\n  lines Line[]\n  @@map("visits_v1")\n}\n', "\n", "model L# {\n  user User @relation(fields: [plan], references: [plan])\n}", "")},
    ".sqlx": {"ref": joined("\nUNION ALL\n", 'SELECT plan FROM ${ref("events", "visits_v1")}'), "blocks": around('config { type: "table" }\n', "\n", "js { const x# = 'plan'; }", f"\nSELECT plan FROM {TABLE}"),
              "operations": around("SELECT plan FROM " + TABLE + "\n", "\n", f"post_operations {{ {Q}# }}", "")},
    ".md": {"blocks of code": joined("\n", f"```sql\n{Q}#\n```"), "text": joined("\n", "the plan of `visits_v1` #"), "fences that do not end": lambda n: "```sql\n" + "SELECT plan\n" * n + f"{Q}1",
            "fences": lambda n: f"{Q}1\n" + "```\n" * n},
    ".Rmd": {"chunks": joined("\n", f"```{{r}}\nx <- \"{Q}#\"\n```"), "chunks of SQL": joined("\n", f"```{{sql}}\n{Q}#\n```"), "in a line": joined(" ", "`r f(\"plan\")`")},
    ".txt": {"mentions": joined("\n", "visits_v1 and its plan"), "mentions with dots": joined(" ", TABLE)},
    ".gradle": {"lines": joined("\n", f'x# = "{Q}#"')},
    ".vue": {"lines": joined("\n", f'const x# = "{Q}#";')},
    ".tsx": {"elements": around("function A() { return <p>", "\n", '<B plan="visits_v1">plan\'s</B>', f'</p>; }}\nf("{Q}");')},
    ".csv": {"rows": around("id,plan\n", "\n", "#,visits_v1", "")},
    ".cypher": {"lines": joined("\n", f"{Q}#")},
}


# What nobody writes, and programs do, or somebody who means harm: by ending.
MIXED = {
    ".sql": {
        "loops around unions": joined("\nUNION ALL\n", "{% for c in ['plan', 'id'] %}SELECT v.{{ c }} " + V + "{% if not loop.last %} UNION ALL {% endif %}{% endfor %}"),
        "one loop around unions": around("{% for t in ['a', 'b'] %}", " UNION ALL ", f"SELECT v.plan, '{{{{ t }}}}' AS t {V}", "{% endfor %}"),
        "unions in loops in loops": lambda n: "{% for c in cs %}" * n + f"SELECT v.plan {V} UNION ALL " + "{% endfor %}" * n + f"SELECT v.plan {V}",
        "loops whose variable is set": joined("\n", "{% for c in ['plan'] %}{% set x = c %}SELECT v.{{ x }} " + V + ";{% endfor %}"),
        "quotes that do not end": joined("\n", f"SELECT v.plan {V} WHERE a = 'x#;"),
        "backticks that do not end": joined("\n", f"SELECT v.plan FROM `{TABLE} v;"),
        "comments that only begin": lambda n: f"SELECT v.plan {V} " + "/* " * n,
        "comments that begin and end": lambda n: f"SELECT v.plan {V} " + "/* " * n + "*/ " * n,
        "brackets of all kinds that do not end": lambda n: f"SELECT v.plan {V} WHERE " + "([{" * n,
        "brackets that cross": lambda n: f"SELECT v.plan {V} WHERE " + "([)]" * n,
        "tags that only begin": lambda n: f"SELECT v.plan {V} " + "{% " * n,
        "templates that only begin": lambda n: f"SELECT v.plan {V} " + "{{ " * n,
        "ends of tags": lambda n: f"SELECT v.plan {V} " + "%} }} #} " * n,
        "ends of blocks": lambda n: f"SELECT v.plan {V} " + "{% endif %}{% endfor %}{% endset %}" * n,
        "blocks that cross": lambda n: f"SELECT v.plan {V} " + "{% if x %}{% for y in z %}{% endif %}{% endfor %}" * n,
        "raw that does not end": lambda n: f"SELECT v.plan {V} " + "{% raw %} {{ plan }} " * n,
        "WITH that does not end": lambda n: "WITH " + "a AS (SELECT plan FROM " * n + TABLE,
        "SELECT alone": lambda n: f"SELECT v.plan {V}; " + "SELECT " * n,
        "FROM alone": lambda n: f"SELECT v.plan {V}; SELECT a " + "FROM " * n,
        "JOIN alone": lambda n: f"SELECT v.plan {V} " + "JOIN " * n,
        "commas": lambda n: f"SELECT v.plan {V}; SELECT " + "," * n,
        "dots": lambda n: f"SELECT v.plan {V}; SELECT " + "." * n,
        "stars alone": lambda n: f"SELECT {'*' * n} {V}",
        "CASE that does not end": lambda n: "SELECT " + "CASE WHEN v.plan = 'x' THEN " * n + f" 1 {V}",
        "casts within casts": lambda n: "SELECT " + "CAST(" * n + "v.plan" + " AS text)" * n + f" AS x {V}",
        "one long name": lambda n: f"SELECT {'plan' * n} {V}",
        "one long number": lambda n: f"SELECT {'1' * n}, v.plan {V}",
        "JSON in a text": lambda n: "SELECT '" + '{"plan": [1, "visits_v1"]}, ' * n + f"' AS j, v.plan {V}",
        "dumps of rows": around(f"COPY {TABLE} (id, plan) FROM stdin;\n", "\n", "#\tx", f"\n\\.\nSELECT plan FROM {TABLE};\n"),
    },
    ".py": {
        "f-strings in a list": around("X = [\n", ",\n", f'f"{Q}{{x#}}"', "\n]"),
        "dictionaries in dictionaries": lambda n: "X = " + '{"k": ' * n + f'"{Q}"' + "}" * n,
        "dictionary of dictionaries": around("X = {", ",\n", '"k#": {"table": "' + TABLE + '", "columns": ["plan", "id"]}', "}"),
        "lines that go on": lambda n: "x = 1" + " + \\\n 1" * n + f'\nrun("{Q}")\n',
        "quotes of three that do not end": lambda n: f'run("{Q}")\n' + 'x = """plan visits_v1\n' * (2 * (n // 2) + 1),
        "unions in a loop": joined("\n", f'q = " UNION ALL ".join(f"{Q}{{i}}" for i in range(#))\nrun(q)'),
    },
    ".js": {
        "minified": lambda n: "var a=[" + ",".join(f'"{Q}{i}"' for i in range(n)) + "];",
        "minified calls": lambda n: ";".join(f'a{i}.b("plan",c(d({i}),"visits_v1"))' for i in range(n)),
        "templates in a line": lambda n: "x=[" + ",".join(f"`{Q}${{a{i}}}`" for i in range(n)) + "]",
    },
    ".json": {
        "one line": lambda n: "[" + ",".join(f'{{"id":{i},"plan":"x","q":"{Q}{i}"}}' for i in range(n)) + "]",
        "numbers": lambda n: f'{{"q": "{Q}1", "n": [' + ",".join(str(i) for i in range(n)) + "]}",
        "one long text": lambda n: '{"q": "' + (Q + "1; ") * n + '"}',
    },
    ".xml": {
        "nodes": around(f'<a q="{Q}1">', "", "<b c='plan'>visits_v1</b>", "</a>"),
        "empty nodes": around(f"<a><q>{Q}1</q>", "", "<b/>", "</a>"),
        "entities that are made": lambda n: "<!DOCTYPE a [" + "".join(f'<!ENTITY e{i} "&e{max(i - 1, 0)};&e{max(i - 1, 0)};">' for i in range(n)) + f"]><a>{Q}&e{n - 1};</a>",
    },
    ".yaml": {
        "lines": around("a:\n", "\n", f"  - {{ name: plan, table: {TABLE}, n: # }}", ""),
        "airflow": around("dags:\n", "\n", f"  d#:\n    schedule: daily\n    tasks:\n      - sql: |\n          {Q}#\n        destination: {TABLE}", ""),
        "anchors that merge": lambda n: f'a0: &a0 {{ q: "{Q}1" }}\n' + "".join(f"a{i}: &a{i} {{ <<: *a{i - 1}, k{i}: plan }}\n" for i in range(1, n)),
        "bomb of anchors": lambda n: f'a0: &a0 ["{Q}1"]\n' + "".join(f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, n)),
        "keys that are questions": lambda n: f"q: {Q}1\n" + "".join(f"? k{i}\n: plan\n" for i in range(n)),
        "colons": lambda n: f"q: {Q}1\nk: " + "a: " * n,
        "indents": lambda n: f"q: {Q}1\n" + "".join(" " * (i % 40) + "- plan\n" for i in range(n)),
    },
    ".ipynb": {
        "outputs": lambda n: cells([f'run("{Q}1")']).replace('"outputs": []', '"outputs": [' + ", ".join('{"text": ["plan visits_v1"]}' for _ in range(n)) + "]"),
        "a picture": lambda n: cells([f'run("{Q}1")']).replace('"outputs": []', '"outputs": [{"data": {"image/png": "' + "iVBORw0KGgo" * n + '"}}]'),
        "magic of a line": lambda n: cells([f"%sql {Q}{i}" for i in range(n)]),
    },
    ".sh": {"quotes that do not end": joined("\n", f"bq query '{Q}#"), "strings of one line": joined(" ", f'"{Q}#"')},
    ".java": {"one text in many lines": lambda n: "class A { String q = " + " +\n".join(f'"{Q}{i} "' for i in range(n)) + "; }",
              "builders": lambda n: "class A { void f() { StringBuilder b = new StringBuilder();\n" + f'b.append("{Q}");\n' * n + "run(b.toString()); } }"},
}


def mapping_of(source, target, columns, dbt=""):
    return f"apiVersion: honk/v1\nkind: Mapping\nsource: {source}\ntarget: {target}\ncolumns:\n" + "".join(
        f"  {new}: {old}\n" for new, old in columns) + dbt


def many_mappings(n):
    return "---\n".join(mapping_of(f"acme.events.t{i}", f"acme.events.n{i}", [("id", "id"), ("kind", "plan")]) for i in range(n))


def models(n, piece, first=None):
    files = {"dbt_project.yml": "name: shop\nmodel-paths: [models]\nmacro-paths: [macros]\n",
             "models/sources.yml": "version: 2\nsources:\n  - name: events\n    database: acme\n    schema: events\n    tables:\n      - name: visits_v1\n"
             "        columns:\n          - name: plan\n",
             "models/m0.sql": first or "SELECT plan, id FROM {{ source('events', 'visits_v1') }}\n"}
    files.update({f"models/m{i}.sql": piece(i) for i in range(1, n)})
    return files


def below(n, text, extension="sql"):
    return {f"f{i}.{extension}": text.replace("#", str(i)).replace("%", str(i - 1)) for i in range(n)}


def with_yaml(n, text):
    files = models(1, None)
    files["models/schema.yml"] = text
    return files


PROJECTS = {
    "files": lambda n: below(n, f"SELECT v.plan {V};\n"),
    "files of Python": lambda n: below(n, f'run("{Q}#")\n', "py"),
    "folders in each other": lambda n: {"/".join(["d"] * min(n, 400)) + f"/f{i}.sql": f"SELECT v.plan {V}" for i in range(4)},
    "views over files, chain": lambda n: {"f0.sql": f"CREATE VIEW acme.x.t0 AS SELECT plan, id FROM {TABLE};\n", **{
        f"f{i}.sql": f"CREATE VIEW acme.x.t{i} AS SELECT plan, id FROM acme.x.t{i - 1};\n" for i in range(1, n)}},
    "views over files, each of the dataset": lambda n: below(n, f"CREATE VIEW acme.x.t# AS SELECT plan, id FROM {TABLE};\n"),
    "readers of one view": lambda n: {"f.sql": f"CREATE VIEW acme.x.t AS SELECT plan, id FROM {TABLE};\n", **below(n, "SELECT plan FROM acme.x.t;\n")},
    "one view in many files": lambda n: below(n, f"CREATE VIEW acme.x.t AS SELECT plan, id FROM {TABLE};\n"),
    "a reader that needs a person": lambda n: {**{"f0.sql": f"CREATE VIEW acme.x.t0 AS SELECT plan, id FROM {TABLE};\n"}, **{
        f"f{i}.sql": f"CREATE VIEW acme.x.t{i} AS SELECT plan, id FROM acme.x.t{i - 1};\n" for i in range(1, n)},
        "z.sql": f"SELECT x.* FROM acme.x.t{n - 1} x, acme.x.o o WHERE plan = {{{{ f(plan) }}}};\n"},
    "views that undo each other": lambda n: {f"f{i}.sql": f"CREATE VIEW acme.x.t{i} AS SELECT a.plan, a.id FROM {TABLE} a JOIN acme.x.t{(i + 1) % n} b ON b.plan = a.plan;\n"
                                             for i in range(n)},
    "tables with bare names": lambda n: below(n, f"CREATE TABLE t# AS SELECT plan FROM {TABLE};\nSELECT plan FROM t%;\n"),
    "chain of models": lambda n: models(n, lambda i: f"SELECT plan, id FROM {{{{ ref('m{i - 1}') }}}}\n"),
    "chain of models of stars": lambda n: models(n, lambda i: f"SELECT * FROM {{{{ ref('m{i - 1}') }}}}\n"),
    "readers of one model": lambda n: models(n, lambda i: "SELECT plan, id FROM {{ ref('m0') }}\n"),
    "models that read two": lambda n: models(n, lambda i: f"SELECT a.plan, a.id FROM {{{{ ref('m{i - 1}') }}}} a JOIN {{{{ ref('m{i // 2}') }}}} b ON a.plan = b.plan\n"),
    "models in a ring": lambda n: models(n, lambda i: f"SELECT a.plan, a.id FROM {{{{ ref('m{i - 1}') }}}} a\n",
                                         f"SELECT plan, id FROM {{{{ source('events', 'visits_v1') }}}} JOIN {{{{ ref('m{n - 1}') }}}} USING (plan)\n"),
    "one model that reads all": lambda n: {**models(n, lambda i: "SELECT plan, id FROM {{ source('events', 'visits_v1') }}\n"),
                                           "models/all.sql": "\nUNION ALL\n".join(f"SELECT plan FROM {{{{ ref('m{i}') }}}}" for i in range(n))},
    "chain that ends at a person": lambda n: {**models(n, lambda i: f"SELECT plan, id FROM {{{{ ref('m{i - 1}') }}}}\n"),
                                              "models/z.sql": f"SELECT {{{{ f(plan) }}}}, plan FROM {{{{ ref('m{n - 1}') }}}} x, y WHERE plan = {{{{ 'pl' ~ 'an' }}}}\n"},
    "models with YAML": lambda n: {**models(n, lambda i: f"SELECT plan, id FROM {{{{ ref('m{i - 1}') }}}}\n"), "models/schema.yml": "version: 2\nmodels:\n" + "".join(
        f"  - name: m{i}\n    columns:\n      - name: plan\n        tests: [not_null]\n" for i in range(n))},
    "YAML for each model": lambda n: {**models(n, lambda i: f"SELECT plan, id FROM {{{{ ref('m{i - 1}') }}}}\n"), **{
        f"models/m{i}.yml": f"version: 2\nmodels:\n  - name: m{i}\n    columns:\n      - name: plan\n        tests: [not_null]\n" for i in range(n)}},
    "relationships": lambda n: {**models(n, lambda i: "SELECT plan, id FROM {{ ref('m0') }}\n"), "models/schema.yml": "version: 2\nmodels:\n" + "".join(
        f"  - name: m{i}\n    columns:\n      - name: plan\n        tests:\n          - relationships: {{ to: ref('m0'), field: plan }}\n" for i in range(n))},
    "exposures": lambda n: {**models(2, lambda i: "SELECT plan, id FROM {{ ref('m0') }}\n"), "models/e.yml": "version: 2\nexposures:\n" + "".join(
        f"  - name: e{i}\n    type: dashboard\n    owner: {{ email: a@b.c }}\n    depends_on: [ref('m1')]\n" for i in range(n))},
    "sources": lambda n: with_yaml(n, "version: 2\nsources:\n" + "".join(f"  - name: s{i}\n    schema: events\n    database: acme\n    tables:\n      - name: visits_v1\n" for i in range(n))),
    "tables of a source": lambda n: with_yaml(n, "version: 2\nsources:\n  - name: s\n    schema: events\n    database: acme\n    tables:\n" + "".join(f"      - name: t{i}\n" for i in range(n))),
    "columns of a source": lambda n: with_yaml(n, "version: 2\nsources:\n  - name: s\n    schema: events\n    database: acme\n    tables:\n      - name: visits_v1\n        columns:\n" + "".join(
        f"          - name: c{i}\n" for i in range(n)) + "          - name: plan\n"),
    "tests of a column": lambda n: with_yaml(n, "version: 2\nsources:\n  - name: s\n    schema: events\n    database: acme\n    tables:\n      - name: visits_v1\n        columns:\n          - name: plan\n            tests:\n" + "".join(
        f"              - dbt_utils.expression_is_true: {{ expression: \"plan > {i}\" }}\n" for i in range(n))),
    "unit tests": lambda n: {**models(2, lambda i: "SELECT plan, id FROM {{ ref('m0') }}\n"), "models/u.yml": "version: 2\nunit_tests:\n" + "".join(
        f"  - name: u{i}\n    model: m1\n    given:\n      - input: ref('m0')\n        rows: [{{plan: x}}]\n    expect:\n      rows: [{{plan: x}}]\n" for i in range(n))},
    "semantic models": lambda n: {**models(2, lambda i: "SELECT plan, id FROM {{ ref('m0') }}\n"), "models/s.yml": "version: 2\nsemantic_models:\n" + "".join(
        f"  - name: s{i}\n    model: ref('m1')\n    dimensions:\n      - name: plan\n        type: categorical\n" for i in range(n))},
    "macros": lambda n: {**models(1, None), **{f"macros/m{i}.sql": f"{{% macro f{i}(c) %}} max({{{{ c }}}}) {{% endmacro %}}\n" for i in range(n)},
                         "models/x.sql": "SELECT " + ", ".join(f"{{{{ f{i}('plan') }}}} AS a{i}" for i in range(n)) + " FROM {{ source('events', 'visits_v1') }}\n"},
    "macros in a chain": lambda n: {**models(1, None), "macros/all.sql": "{% macro f0(c) %} max({{ c }}) {% endmacro %}\n" + "".join(
        f"{{% macro f{i}(c) %}} {{{{ f{i - 1}(c) }}}} {{% endmacro %}}\n" for i in range(1, n)),
                                    "models/x.sql": f"SELECT {{{{ f{n - 1}('plan') }}}} AS a, {{{{ f{n // 2}('plan') }}}} AS b FROM {{{{ source('events', 'visits_v1') }}}}\n"},
    "macros that call two": lambda n: {**models(1, None), "macros/all.sql": "{% macro f0(c) %} max({{ c }}) {% endmacro %}\n" + "".join(
        f"{{% macro f{i}(c) %}} {{{{ f{i - 1}(c) }}}} + {{{{ f{i // 2}(c) }}}} {{% endmacro %}}\n" for i in range(1, n)),
                                       "models/x.sql": f"SELECT {{{{ f{n - 1}('plan') }}}} AS a FROM {{{{ source('events', 'visits_v1') }}}}\n"},
    "macros of one name": lambda n: {**models(1, None), "macros/all.sql": "{% macro f(c) %} max({{ c }}) {% endmacro %}\n" * n,
                                     "models/x.sql": "SELECT " + ", ".join(f"{{{{ f('plan') }}}} AS a{i}" for i in range(n)) + " FROM {{ source('events', 'visits_v1') }}\n"},
    "calls of one macro": lambda n: {**models(1, None), "macros/all.sql": "{% macro f(c) %} max({{ c }}) {% endmacro %}\n", **{
        f"models/x{i}.sql": "SELECT {{ f('plan') }} AS a FROM {{ source('events', 'visits_v1') }}\n" for i in range(n)}},
    "macros that read the table": lambda n: {**models(1, None), "macros/all.sql": "".join(
        f"{{% macro f{i}() %}} SELECT plan FROM {{{{ source('events', 'visits_v1') }}}} {{% endmacro %}}\n" for i in range(n)), **{
            f"models/x{i}.sql": f"SELECT plan FROM ({{{{ f{i}() }}}})\n" for i in range(n)}},
    "vars": lambda n: {**models(1, None), "dbt_project.yml": "name: shop\nvars:\n" + "".join(f"  v{i}: plan\n" for i in range(n)),
                       "models/x.sql": "SELECT " + ", ".join(f"{{{{ var('v{i}') }}}} AS a{i}" for i in range(n)) + " FROM {{ source('events', 'visits_v1') }}\n"},
    "projects": lambda n: {f"p{i}/{path}": text for i in range(n) for path, text in models(2, lambda i: "SELECT plan FROM {{ ref('m0') }}\n").items()},
    "seeds": lambda n: {**models(1, None), **{f"seeds/s{i}.csv": "id,plan\n1,x\n" for i in range(n)}, "models/x.sql": "SELECT plan FROM {{ source('events', 'visits_v1') }}\n"},
    "constants of one module": lambda n: {"config.py": "".join(f'T{i} = "{TABLE}"\n' for i in range(n)), **{
        f"f{i}.py": f'from config import T{i}\nrun(f"SELECT plan FROM {{T{i}}}")\n' for i in range(n)}},
    "one constant, many files": lambda n: {"config.py": f'T = "{TABLE}"\n', **below(n, 'from config import T\nrun(f"SELECT plan FROM {T}")\n', "py")},
    "modules in a chain": lambda n: {"m0.py": f'T = "{TABLE}"\n', **{f"m{i}.py": f'from m{i - 1} import T\nrun(f"SELECT plan FROM {{T}}")\n' for i in range(1, n)}},
    "modules of stars in a chain": lambda n: {"m0.py": f'T = "{TABLE}"\n', **{f"m{i}.py": f'from m{i - 1} import *\nrun(f"SELECT plan FROM {{T}}")\n' for i in range(1, n)}},
    "modules of one name": lambda n: {**{f"a{i}/config.py": f'T = "{TABLE}"\n' for i in range(n)}, **{f"a{i}/f.py": 'from config import T\nrun(f"SELECT plan FROM {T}")\n' for i in range(n)}},
    "one class, many files": lambda n: {"models.py": 'class User(Base):\n    __tablename__ = "visits_v1"\n    plan = Column(String)\n', **below(
        n, "from models import User\n\ndef g(s):\n    return s.query(User).filter_by(plan=1).one().plan\n", "py")},
    "classes of one name, many files": lambda n: {**{f"a{i}/models.py": 'class User(Base):\n    __tablename__ = "visits_v1"\n    plan = Column(String)\n' for i in range(n)}, **{
        f"a{i}/f.py": "from models import User\n\ndef g(s):\n    return s.query(User).one().plan\n" for i in range(n)}},
    "classes of Java": lambda n: {f"src/a/User{i}.java": f'package a;\n@Entity @Table(name = "visits_v1") class User{i} {{ String plan; void f(User{max(i - 1, 0)} u) {{ u.getPlan(); }} }}\n' for i in range(n)},
    "classes of Java that extend": lambda n: {"src/a/User0.java": 'package a;\n@Entity @Table(name = "visits_v1") class User0 { String plan; }\n', **{
        f"src/a/User{i}.java": f"package a;\nclass User{i} extends User{i - 1} {{ void f(User{i - 1} u) {{ u.getPlan(); }} }}\n" for i in range(1, n)}},
    "constants of Java": lambda n: {"src/a/T.java": "package a;\nclass T {\n" + "".join(f'  static final String T{i} = "{TABLE}";\n' for i in range(n)) + "}\n", **{
        f"src/a/F{i}.java": f'package a;\nclass F{i} {{ void f() {{ run("SELECT plan FROM " + T.T{i}); }} }}\n' for i in range(n)}},
    "scripts that source": lambda n: {"s0.sh": f"T={TABLE}\n", **{f"s{i}.sh": f'. ./s{i - 1}.sh\nbq query "SELECT plan FROM $T"\n' for i in range(1, n)}},
    "modules of JavaScript": lambda n: {"m0.js": f'export const T = "{TABLE}";\n', **{f"m{i}.js": f'export * from "./m{i - 1}";\nimport {{ T }} from "./m{i - 1}";\nrun(`SELECT plan FROM ${{T}}`);\n' for i in range(1, n)}},
    "locals of Terraform": lambda n: {"l.tf": "locals {\n" + "".join(f'  t{i} = "{TABLE}"\n' for i in range(n)) + "}\n", **{
        f"f{i}.tf": f'x{i} = "SELECT plan FROM ${{local.t{i}}}"\n' for i in range(n)}},
    "models of Rails": lambda n: below(n, 'class User# < ApplicationRecord\n  self.table_name = "visits_v1"\n  def f = where(plan: 1)\nend\n', "rb"),
    "models of Go": lambda n: below(n, 'package a\ntype User# struct { Plan string }\nfunc (User#) TableName() string { return "visits_v1" }\nfunc g#(u User#) { print(u.Plan) }\n', "go"),
}

# Of these the mapping grows, or the schema: (files, mapping, schema)
SETTINGS = {
    "mappings": lambda n: ({"f.sql": "SELECT a.plan FROM acme.events.t0 a;\n"}, many_mappings(n), None),
    "mappings, each read": lambda n: ({"f.sql": "".join(f"SELECT a.plan FROM acme.events.t{i} a;\n" for i in range(n))}, many_mappings(n), None),
    "mappings, each read by a file": lambda n: ({f"f{i}.sql": f"SELECT a.plan FROM acme.events.t{i} a;\n" for i in range(n)}, many_mappings(n), None),
    "mappings, each read by a program": lambda n: ({f"f{i}.py": f'run("SELECT a.plan FROM acme.events.t{i} a")\n' for i in range(n)}, many_mappings(n), None),
    "mappings, program": lambda n: ({"f.py": "".join(f'run("SELECT a.plan FROM acme.events.t{i} a")\n' for i in range(n))}, many_mappings(n), None),
    "mappings, dbt": lambda n: ({"dbt_project.yml": "name: a\n", "models/s.yml": "version: 2\nsources:\n  - name: events\n    database: acme\n    tables:\n" + "".join(
        f"      - name: t{i}\n" for i in range(n)), **{f"models/m{i}.sql": f"SELECT plan FROM {{{{ source('events', 't{i}') }}}}\n" for i in range(n)}}, many_mappings(n), None),
    "mappings, none named": lambda n: ({f"f{i}.sql": f"SELECT a.plan FROM acme.other.t{i} a;\n" for i in range(n)}, many_mappings(n), None),
    "mappings, columns without qualifier": lambda n: ({"f.sql": "SELECT plan FROM " + ", ".join(f"acme.events.t{i}" for i in range(n))}, many_mappings(n), None),
    "mappings, one name": lambda n: ({"f.sql": "".join(f"SELECT a.plan FROM d{i}.events.t a;\n" for i in range(n))}, "---\n".join(
        mapping_of(f"d{i}.events.t", f"d{i}.events.n", [("id", "id"), ("kind", "plan")]) for i in range(n)), None),
    "columns of the mapping": lambda n: ({"f.sql": f"SELECT v.c0, plan {V};\n"}, mapping_of(TABLE, "acme.events.n", [(f"n{i}", f"c{i}") for i in range(n)]), None),
    "columns of the mapping, each read": lambda n: ({"f.sql": "SELECT " + ", ".join(f"c{i}" for i in range(n)) + f" {V};\n"}, mapping_of(
        TABLE, "acme.events.n", [(f"n{i}", f"c{i}") for i in range(n)]), None),
    "columns of the mapping, program": lambda n: ({"f.py": f'd = spark.table("{TABLE}")\n' + "".join(f'd.select("c{i}")\n' for i in range(n))}, mapping_of(
        TABLE, "acme.events.n", [(f"n{i}", f"c{i}") for i in range(n)]), None),
    "columns that trade names": lambda n: ({"f.sql": "SELECT " + ", ".join(f"c{i}" for i in range(n)) + f" {V};\n"}, mapping_of(
        TABLE, TABLE, [(f"c{i}", f"c{(i + 1) % n}") for i in range(n)]), None),
    "tables of the schema": lambda n: ({"f.sql": f"SELECT plan, x {V} JOIN acme.o.t0 o ON o.id = v.id;\n"}, None, "tables:\n" + f"  {TABLE}: {{ id: int, plan: text, state: text, created: text }}\n" + "".join(
        f"  acme.o.t{i}: {{ x: int }}\n" for i in range(n))),
    "tables of the schema, each read": lambda n: ({"f.sql": "".join(f"SELECT plan, x {V} JOIN acme.o.t{i} o ON o.id = v.id;\n" for i in range(n))}, None, "tables:\n" +
                                                  f"  {TABLE}: {{ id: int, plan: text, state: text, created: text }}\n" + "".join(f"  acme.o.t{i}: {{ x: int }}\n" for i in range(n))),
    "columns of the schema": lambda n: ({"f.sql": "".join(f"SELECT plan, c{i} {V};\n" for i in range(n))}, None, "tables:\n" + f"  {TABLE}: {{ id: int, plan: text, state: text, created: text, " + ", ".join(
        f"c{i}: int" for i in range(n)) + " }\n"),
    "stars of a wide table": lambda n: ({"f.sql": f"SELECT * {V} WHERE plan = 'x';\n" * 20}, None, "tables:\n" + f"  {TABLE}: {{ id: int, plan: text, state: text, created: text, " + ", ".join(
        f"c{i}: int" for i in range(n)) + " }\n"),
    "values of the mapping": lambda n: ({"f.sql": f"SELECT v.id {V} WHERE v.state IN (" + ", ".join(f"'s{i}'" for i in range(n)) + ");\n"}, mapping_of(
        TABLE, "acme.events.n", [("id", "id"), ("mode", "{ from: state, values: { " + ", ".join(f"n{i}: s{i}" for i in range(n)) + " } }")]), None),
    "renames that chain": lambda n: ({"f.sql": "".join(f"SELECT a.plan FROM acme.events.t{i} a;\n" for i in range(n))}, "---\n".join(
        mapping_of(f"acme.events.t{i}", f"acme.events.t{i + 1}", [("id", "id"), ("kind", "plan")]) for i in range(n)), None),
    "tables that trade names in a ring": lambda n: ({"f.sql": "".join(f"SELECT a.plan FROM acme.events.t{i} a;\n" for i in range(n))}, "---\n".join(
        mapping_of(f"acme.events.t{i}", f"acme.events.t{(i + 1) % n}", [("id", "id"), ("kind", "plan")]) for i in range(n)), None),
    "aliases": lambda n: ({"f.sql": "".join(f"SELECT v.plan FROM acme.events.a{i} v;\n" for i in range(n))}, mapping_of(
        TABLE, "acme.events.n", [("id", "id"), ("kind", "plan")], "aliases: [" + ", ".join(f"acme.events.a{i}" for i in range(n)) + "]\n"), None),
}
