"""Forms of SQL in random queries that people write seldom, and that name columns where few names are: sorts by windows and subqueries,
keys that are subqueries, set operations further in, VALUES with names, joins that have an alias, changes of joined rows."""
from query_values import ALIASES, DEPTH_MAX, Scope, Source
from query_world import INTS, TEXTS, is_int


class More:
    """A part of the Writer (query_writer.py)."""

    # ---- values and conditions ----

    def first_of(self, scope, kind):
        """The least one, by a sort."""
        inner = Scope(scope)
        sources = self.sources(DEPTH_MAX, inner)
        value = self.column_of(inner, self.chance.choice(inner.sources), kind)
        name = value.split(".")[-1].strip(self.traits["quotes"])
        key = self.chance.choice(["1", "1", name if name in INTS + TEXTS else "1"])
        return f"(SELECT {value} FROM {sources} WHERE {self.condition(inner, DEPTH_MAX)} ORDER BY {key} LIMIT 1)"

    def sort_key(self, scope):
        """What people sort by that is no name."""
        column, other = self.column(scope, "k"), self.column(scope, self.chance.choice(["k", "name"]))
        return self.chance.choice([f"max({column}) OVER (PARTITION BY {other})", f"count({column}) OVER ()", self.scalar(scope, "k", DEPTH_MAX),
                                   f"CASE WHEN {self.condition(scope, DEPTH_MAX)} THEN 0 ELSE 1 END", self.first_of(scope, "k")])

    def filtered(self, scope):
        """A window over some of the rows."""
        value, key = self.column(scope, "k"), self.column(scope, self.chance.choice(["k", "name"]))
        return f"sum({value}) FILTER (WHERE {self.condition(scope, DEPTH_MAX)}) OVER (PARTITION BY {key})"

    def set_condition(self, scope, kind):
        """Of rows that two queries give."""
        texts = []
        for _ in range(2):
            inner = Scope(scope)
            sources = self.sources(DEPTH_MAX, inner)
            texts.append(f"SELECT {self.column_of(inner, self.chance.choice(inner.sources), kind)} FROM {sources} WHERE {self.condition(inner, DEPTH_MAX)}")
        word = self.chance.choice(["UNION", "EXCEPT", "INTERSECT", "UNION ALL"])
        return f"{self.chance.choice([self.column(scope, kind) + ' IN', 'EXISTS', 'NOT EXISTS'])} ({texts[0]} {word} {texts[1]})"

    def keyed_condition(self, scope, kind):
        """Of groups, which HAVING chooses, by a column further out, too."""
        inner = Scope(scope)
        sources = self.sources(DEPTH_MAX, inner)
        value = self.column_of(inner, self.chance.choice(inner.sources), kind)
        having = self.chance.choice([f"count({self.column(inner, 'k')}) > 0", f"max({self.column(inner, kind)}) <> {self.literal(kind)}",
                                     f"{value} <> {self.column(scope, kind)}"])
        return f"{self.column(scope, kind)} IN (SELECT {value} FROM {sources} GROUP BY {value} HAVING {having})"

    def more_condition(self, scope, kind):
        column, other = self.column(scope, kind), self.column(scope, kind)
        forms = [lambda: self.set_condition(scope, kind), lambda: self.keyed_condition(scope, kind), lambda: f"{column} = {self.first_of(scope, kind)}"]
        if self.has("row values"):
            second = self.column(scope, "k")
            forms += [lambda: f"({column}, {second}) < ({other}, {self.literal('k')})",
                      lambda: f"({column}, {second}) IN (({self.literal(kind)}, {self.literal('k')}), ({other}, {self.column(scope, 'k')}))"]
        return self.chance.choice(forms)()

    # ---- FROM and WITH ----

    def values_common(self, name):
        """name (a, b) AS (VALUES …), and its columns"""
        columns = self.fresh_columns(["k", "name"])
        rows = ", ".join(f"({self.literal('k')}, {self.literal('name')})" for _ in range(2))
        return f"{name} ({', '.join(columns)}) AS (\nVALUES {rows}\n)", columns

    def joined_relation(self, scope):
        """(a JOIN b ON …) AS j: what they are called by themselves is not seen outside."""
        inner = Scope()
        for _ in range(2):
            table, name = self.table(), self.alias(inner)
            inner.sources.append(Source(name, table.old_columns()))
            inner.tables = getattr(inner, "tables", []) + [f"{table.old} AS {name}"]
        one, two = inner.sources
        on = f"{self.column_of(inner, one, 'k')} = {self.column_of(inner, two, 'k')}"
        name = self.alias(scope)
        return Source(name, one.columns + two.columns), f"({inner.tables[0]} {self.chance.choice(['JOIN', 'LEFT JOIN'])} {inner.tables[1]} ON {on}) AS {name}"

    def searched(self, columns):
        """(SEARCH or CYCLE behind a recursive table, the columns that it adds)"""
        if not self.has("searched") or not self.luck(0.3):
            return "", []
        if self.luck(0.5):
            return f" SEARCH {self.chance.choice(['BREADTH', 'DEPTH'])} FIRST BY {columns[0]} SET c8", ["c8"]
        return f" CYCLE {columns[0]} SET c8 USING c9", ["c8", "c9"]

    # ---- changes ----

    def update_of_joined(self):
        """UPDATE t SET … FROM a JOIN b ON …"""
        table = self.table()
        name = self.chance.choice([table.old, self.chance.choice(ALIASES)])
        rest = Scope()
        sources = self.sources(DEPTH_MAX, rest)
        scope = self.scope_of(table, name)
        scope.sources += rest.sources
        scope.merged = rest.merged
        column = self.chance.choice(table.old_columns())
        alias = "" if name == table.old else f" AS {name}"
        return f"UPDATE {table.old}{alias}\nSET {column} = {self.column(scope, column)}\nFROM {sources}\nWHERE {self.condition(scope, DEPTH_MAX)}"

    def merge_of_several(self):
        """What else MERGE does, with the table's own name, or an alias."""
        table = self.table()
        name = self.chance.choice([table.old, self.chance.choice(ALIASES)])
        both = self.scope_of(table, name)
        source, sql = self.relation(1, both)
        both.sources.append(source)
        new = Scope()
        new.sources = [source]
        kind, column = self.chance.choice(INTS), self.chance.choice(table.old_columns())
        on = f"{self.column_of(both, both.sources[0], kind)} = {self.column_of(both, source, kind)}"
        whens = [f"WHEN MATCHED AND {self.condition(both, DEPTH_MAX)} THEN {self.chance.choice(['DELETE', 'DO NOTHING'])}",
                 f"WHEN NOT MATCHED AND {self.condition(new, DEPTH_MAX)} THEN INSERT ({column}) VALUES ({self.column_of(new, source, column)})",
                 f"WHEN MATCHED THEN UPDATE SET {column} = {self.column(both, column)}"]
        alias = "" if name == table.old else f" {name}"
        return f"MERGE INTO {table.old}{alias}\nUSING {sql}\nON {on}\n" + "\n".join(whens[:self.chance.randrange(1, 4)])

    def limited_change(self):
        """UPDATE and DELETE of MySQL that take the first rows; all that a row has decides its place."""
        table = self.table()
        scope = self.scope_of(table, table.old)
        keys = table.old_columns()
        self.chance.shuffle(keys)
        behind = f"WHERE {self.condition(scope, DEPTH_MAX)}\nORDER BY {', '.join(keys)} LIMIT {self.chance.randrange(1, 4)}"
        column = self.chance.choice(keys)
        return self.chance.choice([f"DELETE FROM {table.old}\n{behind}", f"UPDATE {table.old}\nSET {column} = {self.literal(column)}\n{behind}"])

    def insert_set(self):
        """INSERT … SET of MySQL."""
        table = self.table()
        columns = self.chance.sample(table.old_columns(), self.chance.randrange(1, len(table.old_columns()) + 1))
        return f"INSERT INTO {table.old} SET {', '.join(f'{column} = {self.literal(column)}' for column in columns)}"

    def delete_by_name(self):
        """DELETE FROM x USING t AS x JOIN …, and of two tables separated by a comma."""
        name, scope, text = self.joined()
        if self.luck(0.5):
            return f"DELETE FROM {name} USING {text}\nWHERE {self.condition(scope, DEPTH_MAX)}"
        table, first = self.table(), self.table()
        scope = self.scope_of(table, "x")
        scope.sources.append(Source("u", first.old_columns()))
        column = self.chance.choice(table.old_columns())
        return f"UPDATE {table.old} AS x, {first.old} AS u\nSET x.{column} = {self.literal(column)}\nWHERE {self.condition(scope, DEPTH_MAX)}"

    def upsert_of_query(self):
        """What is set is asked for, by what would have been inserted."""
        table, other = self.table(), self.chance.choice(self.world.tables)
        key, before = self.made_unique(table)
        one = self.chance.choice([column for column in table.old_columns() if column != key])
        kinds = [column for column in other.old_columns() if is_int(column) == is_int(one)]
        number = self.chance.choice([column for column in other.old_columns() if is_int(column)] or ["1"])
        value = f"max(x.{self.chance.choice(kinds)})" if kinds else self.literal(one)
        return (f"{before}INSERT INTO {table.old} ({key}, {one}) VALUES (1, {self.literal(one)});\n"
                f"INSERT INTO {table.old} ({key}, {one}) VALUES (1, {self.literal(one)})\n"
                f"ON CONFLICT ({key}) DO UPDATE SET {one} = (SELECT {value} FROM {other.old} AS x WHERE x.{number} >= excluded.{key} AND {table.old}.{key} = 1)")
