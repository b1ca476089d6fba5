"""Queries in random queries that are forms with gaps: each has one turn of phrase that is seldom, and whatever columns and aliases there are.

{A} and {B} are tables, {a} and {b} their aliases; {i}, {j} numbers of A and {s} a text; {k}, {l}, {t} those of B; {c}, {d}, {e} names that are new,
which are called like columns. A form runs in all engines that have its traits.
"""
from query_values import ALIASES
from query_world import INTS, TEXTS, is_int

TEMPLATES = [
    # aliases that are columns, in sorts, groups and HAVING
    ("", "SELECT {i} AS {j}, {j} AS {i} FROM {A} ORDER BY {i}, {j}"),
    ("", "SELECT {a}.{i} AS {c}, {a}.{j} FROM {A} AS {a} ORDER BY {c}, {a}.{j}"),
    ("", "SELECT {i} + 1 AS {c}, count(*) AS {d} FROM {A} GROUP BY {i} + 1 ORDER BY {d}, 1"),
    ("", "SELECT max({i}) AS {j}, {s} FROM {A} GROUP BY {s} ORDER BY max({j}), {s}"),
    ("", "SELECT {s} AS {e}, max({i}) AS {c} FROM {A} AS {a} GROUP BY {e} HAVING max({j}) > 0 ORDER BY 1, 2"),
    ("", "SELECT {s} AS {e}, sum({j}) AS {i} FROM {A} GROUP BY {s} HAVING sum({i}) > 1 ORDER BY 1, 2"),
    ("", "SELECT DISTINCT {a}.{i} AS {c} FROM {A} AS {a} ORDER BY {c} DESC"),
    ("", "SELECT CASE WHEN {i} > 2 THEN {i} ELSE {j} END AS {i} FROM {A} ORDER BY {i}"),
    ("", "SELECT {i} AS {c} FROM {A} UNION SELECT {k} FROM {B} ORDER BY {c}"),
    ("", "SELECT {i}, {j} FROM {A} UNION ALL SELECT {l}, {k} FROM {B} ORDER BY {i}, {j}"),
    ("distinct on", "SELECT DISTINCT ON ({a}.{s}) {a}.{s}, {i} AS {c} FROM {A} AS {a} ORDER BY {a}.{s}, {i} DESC, {c}"),
    # what is correlated
    ("", "SELECT {a}.{s}, (SELECT count(*) FROM {B} AS {b} WHERE {b}.{k} = {a}.{i}) AS {c} FROM {A} AS {a} ORDER BY 1, 2"),
    ("", "SELECT {A}.{s} FROM {A} WHERE {A}.{i} = (SELECT max({b}.{i}) FROM {A} AS {b} WHERE {b}.{s} = {A}.{s}) ORDER BY 1"),
    ("", "SELECT {a}.{i} FROM {A} AS {a} WHERE NOT EXISTS (SELECT * FROM {B} WHERE {B}.{k} = {a}.{i} AND EXISTS (SELECT 1 FROM {A} WHERE {A}.{j} = {B}.{l} AND {A}.{s} = {a}.{s})) ORDER BY 1"),
    ("", "SELECT {a}.{i} FROM {A} AS {a} WHERE ({a}.{i}, {a}.{s}) IN (SELECT {b}.{k}, {b}.{t} FROM {B} AS {b}) ORDER BY 1"),
    ("", "SELECT (SELECT max({k}) FROM {B} WHERE {k} < (SELECT max({i}) FROM {A})) AS {c}, count(*) FROM {A}"),
    ("", "SELECT {s}, count(*) FROM {A} AS {a} GROUP BY {s} HAVING count(*) >= (SELECT count(*) FROM {B} AS {b} WHERE {b}.{t} = {a}.{s}) ORDER BY 1"),
    ("lateral", "SELECT {a}.{s}, {b}.{c}, {b}.{d} FROM {A} AS {a} LEFT JOIN LATERAL (SELECT {k} AS {c}, {a}.{j} AS {d} FROM {B} WHERE {k} >= {a}.{i} ORDER BY 1, 2 LIMIT 1) AS {b} ON true ORDER BY 1, 2, 3"),
    ("lateral", "SELECT {a}.{i}, {b}.* FROM {A} AS {a}, LATERAL (SELECT {a}.{i} + {k}, {t} FROM {B}) AS {b} ({c}, {e}) WHERE {b}.{c} > 1 ORDER BY 1, 2, 3"),
    # joins
    ("", "SELECT {a}.{i}, {b}.{k} FROM {A} AS {a} JOIN ({B} AS {b} JOIN {A} AS z ON {b}.{k} = z.{i}) ON {a}.{j} = z.{j} ORDER BY 1, 2"),
    ("", "SELECT {a}.{s}, z.{i} FROM {A} AS {a} JOIN {A} AS z USING ({i}) JOIN {A} AS y USING ({i}) WHERE {i} > 0 ORDER BY 1, 2"),
    ("", "SELECT * FROM (SELECT {i}, {s} FROM {A}) AS {a} JOIN (SELECT {i}, {j} FROM {A}) AS {b} USING ({i}) ORDER BY 1, 2, 3"),
    ("", "SELECT {i}, count(*) FROM {A} AS {a} LEFT JOIN (SELECT {k} AS {i} FROM {B}) AS {b} USING ({i}) GROUP BY {i} ORDER BY 1, 2"),
    ("", "SELECT {i}, {d} FROM {A} AS {a} JOIN (SELECT {k} AS {i}, {l} AS {d} FROM {B}) AS {b} USING ({i}) JOIN (SELECT {i} FROM {A}) AS z USING ({i}) ORDER BY {i}, 2"),
    ("natural", "SELECT {i} FROM {A} NATURAL JOIN (SELECT {i}, {s} FROM {A}) AS {b} ORDER BY 1"),
    ("natural", "SELECT {b}.{d} FROM {A} AS {a} NATURAL LEFT JOIN (SELECT {i}, {j} AS c9, {l} AS {d} FROM {A}, {B}) AS {b} ORDER BY 1"),
    ("full join", "SELECT {a}.{i}, {b}.{k} FROM {A} AS {a} FULL JOIN {B} AS {b} ON {a}.{i} = {b}.{k} ORDER BY 1, 2"),
    # WITH
    ("", "WITH {b} AS (SELECT {i} AS {c}, {s} FROM {A}), z AS (SELECT {b}.{c}, {s} AS {e} FROM {b}) SELECT z.{c}, {e} FROM z JOIN {b} ON z.{c} = {b}.{c} ORDER BY 1, 2"),
    ("", "WITH {A} AS (SELECT {k} AS {i} FROM {B}) SELECT {A}.{i} FROM {A} ORDER BY {i}"),
    ("", "WITH z AS (WITH y AS (SELECT {i}, {s} FROM {A}) SELECT {i} FROM y) SELECT {i} AS {c} FROM z UNION SELECT {k} FROM {B} ORDER BY 1"),
    ("", "WITH z ({c}, {e}) AS (SELECT {i}, {s} FROM {A} UNION ALL SELECT {k}, {t} FROM {B}) SELECT {e}, sum({c}) FROM z GROUP BY {e} ORDER BY 1"),
    ("with recursive", "WITH RECURSIVE z AS (SELECT {i}, {s} FROM {A} UNION SELECT z.{i} + 1, {s} FROM z WHERE z.{i} < 4) SELECT {i}, {s} FROM z ORDER BY 1, 2"),
    ("with recursive", "WITH RECURSIVE z ({c}, {d}) AS (SELECT {i}, 0 FROM {A} UNION SELECT {a}.{j}, {d} + 1 FROM z JOIN {A} AS {a} ON {a}.{i} = z.{c} WHERE {d} < 3) SELECT max({d}), {c} FROM z GROUP BY {c} ORDER BY 2"),
    # windows
    ("", "SELECT {s}, sum({i}) OVER (PARTITION BY {s} ORDER BY {j}, {i}) AS {c} FROM {A} ORDER BY 1, 2"),
    ("", "SELECT {i} AS {c}, rank() OVER (ORDER BY sum({j})) AS {d} FROM {A} GROUP BY {i} ORDER BY 1, 2"),
    ("", "SELECT sum({i}) OVER w AS {c}, count(*) OVER (w ORDER BY {j}) AS {d} FROM {A} WINDOW w AS (PARTITION BY {s}) ORDER BY 1, 2"),
    ("", "SELECT * FROM (SELECT {i}, {s}, row_number() OVER (PARTITION BY {s} ORDER BY {i}, {j}) AS {c} FROM {A}) AS {a} WHERE {c} = 1 ORDER BY 1, 2, 3"),
    ("qualify", "SELECT {i}, {s} AS {e} FROM {A} QUALIFY row_number() OVER (PARTITION BY {e} ORDER BY {i}, {j}) = 1 ORDER BY 1, 2"),
    ("rollup", "SELECT {s}, {i}, grouping({s}, {i}) AS {c} FROM {A} GROUP BY GROUPING SETS (({s}), ({i}), ()) ORDER BY 1, 2, 3"),
    ("arrays", "SELECT ARRAY(SELECT {i} FROM {A} ORDER BY {j}, {i}) AS {c}, (SELECT max({d}) FROM unnest(ARRAY(SELECT {k} FROM {B})) AS {d})"),
    ("arrays", "SELECT {a}.{i}, {b} FROM {A} AS {a} CROSS JOIN unnest(ARRAY[{a}.{i}, {j}]) AS {b} ORDER BY 1, 2"),
    ("arrays", "SELECT array_agg({i} ORDER BY {j}, {i}) FILTER (WHERE {s} IS NOT NULL) AS {c}, percentile_disc(0.5) WITHIN GROUP (ORDER BY {i}) FROM {A}"),
    ("arrays", "TABLE {A}"),
    ("arrays", "SELECT count({i}) FROM {A} LIMIT (SELECT max({k}) + 1 FROM {B})"),
    # changes, and what they give
    ("returning", "INSERT INTO {A} ({i}, {s}) SELECT {k}, {t} FROM {B} WHERE {l} > 1 RETURNING {i}, {s} AS {e}"),
    ("update from", "UPDATE {A} SET {i} = {b}.{c} FROM (SELECT {t} AS {e}, max({k}) AS {c} FROM {B} GROUP BY {t}) AS {b} WHERE {b}.{e} = {A}.{s}"),
    ("", "UPDATE {A} SET {i} = {j}, {s} = (SELECT max({t}) FROM {B} WHERE {k} = {A}.{j})"),
    ("sets of rows", "UPDATE {A} SET ({i}, {j}) = ({j}, {i}) WHERE {s} IS NOT NULL"),
    ("", "DELETE FROM {A} WHERE {i} IN (SELECT {k} FROM {B} WHERE {t} = {s})"),
    ("delete using", "DELETE FROM {A} AS {a} USING {B} AS {b} WHERE {a}.{i} = {b}.{k} AND {b}.{t} = {s}"),
    ("merge", "MERGE INTO {A} AS {a} USING (SELECT {t} AS {e}, max({k}) AS {c} FROM {B} GROUP BY {t}) AS {b} ON {a}.{s} = {b}.{e} WHEN MATCHED THEN UPDATE SET {i} = {b}.{c} + {a}.{j} WHEN NOT MATCHED THEN INSERT ({i}, {s}) VALUES ({c}, {e})"),
]


class Templates:
    """A part of the Writer (query_writer.py)."""

    def templated(self):
        """A form whose gaps are filled."""
        forms = [form for trait, form in TEMPLATES if not trait or self.has(trait)]
        gaps = dict(zip("ab", self.chance.sample(ALIASES, 2)))
        for name, number, other, text in ("Aijs", "Bklt"):
            table = self.chance.choice(self.world.tables)
            numbers, texts = ([c for c in table.old_columns() if is_int(c) == is_number] for is_number in (True, False))
            gaps.update({name: table.old, number: self.chance.choice(numbers), other: self.chance.choice(numbers), text: self.chance.choice(texts)})
        gaps.update(zip("cd", self.chance.sample(INTS, 2)))
        gaps["e"] = self.chance.choice(TEXTS)
        return self.chance.choice(forms).format(**gaps)
