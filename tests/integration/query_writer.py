"""Writes random queries over the tables of a world (query_world.py), with the traps that people fall into.

It knows roughly what is in sight, so that most queries run; those that do not are thrown away by who runs them.
"""
from query_changes import Changes
from query_forms import Forms
from query_more import More
from query_routines import Routines
from query_scripts import Scripts
from query_templates import Templates
from query_values import ALIASES, DEPTH_MAX, Scope, Source, Values
from query_world import INTS, TEXTS, is_int, pool

COMMONS = ["c1", "c2", "users", "orders", "recent", "plan", "a", "people", "users2"]


class Item:
    def __init__(self, sql, name, kind, alias=None):
        self.sql, self.name, self.kind, self.alias = sql, name, kind, alias

    def text(self):
        return self.sql if self.alias is None else f"{self.sql} {self.alias}"


class Writer(Changes, Forms, More, Routines, Scripts, Templates, Values):
    """`suffix`: of the names of what its scripts make, so that no two files make the same."""

    def __init__(self, chance, world, traits, suffix=""):
        self.chance, self.world, self.traits, self.suffix = chance, world, traits, suffix
        self.made = []  # tables that the script makes, where it may change them
        self.commons = []  # of dictionaries: name -> columns
        self.hidden = []  # tables that a WITH table is called like, while that is written
        self.knows_all = world.known == "all"

    # ---- the whole ----

    def text(self):
        """A script of one or more statements; what the last one gives is compared, and all tables."""
        luck = self.chance.random()
        if luck < 0.15:
            return self.templated()
        if luck < 0.6:
            return self.query()
        return self.script() if luck < 0.8 else self.change()

    def query(self, depth=0):
        return self.full_query(depth, Scope())[0]

    # ---- queries ----

    def fresh_columns(self, columns):
        out = []
        for column in columns:
            kind = column if column is not None else "k"
            out.append(self.chance.choice([c for c in pool(kind) + ["c%d" % len(out)] if c not in out]))
        return out

    def full_query(self, depth, outer, want=None, names_all=False):
        """Its text and the names of its columns. `want`: as many columns, of these types."""
        commons, parts, is_recursive = {}, [], False
        self.commons.append(commons)
        if depth < DEPTH_MAX and self.luck(0.35 if depth == 0 else 0.12):
            kinds = [self.has("with recursive") and self.luck(0.15) for _ in range(self.chance.randrange(1, 3))]
            is_recursive = any(kinds)
            for counts in kinds:
                name = self.chance.choice([one for one in COMMONS if one not in commons])
                if not counts and self.has("values commons") and self.luck(0.08):
                    text, commons[name] = self.values_common(name)
                    parts.append(text)
                    continue
                if counts:
                    parts.append(self.recursive(name, commons))
                    continue
                self.hidden += [name] if is_recursive or self.has("no own shadow") else []
                sql, columns = self.full_query(depth + 1, Scope(), names_all=True)
                self.hidden = [one for one in self.hidden if one != name]
                listed = ""
                if self.luck(0.25):
                    columns = self.fresh_columns(columns)
                    listed = f" ({', '.join(columns)})"
                kept = self.chance.choice(["", "", "MATERIALIZED ", "NOT MATERIALIZED "]) if self.has("materialized") else ""
                parts.append(f"{name}{listed} AS {kept}(\n{sql}\n)")
                commons[name] = columns
        sql, columns = self.body(depth, outer, want, names_all)
        self.commons.pop()
        if parts:
            sql = f"WITH {'RECURSIVE ' if is_recursive else ''}{', '.join(parts)}\n{sql}"
        return sql, columns

    def recursive(self, name, commons):
        """Counts upwards from a column, beside one more that it carries along."""
        table = self.chance.choice(self.world.tables)
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
        next_one, key = self.chance.choice(self.world.tables), self.chance.choice(numbers)
        keys = [c for c in next_one.old_columns() if is_int(c)]
        joined = f"JOIN {next_one.old} j ON j.{self.chance.choice(keys)} = r.{columns[0]}"
        step = self.chance.choice([f"SELECT {columns[0]} + 1, {columns[1]} FROM {name} WHERE {columns[0]} < 4",
                                   f"SELECT r.{columns[0]} + 1, r.{columns[1]} FROM {name} r WHERE r.{columns[0]} < 4",
                                   f"SELECT r.{columns[0]} + 1, r.{columns[1]} FROM {name} r {joined} WHERE r.{columns[0]} < 4",
                                   f"SELECT t.{key} + 1, r.{columns[1]} FROM {table.old} t, {name} r WHERE t.{key} = r.{columns[0]} AND t.{key} < 4"])
        behind, added = self.searched(columns)
        commons[name] = columns + added
        return f"{name}{listed} AS (\n{start}\nUNION\n{step}\n){behind}"

    def body(self, depth, outer, want, names_all):
        by_name = self.has("by name") and want is None and depth < DEPTH_MAX and self.luck(0.08)
        sql, columns, items = self.block(depth, outer, want, names_all or by_name, bare=by_name)
        if by_name and len(set(columns)) == len(columns):
            other, more, _ = self.block(depth + 1, outer, None, True, bare=True)
            columns = columns + [c for c in more if c not in columns]
            sql += f"\n{self.chance.choice(['UNION BY NAME', 'UNION ALL BY NAME'])}\n{other}" + (self.order(columns, None) if depth == 0 else "")
        elif depth < DEPTH_MAX and self.luck(0.15):
            for _ in range(self.chance.randrange(1, 3)):
                word = self.chance.choice(["UNION", "UNION ALL", "EXCEPT", "INTERSECT"] + (["EXCEPT ALL", "INTERSECT ALL"] if self.has("all of both") else []))
                kinds = [c if c is not None else "k" for c in columns]
                other, names, keys = self.block(depth + 1, outer, kinds, False, bare=True)
                if self.has("brackets") and self.luck(0.3):
                    other = f"({other}{self.order(names, keys) if self.luck(0.4) else ''})"
                if self.has("brackets") and self.luck(0.15):
                    sql = f"({sql})"
                sql += f"\n{word}\n{other}"
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
            if is_int(kind) and self.luck(0.08):
                window = window or self.named_windows(scope)
                items.append(self.named(Item(self.over(scope, window), None, kind), names_all))
                continue
            if is_int(kind) and self.luck(0.08):
                value = self.filtered(scope) if self.has("filter") and self.luck(0.3) else self.framed(scope)
                items.append(self.named(Item(value, None, kind), names_all))
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
        if self.has("distinct on") and not distinct and not bare and want is None and depth > 0 and None not in columns and self.luck(0.08):
            key = self.column(scope, "k")
            order = ", ".join([key] + [str(i + 1) for i in range(len(columns))])
            return f"SELECT DISTINCT ON ({key}) {', '.join(one.text() for one in items)}\nFROM {sources}{where}{window}\nORDER BY {order}", columns, None
        text = f"SELECT {distinct}{', '.join(one.text() for one in items)}\nFROM {sources}{where}{window}{more}"
        kind = self.chance.choice(INTS + TEXTS)
        keys = [self.sort_key(scope) if self.luck(0.15) else self.expression(scope, kind, depth) if self.luck(0.3) else self.column(scope, kind)]
        keys = keys if not distinct else None
        return text, columns, keys if keys and not keys[0].isdigit() else None

    def star(self, scope):
        if len(scope.sources) > 1 and self.luck(0.5):
            source = self.chance.choice(scope.sources)
            if self.has("star except") and self.luck(0.3) and len(source.usable()) > 1:
                gone = self.chance.choice(source.usable())
                return [Item(f"{source.name}.* {self.traits['star except']} ({gone})", [c for c in source.columns if c != gone], None)]
            return [Item(f"{source.name}.*", list(source.columns), None)]
        if self.has("columns") and not scope.merged and self.luck(0.1):
            source = scope.sources[0]
            if len(scope.sources) == 1 and self.luck(0.5):
                return [Item("COLUMNS(*)", list(source.columns), None)]
            return [Item(f"COLUMNS({source.name}.*)", list(source.columns), None)]
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
        if self.has("star rename") and self.luck(0.2) and source.usable():
            one = self.chance.choice(source.usable())
            new = self.chance.choice([c for c in pool(one) if c not in source.columns] + ["c9"])
            return [Item(f"* RENAME ({one} AS {new})", [new if c == one else c for c in source.columns], None)]
        return [Item("*", list(source.columns), None)]

    def named(self, item, must):
        """Give it an alias, perhaps one that is the name of something else."""
        if item.name is not None and not self.luck(0.3):
            return item
        if not must and item.name is None:
            return item
        alias = self.chance.choice(pool(item.kind) + ["c1", "c2"])
        if self.has("alias first") and self.luck(0.08):
            return Item(f"{alias}: {item.sql}", alias, item.kind)
        word = "AS " if self.luck(0.8) else ""
        return Item(item.sql, alias, item.kind, word + alias)

    def item(self, scope, kind, depth):
        if self.luck(0.6):
            sql = self.column(scope, kind)
            name = sql.split(".")[-1].strip(self.traits["quotes"])
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
                only = f" FILTER (WHERE {self.condition(scope, DEPTH_MAX)})" if self.has("filter") and self.luck(0.2) else ""
                items.append(self.named(Item(call.format(argument) + only, None, kind), names_all or self.luck(0.6)))
                continue
            if not is_int(kind) and self.has("joined texts") and self.luck(0.2):
                text = self.column(scope, kind)
                items.append(self.named(Item(self.traits["joined texts"].format(text, text), None, kind), names_all or self.luck(0.6)))
                continue
            is_asked = self.luck(0.06)
            item = Item(self.scalar(scope, kind, DEPTH_MAX), None, kind) if is_asked else self.item(scope, kind, DEPTH_MAX)
            one = self.named(item, names_all or self.luck(0.6))
            items.append(one)
            key = one.sql if not is_asked else str(len(items))
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
            if self.has("group by all") and self.luck(0.2):
                keys = ["ALL"]
            text += f"\nGROUP BY {', '.join(keys)}"
            named = [one for one in items if one.alias is not None and is_int(one.kind)]
            if plain and self.luck(0.12):
                text += f"\nHAVING {self.chance.choice(plain)} IS NOT NULL OR {self.form_condition(scope, 'k', DEPTH_MAX)}"
            elif self.luck(0.3):
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
        if self.has("alias columns") and self.luck(0.06):
            columns, name = self.fresh_columns(["k", "name"]), self.alias(scope)
            rows = ", ".join(f"({self.literal('k')}, {self.literal('name')})" for _ in range(2))
            return Source(name, columns), f"(VALUES {rows}) AS {name} ({', '.join(columns)})"
        if self.has("joined aliases") and self.luck(0.04):
            return self.joined_relation(scope)
        if self.has("pivot") and self.luck(0.05):
            return self.pivot(scope)
        if self.has("rows of functions") and self.luck(0.04):
            return self.rows_of_function(scope)
        seen = {table.old: table.old_columns() for table in self.world.tables}
        for commons in self.commons:
            seen.update(commons)
        made = [name for commons in self.commons for name in commons if name not in self.hidden]
        for name in self.hidden:
            seen.pop(name, None)
        name = self.chance.choice(made) if made and self.luck(0.6) else self.chance.choice(list(seen) or ["n"])
        columns = seen.get(name, [])
        taken = [source.name for source in scope.sources]
        if name in taken or self.luck(0.5):
            alias, listed = self.alias(scope), ""
            if self.has("alias columns") and self.luck(0.1) and columns and None not in columns and len(set(columns)) == len(columns):
                first = self.fresh_columns(columns)[:self.chance.randrange(1, len(columns) + 1)]
                columns = first + columns[len(first):]
                listed = f" ({', '.join(first)})"
            return Source(alias, columns), f"{name} {'AS ' if self.luck(0.6) else ''}{alias}{listed}"
        return Source(name, columns), name

    def pivot(self, scope):
        """Values that become names, or names that become values; of a table or of a query."""
        table, name = self.table(), self.alias(scope)
        source, columns = table.old, table.old_columns()
        if self.luck(0.5):
            sql, columns = self.full_query(DEPTH_MAX, Scope(), want=table.old_columns(), names_all=True)
            source = f"({sql})"
        numbers, texts = [c for c in columns if c in INTS], [c for c in columns if c in TEXTS]
        if not numbers or not texts:
            return Source(name, columns), f"{source} AS {name}"
        key, value, text = self.chance.choice(numbers), self.chance.choice(numbers), self.chance.choice(texts)
        if self.luck(0.3) and key != value:
            rest = [c for c in columns if c not in (key, value)]
            return Source(name, rest + ["tag", "v"]), f"(UNPIVOT {source} ON {key}, {value} INTO NAME tag VALUE v) AS {name}"
        if self.luck(0.5):
            return Source(name, [key]), f"(PIVOT {source} ON {text} USING sum({value}) GROUP BY {key}) AS {name}"
        return Source(name, [key, "red", "grey"]), f"(FROM {source} PIVOT (sum({value}) FOR {text} IN ('red', 'grey') GROUP BY {key})) AS {name}"

    def rows_of(self, scope):
        """A row for each of some columns that stand before it."""
        name, columns = self.alias(scope), [self.chance.choice(INTS + ["c1"])]
        rows = ", ".join(f"({self.column_of(scope, self.chance.choice(scope.sources), 'k')})" for _ in range(2))
        return Source(name, columns), f"LATERAL (VALUES {rows}) AS {name} ({columns[0]})"

    def alias(self, scope):
        taken = [source.name for source in scope.sources]
        return self.chance.choice([alias for alias in ALIASES if alias not in taken])

    def sources(self, depth, scope):
        source, text = self.relation(depth, scope)
        scope.sources.append(source)
        for _ in range(self.chance.choice([0, 0, 0, 0, 1, 1, 1, 2, 2, 3])):
            if self.has("brackets") and len(scope.sources) > 1 and self.luck(0.15):
                text = f"({text})"
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
                if self.has("joined aliases") and self.luck(0.15):
                    both = self.alias(scope)
                    text += f" AS {both}"
                    scope.sources.append(Source(both, named))
            elif shared and how < 0.35 and self.has("natural"):
                text += f"\nNATURAL {self.chance.choice(words)} {sql}"
                scope.sources.append(source)
                scope.merged.update(c for c in source.columns if c in before)
            elif how < 0.42 and self.has("lateral"):
                source, sql = self.rows_of(scope)
                text += f"\nCROSS JOIN {sql}"
                scope.sources.append(source)
            elif how < 0.45 and self.has("positional") and not sql.startswith(("(", "LATERAL")):
                text += f"\nPOSITIONAL JOIN {sql}"
                scope.sources.append(source)
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
                if self.has("semi joins") and not sql.startswith("LATERAL") and self.luck(0.15):
                    words = ["SEMI JOIN", "ANTI JOIN"]
                    scope.sources.pop()  # nothing else sees it
                text += f"\n{self.chance.choice(words)} {sql} ON {on}"
        return text
