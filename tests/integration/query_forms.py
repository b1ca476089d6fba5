"""Forms of SQL in random queries that are seldom by themselves and common together: JSON, arrays, functions that give rows, ANY
and ALL, rows of two columns, changes in WITH, SET of several columns, what else an INSERT does with a row that is there."""
from query_values import ALIASES, DEPTH_MAX, Scope, Source
from query_world import INTS, TEXTS, is_int


class Forms:
    """A part of the Writer (query_writer.py)."""

    def quoted(self, sql):
        """`t.id`, sometimes with quotes: the same name wherever names are in small letters."""
        mark = self.traits["quotes"]
        if not self.luck(0.06) or sql.split(".")[-1] not in INTS + TEXTS:
            return sql
        table, dot, name = sql.rpartition(".")
        return f"{table}{dot}{mark}{name}{mark}"

    # ---- values ----

    def form(self, scope, kind, depth):
        """A number or a text, by whatever the engine has for it."""
        column, other = self.column(scope, kind), self.column(scope, kind)
        if not is_int(kind):
            return self.chance.choice([f"lower(coalesce({column}, {other}))", f"replace({column}, 'e', {self.literal(kind)})",
                                       f"CASE WHEN {column} IN ({other}, 'red') THEN {other} END"])
        forms = [f"{column} % 3", f"abs({column} - {other})", f"CASE WHEN NOT {self.condition(scope, DEPTH_MAX)} THEN 1 ELSE {column} END",
                 f"- {column} * {other}", f"({column}) + ({other})"]
        for trait in ("json", "arrays", "rows of functions"):
            forms += [self.json_value(column)] if trait == "json" and self.has(trait) else []
            forms += [self.array_value(scope, column, other)] if trait == "arrays" and self.has(trait) else []
        if self.has("whole rows") and self.luck(0.2):
            forms = [self.row_value(scope)]
        return self.chance.choice(forms)

    def json_value(self, column):
        """A field that is called like a column."""
        return self.traits["json"].replace("FIELD", self.chance.choice(INTS)).replace("VALUE", column)

    def array_value(self, scope, column, other):
        name = self.chance.choice(INTS + ["x"])
        return self.chance.choice([f"(ARRAY[{column}, {other}])[1]", f"cardinality(ARRAY[{column}, {other}])",
                                   f"(SELECT max({name}) FROM unnest(ARRAY[{column}, {other}]) AS {name})",
                                   f"(SELECT sum(g.{name}) FROM generate_series(1, {column}) AS g({name}))",
                                   f"(SELECT sum({name} + {self.column(scope, 'k')}) FROM (VALUES ({column}), (1)) AS g({name}))"])

    def row_value(self, scope):
        """Of a table as a whole."""
        source = self.chance.choice(scope.sources)
        return self.chance.choice([f"(SELECT 1 WHERE {source.name} IS NOT NULL)", f"(to_jsonb({source.name}) ->> 'k')::int",
                                   f"(SELECT count({source.name}))"])

    # ---- conditions ----

    def form_condition(self, scope, kind, depth):
        column, other = self.column(scope, kind), self.column(scope, kind)
        forms = [f"NOT {column} = {other}", f"{column} NOT IN ({other}, {self.literal(kind)})", f"{self.literal(kind)} = {column}",
                 f"{self.literal(kind)} IN ({column}, {other})", f"NOT ({self.condition(scope, DEPTH_MAX)})", f"{column} NOT BETWEEN {other} AND {self.literal(kind)}"]
        if not is_int(kind):
            forms += [f"{column} LIKE 'r%'", f"{column} NOT LIKE {self.literal(kind)}", f"{column} <> {other} AND {other} > 'b'"]
        if self.has("row values"):
            forms.append(f"({column}, {self.column(scope, 'k')}) = ({other}, {self.literal('k')})")
        if self.has("any") and depth < DEPTH_MAX:
            forms.append(self.compared_with_all(scope, kind, column))
        if self.has("arrays"):
            forms.append(f"{column} = ANY (ARRAY[{other}, {self.literal(kind)}])")
        return self.chance.choice(forms)

    def compared_with_all(self, scope, kind, column):
        inner = Scope(scope)
        sources = self.sources(DEPTH_MAX, inner)
        source = self.chance.choice(inner.sources)
        word = self.chance.choice(["= ANY", "> ALL", "<> ALL"])
        return f"{column} {word} (SELECT {self.column_of(inner, source, kind)} FROM {sources})"

    # ---- FROM ----

    def rows_of_function(self, scope):
        """A source that is a function, and its text."""
        name, column = self.alias(scope), self.chance.choice(INTS)
        if not self.has("arrays"):
            return Source(name, ["key", "value"]), f"json_each('[2, 3, 1]') AS {name}"
        if self.luck(0.3):
            second = self.chance.choice([one for one in INTS if one != column])
            return Source(name, [column, second]), f"unnest(ARRAY[2, 3]) WITH ORDINALITY AS {name} ({column}, {second})"
        if scope.sources and self.luck(0.5):
            value = self.column_of(scope, self.chance.choice(scope.sources), "k")
            return Source(name, [column]), f"unnest(ARRAY[{value}, 1]) AS {name} ({column})"
        if self.luck(0.3):
            return Source(name, [name]), f"generate_series(1, 3) {name}"
        return Source(name, [column]), f"generate_series(1, 3) AS {name}({column})"

    # ---- changes ----

    def returned(self, table):
        """(what RETURNING says, the names of it)"""
        columns = table.old_columns()
        if self.luck(0.2):
            return "*", columns
        names = self.chance.sample(columns, self.chance.randrange(1, len(columns) + 1))
        aliases = self.fresh_columns(names) if self.luck(0.4) else names
        return ", ".join(a if a == b else f"{a} AS {b}" for a, b in zip(names, aliases)), aliases

    def change_in_with(self):
        """WITH x AS (UPDATE … RETURNING …), and what reads it."""
        table, name = self.table(), self.chance.choice(["moved", "users", "n", "c1"])
        words, columns = self.returned(table)
        seen = self.chance.choice(table.old_columns())
        change = self.chance.choice([f"DELETE FROM {table.old} WHERE {seen} = {self.literal(seen)}",
                                     f"UPDATE {table.old} SET {seen} = {self.literal(seen)} WHERE {self.condition(self.scope_of(table, table.old), DEPTH_MAX)}"])
        before = f"WITH {name} AS (\n{change}\nRETURNING {words}\n)\n"
        self.commons.append({name: columns})
        other = self.table()
        wanted = self.chance.sample(other.old_columns(), 1)
        fitting = [column for column in columns if (column in INTS) == (wanted[0] in INTS)]
        if fitting and self.luck(0.5):
            after = f"INSERT INTO {other.old} ({wanted[0]})\nSELECT {self.chance.choice([name + '.', ''])}{self.chance.choice(fitting)} FROM {name}"
        else:
            after = self.body(2, Scope(), None, True)[0]
        self.commons.pop()
        return before + after

    def with_before_change(self):
        """WITH before INSERT, UPDATE and DELETE."""
        name = self.chance.choice(["moved", "users2", "n", "c1"])
        sql, columns = self.full_query(2, Scope(), names_all=True)
        self.commons.append({name: columns})
        change = self.chance.choice([self.insert, self.update, self.delete])()
        self.commons.pop()
        return f"WITH {name} AS (\n{sql}\n)\n{change}"

    def set_of_rows(self):
        """SET (a, b) = (SELECT …)"""
        table, inner = self.table(), Scope()
        columns = self.chance.sample(table.old_columns(), 2)
        outer = self.scope_of(table, table.old)
        inner.parent = outer
        sources = self.sources(DEPTH_MAX, inner)
        values = ", ".join(f"max({self.column(inner, column)})" for column in columns)
        return (f"UPDATE {table.old}\nSET ({', '.join(columns)}) = (SELECT {values} FROM {sources} WHERE {self.condition(inner, DEPTH_MAX)})\n"
                f"WHERE {self.condition(outer, DEPTH_MAX)}")

    def made_unique(self, table):
        """(its key, the statements that make one of it)"""
        key = self.chance.choice([column for column in table.old_columns() if column in INTS])
        return key, f"DELETE FROM {table.old};\nCREATE UNIQUE INDEX one ON {table.old} ({key});\n"

    def query_upsert(self):
        """INSERT … SELECT … ON CONFLICT, which does nothing, or changes one or two columns."""
        table, other = self.table(), self.chance.choice(self.world.tables)
        key, before = self.made_unique(table)
        rest = [column for column in table.old_columns() if column != key]
        columns = [key] + self.chance.sample(rest, self.chance.randrange(1, len(rest) + 1))
        name = self.chance.choice(ALIASES)
        source = Source(name, other.old_columns())
        scope = Scope()
        scope.sources = [source]
        values = ", ".join(self.column_of(scope, source, column) for column in columns)
        one = self.chance.choice(columns[1:])
        does = self.chance.choice(["DO NOTHING", f"DO UPDATE SET {one} = excluded.{one}", f"DO UPDATE SET {one} = coalesce(excluded.{one}, {table.old}.{one})",
                                   f"DO UPDATE SET ({one}, {key}) = (excluded.{one}, excluded.{key}) WHERE {table.old}.{one} <> excluded.{one}"])
        return (f"{before}INSERT INTO {table.old} ({', '.join(columns)})\nSELECT DISTINCT {values} FROM {other.old} AS {name}\n"
                f"WHERE {self.condition(scope, DEPTH_MAX)}\nON CONFLICT ({key}) {does}{self.returning(self.scope_of(table, table.old))}")

    def duplicate_key(self):
        """ON DUPLICATE KEY UPDATE, with what would have been inserted."""
        table = self.table()
        key, before = self.made_unique(table)
        rest = [column for column in table.old_columns() if column != key]
        columns = [key] + rest
        rows = ", ".join("(" + ", ".join(["1"] + [self.literal(column) for column in rest]) + ")" for _ in range(2))
        one, two = self.chance.choice(rest), self.chance.choice(rest)
        value = f"VALUES({two})" if (one in INTS) == (two in INTS) else f"coalesce(VALUES({one}), {table.old}.{one}, {one})"
        how = self.chance.choice(["INSERT", "REPLACE"])
        after = f"\nON DUPLICATE KEY UPDATE {one} = {value}" if how == "INSERT" else ""
        return f"{before}{how} INTO {table.old} ({', '.join(columns)}) VALUES {rows}{after};\n{self.query(1)}"
