"""Writes random queries over the tables of a world (query_world.py), with the traps that people fall into.

It knows roughly what is in sight, so that most queries run; those that do not are thrown away by who runs them.
"""
from query_world import INTS, TEXTS, VALUES, is_int, pool

ALIASES = ["t", "u", "x", "users", "id", "plan", "a", "orders", "n", "people"]
COMMONS = ["c1", "c2", "users", "orders", "recent", "plan", "a", "people", "users2"]
DEPTH_MAX = 3


class Source:
    def __init__(self, name, columns):
        self.name, self.columns = name, columns  # columns: names, None where one cannot be said

    def usable(self):
        return [c for c in self.columns if c is not None and self.columns.count(c) == 1]


class Scope:
    def __init__(self, parent=None):
        self.sources, self.parent, self.merged = [], parent, set()

    def count(self, name):
        return sum(name in source.columns for source in self.sources)


class Item:
    def __init__(self, sql, name, kind, alias=None):
        self.sql, self.name, self.kind, self.alias = sql, name, kind, alias

    def text(self):
        return self.sql if self.alias is None else f"{self.sql} {self.alias}"


class Writer:
    def __init__(self, chance, world, traits):
        self.chance, self.world, self.traits = chance, world, traits
        self.commons = []  # of dictionaries: name -> columns
        self.knows_all = world.known == "all"

    def has(self, trait):
        return trait in self.traits

    def luck(self, share):
        return self.chance.random() < share

    # ---- the whole ----

    def text(self):
        """A script of one or more statements; what the last one gives is compared, and all tables."""
        luck = self.chance.random()
        if luck < 0.78:
            return self.query()
        if luck < 0.86 and self.has("views"):
            return self.view()
        if self.has("merge") and self.luck(0.3):
            return self.merge()
        return self.chance.choice([self.insert, self.update, self.delete])()

    def query(self, depth=0):
        return self.full_query(depth, Scope())[0]

    def view(self):
        name = self.chance.choice(["w", "recent", "people2"])
        sql, columns = self.full_query(1, Scope(), names_all=True)
        listed = ""
        if self.luck(0.3):
            columns = self.fresh_columns(columns)
            listed = f" ({', '.join(columns)})"
        self.commons.append({name: columns})
        after = self.query(1)
        self.commons.pop()
        return f"CREATE VIEW {name}{listed} AS\n{sql};\n{after}"

    def table(self):
        return self.chance.choice(self.world.tables)

    def insert(self):
        table = self.table()
        columns = self.chance.sample(table.old_columns(), self.chance.randrange(1, len(table.columns) + 1))
        if self.luck(0.4):
            rows = ", ".join("(" + ", ".join(self.literal(column) for column in columns) + ")" for _ in range(2))
            sql = f"VALUES {rows}"
        else:
            sql = self.full_query(1, Scope(), want=columns)[0]
        if self.luck(0.15):  # by their places
            columns = table.old_columns()
            return f"INSERT INTO {table.old}\n{self.full_query(1, Scope(), want=columns)[0]}"
        return f"INSERT INTO {table.old} ({', '.join(columns)})\n{sql}{self.returning(self.scope_of(table, table.old))}"

    def returning(self, scope):
        if not self.has("returning") or not self.luck(0.3):
            return ""
        names = scope.sources[0].usable()
        items = [self.chance.choice([self.chance.choice(names), f"{self.chance.choice(names)} AS {self.chance.choice(INTS + TEXTS)}", "*"])
                 for _ in range(2)]
        return f"\nRETURNING {', '.join(items)}"

    def merge(self):
        table, alias = self.table(), self.chance.choice(ALIASES)
        target = self.scope_of(table, alias)
        source, sql = self.relation(1, target)
        both = Scope()
        both.sources = target.sources + [source]
        kind = self.chance.choice(INTS)
        on = f"{self.column_of(both, target.sources[0], kind)} = {self.column_of(both, source, kind)}"
        columns = self.chance.sample(table.old_columns(), self.chance.randrange(1, 3))
        inner = Scope()
        inner.sources = [source]
        sets = ", ".join(f"{column} = {self.expression(both, column, DEPTH_MAX)}" for column in columns)
        values = ", ".join(self.expression(inner, column, DEPTH_MAX) for column in columns)
        return (f"MERGE INTO {table.old} AS {alias}\nUSING {sql}\nON {on}\nWHEN MATCHED AND {self.condition(both, DEPTH_MAX)} THEN UPDATE SET {sets}\n"
                f"WHEN NOT MATCHED THEN INSERT ({', '.join(columns)}) VALUES ({values})")

    def scope_of(self, table, name):
        scope = Scope()
        scope.sources.append(Source(name, table.old_columns()))
        return scope

    def update(self):
        table, alias = self.table(), ""
        name = table.old
        if self.luck(0.4):
            name = self.chance.choice(ALIASES)
            alias = f" AS {name}"
        target = self.scope_of(table, name)
        columns = self.chance.sample(table.old_columns(), self.chance.randrange(1, 3))
        more = ""
        if self.has("update from") and self.luck(0.4):
            source, sql = self.relation(1, Scope())
            target.sources.append(source)
            more = f"\nFROM {sql}"
        sets = ", ".join(f"{column} = {self.expression(target, column, 1)}" for column in columns)
        where = self.condition(target, 1)
        returning = self.returning(self.scope_of(table, name)) if not more else ""
        return f"UPDATE {table.old}{alias}\nSET {sets}{more}\nWHERE {where}{returning}"

    def delete(self):
        table, alias, name = self.table(), "", None
        name = table.old
        if self.luck(0.4) and self.has("delete alias"):
            name = self.chance.choice(ALIASES)
            alias = f" AS {name}"
        scope = self.scope_of(table, name)
        return f"DELETE FROM {table.old}{alias}\nWHERE {self.condition(scope, 1)}{self.returning(scope)}"

    # ---- queries ----

    def fresh_columns(self, columns):
        out = []
        for column in columns:
            kind = column if column is not None else "k"
            out.append(self.chance.choice([c for c in pool(kind) + ["c%d" % len(out)] if c not in out]))
        return out

    def full_query(self, depth, outer, want=None, names_all=False):
        """Its text and the names of its columns. `want`: as many columns, of these types."""
        commons, parts = {}, []
        is_recursive = False
        self.commons.append(commons)
        if depth < DEPTH_MAX and self.luck(0.35 if depth == 0 else 0.12):
            for _ in range(self.chance.randrange(1, 3)):
                name = self.chance.choice(COMMONS)
                if self.has("with recursive") and self.luck(0.15):
                    parts.append(self.recursive(name, commons))
                    is_recursive = True
                    continue
                sql, columns = self.full_query(depth + 1, Scope(), names_all=True)
                listed = ""
                if self.luck(0.25):
                    columns = self.fresh_columns(columns)
                    listed = f" ({', '.join(columns)})"
                parts.append(f"{name}{listed} AS (\n{sql}\n)")
                commons[name] = columns
        sql, columns = self.body(depth, outer, want, names_all)
        self.commons.pop()
        if parts:
            sql = f"WITH {'RECURSIVE ' if is_recursive else ''}{', '.join(parts)}\n{sql}"
        return sql, columns

    def recursive(self, name, commons):
        """Counts upwards from a column, beside one more that it carries along."""
        table = self.table()
        numbers = [c for c in table.old_columns() if is_int(c)]
        other = self.chance.choice(table.old_columns())
        first = self.chance.choice(numbers)
        columns = [first, other] if first != other else [first, "c1"]
        listed = ""
        second = f"{other}" if first != other else f"{other} AS c1"
        if self.luck(0.5):
            columns = self.fresh_columns(columns)
            listed = f" ({', '.join(columns)})"
            second = other
        start = f"SELECT {first}, {second} FROM {table.old} WHERE {first} < 3"
        commons[name] = columns
        step = self.chance.choice([f"SELECT {columns[0]} + 1, {columns[1]} FROM {name} WHERE {columns[0]} < 4",
                                   f"SELECT r.{columns[0]} + 1, r.{columns[1]} FROM {name} r WHERE r.{columns[0]} < 4"])
        return f"{name}{listed} AS (\n{start}\nUNION\n{step}\n)"

    def body(self, depth, outer, want, names_all):
        sql, columns, items = self.block(depth, outer, want, names_all)
        if depth < DEPTH_MAX and self.luck(0.15):
            for _ in range(self.chance.randrange(1, 3)):
                word = self.chance.choice(["UNION", "UNION ALL", "EXCEPT", "INTERSECT"])
                kinds = [c if c is not None else "k" for c in columns]
                sql += f"\n{word}\n{self.block(depth + 1, outer, kinds, False, bare=True)[0]}"
            if depth == 0 or self.luck(0.2):
                sql += self.order(columns, None)
        elif depth == 0 or self.luck(0.15):
            sql += self.order(columns, items)
        return sql, columns

    def order(self, columns, items):
        """By a name first, then by every place: so the order is certain, and a limit too."""
        keys = [str(i + 1) for i in range(len(columns))]
        self.chance.shuffle(keys)
        named = [c for c in columns if c is not None and columns.count(c) == 1]
        if named and self.luck(0.5):
            keys.insert(0, self.chance.choice(named) + self.chance.choice(["", " DESC"]))
        if items and self.luck(0.6) and items[0] is not None:
            keys.insert(0, self.chance.choice(items))
        if self.luck(0.4):
            return ""
        return f"\nORDER BY {', '.join(keys)}" + (f" LIMIT {self.chance.randrange(1, 6)}" if self.luck(0.4) else "")

    # ---- one SELECT ----

    def block(self, depth, outer, want=None, names_all=False, bare=False):
        """Text, names, and expressions that ORDER BY may have."""
        scope = Scope(outer if outer.sources or outer.parent else None)
        sources = self.sources(depth, scope)
        where = f"\nWHERE {self.condition(scope, depth)}" if self.luck(0.5) else ""
        if self.luck(0.22):
            return self.grouped(depth, scope, sources, where, want, names_all)
        items, window, more = [], "", ""
        if want is None and self.luck(0.25) and scope.sources:
            items = self.star(scope)
        kinds = want if want is not None else [self.chance.choice(INTS + TEXTS) for _ in range(self.chance.randrange(0 if items else 1, 4))]
        for kind in kinds:
            if self.luck(0.08):
                sql = f"sum({self.column(scope, 'k')}) OVER w" if is_int(kind) else None
                if sql is not None:
                    keys = f"PARTITION BY {self.column(scope, self.chance.choice(['k', 'name']))} ORDER BY {self.column(scope, 'k')}"
                    window = f"\nWINDOW w AS ({keys})"
                    items.append(self.named(Item(sql, None, kind), names_all))
                    continue
            items.append(self.named(self.item(scope, kind, depth), names_all or self.luck(0.5)))
        if not items:
            items.append(self.named(self.item(scope, "k", depth), True))
        if self.has("alias reuse") and want is None and self.luck(0.2):
            aliases = [one for one in items if one.alias is not None]
            if aliases:
                one = self.chance.choice(aliases)
                items.append(Item(f"coalesce({one.name}, {self.literal(one.kind)})", None, one.kind))
                items[-1] = self.named(items[-1], names_all)
        if self.has("qualify") and self.luck(0.1):
            more = f"\nQUALIFY rank() OVER (ORDER BY {self.column(scope, 'k')}) {self.chance.choice(['<', '<='])} 3"
        columns = []
        for one in items:
            columns += one.name if isinstance(one.name, list) else [one.name]
        distinct = "DISTINCT " if self.luck(0.1) else ""
        if self.has("from first") and not distinct and self.luck(0.1):
            listed = f"\nSELECT {', '.join(one.text() for one in items)}" if len(items) > 1 or items[0].sql != "*" or self.luck(0.5) else ""
            return f"FROM {sources}{listed}{where}{window}{more}", columns, None
        text = f"SELECT {distinct}{', '.join(one.text() for one in items)}\nFROM {sources}{where}{window}{more}"
        keys = [self.column(scope, self.chance.choice(INTS + TEXTS))] if not distinct else None
        return text, columns, keys

    def star(self, scope):
        if len(scope.sources) > 1 and self.luck(0.5):
            source = self.chance.choice(scope.sources)
            return [Item(f"{source.name}.*", list(source.columns), None)]
        if scope.merged or len(scope.sources) > 1:
            names = []
            for source in scope.sources:
                names += [c for c in source.columns if c not in scope.merged or c not in names]
            return [Item("*", names, None)]
        source = scope.sources[0]
        if self.has("star except") and self.luck(0.3) and len(source.usable()) > 1:
            gone = self.chance.choice(source.usable())
            return [Item(f"* {self.traits['star except']} ({gone})", [c for c in source.columns if c != gone], None)]
        if self.has("star replace") and self.luck(0.3) and source.usable():
            one = self.chance.choice(source.usable())
            return [Item(f"* REPLACE ({self.expression(scope, one, 2)} AS {one})", list(source.columns), None)]
        return [Item("*", list(source.columns), None)]

    def named(self, item, must):
        """Give it an alias, perhaps one that is the name of something else."""
        if item.name is not None and not self.luck(0.3):
            return item
        if not must and item.name is None:
            return item
        alias = self.chance.choice(pool(item.kind) + ["c1", "c2"])
        word = "AS " if self.luck(0.8) else ""
        return Item(item.sql, alias, item.kind, word + alias)

    def item(self, scope, kind, depth):
        if self.luck(0.6):
            sql = self.column(scope, kind)
            name = sql.split(".")[-1]
            if name in INTS + TEXTS:
                return Item(sql, name, kind)
            return Item(sql, None, kind)
        return Item(self.expression(scope, kind, depth), None, kind)

    def grouped(self, depth, scope, sources, where, want, names_all):
        kinds = want if want is not None else [self.chance.choice(INTS + TEXTS) for _ in range(self.chance.randrange(1, 4))]
        items, keys, aliases = [], [], []
        for kind in kinds:
            if is_int(kind) and self.luck(0.5):
                call = self.chance.choice(["count({})", "min({})", "max({})", "sum({})", "count(DISTINCT {})"])
                argument = self.column(scope, kind) if self.luck(0.7) else self.expression(scope, kind, DEPTH_MAX)
                items.append(self.named(Item(call.format(argument), None, kind), names_all or self.luck(0.6)))
                continue
            one = self.named(self.item(scope, kind, DEPTH_MAX), names_all or self.luck(0.6))
            items.append(one)
            key = one.sql
            if one.alias is not None and self.luck(0.4):
                key = one.name
            elif self.luck(0.1):
                key = str(len(items))
            if not one.sql.isdigit() and not one.sql.startswith("'") and one.sql != "NULL":
                keys.append(key)
        text = f"SELECT {', '.join(one.text() for one in items)}\nFROM {sources}{where}"
        if keys:
            plain = [key for key in keys if not key.isdigit()]
            if self.has("rollup") and len(plain) > 1 and self.luck(0.2):
                sets = f"GROUPING SETS (({plain[0]}), ({', '.join(plain)}), ())"
                keys = [self.chance.choice([f"ROLLUP ({', '.join(plain)})", f"CUBE ({', '.join(plain)})", sets])]
            text += f"\nGROUP BY {', '.join(keys)}"
            named = [one for one in items if one.alias is not None and is_int(one.kind)]
            if self.luck(0.3):
                text += f"\nHAVING count({self.column(scope, 'k')}) > {self.chance.randrange(2)}"
            elif named and self.luck(0.3):
                text += f"\nHAVING {self.chance.choice(named).name} > 0"
        return text, [one.name for one in items], None

    # ---- FROM ----

    def relation(self, depth, scope):
        """A source and its text; not yet in the scope."""
        lateral = ""
        if depth < DEPTH_MAX and self.luck(0.25):
            outer = Scope()
            if self.has("lateral") and scope.sources and self.luck(0.4):
                lateral, outer = "LATERAL ", scope
            sql, columns = self.full_query(depth + 1, outer, names_all=True)
            name = self.alias(scope)
            listed = ""
            if self.has("alias columns") and self.luck(0.2):
                columns = self.fresh_columns(columns)
                listed = f" ({', '.join(columns)})"
            return Source(name, columns), f"{lateral}(\n{sql}\n) {'AS ' if self.luck(0.6) else ''}{name}{listed}"
        seen = {table.old: table.old_columns() for table in self.world.tables}
        for commons in self.commons:
            seen.update(commons)
        made = [name for commons in self.commons for name in commons]
        name = self.chance.choice(made) if made and self.luck(0.6) else self.chance.choice(list(seen))
        columns = seen[name]
        taken = [source.name for source in scope.sources]
        if name in taken or self.luck(0.5):
            alias = self.alias(scope)
            return Source(alias, columns), f"{name} {'AS ' if self.luck(0.6) else ''}{alias}"
        return Source(name, columns), name

    def alias(self, scope):
        taken = [source.name for source in scope.sources]
        return self.chance.choice([alias for alias in ALIASES if alias not in taken])

    def sources(self, depth, scope):
        source, text = self.relation(depth, scope)
        scope.sources.append(source)
        for _ in range(self.chance.choice([0, 0, 0, 1, 1, 2])):
            before = [c for s in scope.sources for c in s.usable()]
            source, sql = self.relation(depth, scope)
            shared = [c for c in source.usable() if before.count(c) == 1 or (c in scope.merged and c in before)]
            words = ["JOIN", "INNER JOIN", "LEFT JOIN", "LEFT OUTER JOIN"]
            if self.has("full join") and not sql.startswith("LATERAL"):
                words += ["RIGHT JOIN", "FULL JOIN"]
            how = self.chance.random()
            if shared and how < 0.3:
                named = self.chance.sample(shared, min(len(shared), self.chance.choice([1, 1, 2])))
                text += f"\n{self.chance.choice(words)} {sql} USING ({', '.join(named)})"
                scope.sources.append(source)
                scope.merged.update(named)
            elif shared and how < 0.35 and self.has("natural"):
                text += f"\nNATURAL {self.chance.choice(words)} {sql}"
                scope.sources.append(source)
                scope.merged.update(c for c in source.columns if c in before)
            elif how < 0.5:
                text += self.chance.choice([", ", "\nCROSS JOIN "]) + sql
                scope.sources.append(source)
            else:
                scope.sources.append(source)
                kind = self.chance.choice(["k", "k", "name"])
                mine = self.column_of(scope, source, kind)
                theirs = self.column_of(scope, self.chance.choice(scope.sources[:-1]), kind)
                on = f"{theirs} = {mine}"
                if self.luck(0.3):
                    on += f" AND {self.condition(scope, DEPTH_MAX)}"
                text += f"\n{self.chance.choice(words)} {sql} ON {on}"
        return text

    # ---- expressions ----

    def column_of(self, scope, source, kind):
        fitting = [c for c in source.usable() if (c in INTS) == is_int(kind) and c in INTS + TEXTS]
        if not fitting:
            return self.literal(kind)
        name = self.chance.choice(fitting)
        if scope.count(name) == 1 and self.luck(0.4):
            return name
        return f"{source.name}.{name}"

    def column(self, scope, kind):
        """A column of this type that is in sight; without qualifier where nothing else has the name."""
        outer, depth = scope, 0
        while outer.parent is not None and self.luck(0.3):
            outer, depth = outer.parent, depth + 1
        if not outer.sources:
            return self.literal(kind)
        source = self.chance.choice(outer.sources)
        fitting = [c for c in source.usable() if (c in INTS) == is_int(kind) and c in INTS + TEXTS]
        if not fitting:
            return self.literal(kind)
        name = self.chance.choice(fitting)
        inner, is_hidden, is_shadowed = scope, False, False
        while inner is not outer:
            is_hidden = is_hidden or inner.count(name) > 0
            is_shadowed = is_shadowed or any(s.name == source.name for s in inner.sources)
            inner = inner.parent
        if name in outer.merged and not is_hidden:
            return name
        if outer.count(name) == 1 and not is_hidden and self.luck(0.5) and (depth == 0 or self.knows_all):
            return name
        return f"{source.name}.{name}" if not is_shadowed else self.literal(kind)

    def literal(self, kind):
        if is_int(kind):
            return str(self.chance.randrange(6))
        return "'" + self.chance.choice([v for v in VALUES if v is not None]) + "'"

    def expression(self, scope, kind, depth):
        column = self.column(scope, kind)
        choice = self.chance.randrange(9)
        if choice == 0:
            return self.literal(kind)
        if choice == 1:
            return f"coalesce({column}, {self.column(scope, kind)})"
        if choice == 2 and self.luck(0.4):
            text = self.column(scope, "name")
            return f"CASE {text} WHEN {self.literal('name')} THEN {column} WHEN {self.literal('name')} THEN {self.literal(kind)} END"
        if choice == 2:
            return f"CASE WHEN {self.condition(scope, DEPTH_MAX)} THEN {column} ELSE {self.column(scope, kind)} END"
        if choice == 3 and depth < DEPTH_MAX:
            return self.scalar(scope, kind, depth)
        if choice == 4 and is_int(kind):
            return f"{column} {self.chance.choice(['+', '-', '*'])} {self.column(scope, kind)}"
        if choice == 4:
            return f"upper({column})"
        if choice == 5 and is_int(kind):
            return f"(-{column})"
        if choice == 5 and self.has("concat"):
            return f"{column} || {self.column(scope, kind)}"
        if choice == 6 and self.has("casts") and self.luck(0.5):
            kind = "int" if is_int(kind) else "text"
            return self.chance.choice([f"{column}::{kind}", f"CAST({column} AS {kind})", f"({column})"])
        if choice == 6:
            return f"nullif({column}, {self.column(scope, kind)})"
        return column

    def scalar(self, scope, kind, depth):
        inner = Scope(scope)
        sources = self.sources(DEPTH_MAX, inner)
        call = self.chance.choice(["max", "min"])
        return f"(SELECT {call}({self.column(inner, kind)}) FROM {sources} WHERE {self.condition(inner, DEPTH_MAX)})"

    def condition(self, scope, depth):
        kind = self.chance.choice(INTS + TEXTS)
        column = self.column(scope, kind)
        choice = self.chance.randrange(10)
        if choice < 3:
            return f"{column} {self.chance.choice(['=', '<>', '<', '>='] if is_int(kind) else ['=', '<>'])} {self.literal(kind)}"
        if choice == 3:
            return f"{column} = {self.column(scope, kind)}"
        if choice == 4:
            return f"{column} IS {self.chance.choice(['', 'NOT '])}NULL"
        if choice == 5:
            return f"{column} IN ({self.literal(kind)}, {self.literal(kind)})"
        if choice == 6 and depth < DEPTH_MAX:
            inner = Scope(scope)
            sources = self.sources(DEPTH_MAX, inner)
            return f"EXISTS (SELECT 1 FROM {sources} WHERE {self.condition(inner, DEPTH_MAX)})"
        if choice == 7 and depth < DEPTH_MAX:
            inner = Scope(scope)
            sources = self.sources(DEPTH_MAX, inner)
            source = self.chance.choice(inner.sources)
            return f"{column} IN (SELECT {self.column_of(inner, source, kind)} FROM {sources})"
        if choice == 8:
            return f"({self.condition(scope, depth)} {self.chance.choice(['AND', 'OR'])} {self.condition(scope, DEPTH_MAX)})"
        if choice == 9 and is_int(kind):
            return f"{column} BETWEEN {self.column(scope, kind)} AND 4"
        return f"{column} IS NOT NULL"
