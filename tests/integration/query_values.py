"""Values in random queries: columns that are in sight, expressions, conditions, windows."""
from query_world import INTS, TEXTS, VALUES, is_int

ALIASES = ["t", "u", "x", "users", "id", "plan", "a", "orders", "n", "people"]
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


class Values:
    """A part of the Writer (query_writer.py)."""

    def has(self, trait):
        return trait in self.traits

    def luck(self, share):
        return self.chance.random() < share

    # ---- expressions ----

    def column_of(self, scope, source, kind):
        fitting = [c for c in source.usable() if (c in INTS) == is_int(kind) and c in INTS + TEXTS]
        if not fitting:
            return self.literal(kind)
        name = self.chance.choice(fitting)
        if scope.count(name) == 1 and self.luck(0.4):
            return self.quoted(name)
        return self.quoted(f"{source.name}.{name}")

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
            return self.quoted(name)
        if outer.count(name) == 1 and not is_hidden and self.luck(0.5) and (depth == 0 or self.knows_all):
            return self.quoted(name)
        return self.quoted(f"{source.name}.{name}") if not is_shadowed else self.literal(kind)

    def literal(self, kind):
        if is_int(kind):
            return str(self.chance.randrange(6))
        return "'" + self.chance.choice([v for v in VALUES if v is not None]) + "'"

    def expression(self, scope, kind, depth):
        column = self.column(scope, kind)
        choice = self.chance.randrange(11)
        if choice == 0:
            return self.literal(kind)
        if choice > 8:
            return self.form(scope, kind, depth)
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
        if choice == 6 and is_int(kind) and self.has("lists") and self.luck(0.5):
            return self.of_list(scope, column)
        if choice == 6 and self.has("casts") and self.luck(0.5):
            kind = "int" if is_int(kind) else "text"
            return self.chance.choice([f"{column}::{kind}", f"CAST({column} AS {kind})", f"({column})"])
        if choice == 6:
            return f"nullif({column}, {self.column(scope, kind)})"
        return column

    def of_list(self, scope, column):
        """A number out of a list or a struct, whose own names are perhaps those of columns."""
        name, other = self.chance.choice(["x", "n", "id", "plan"]), self.column(scope, "k")
        return self.chance.choice([f"list_sum([{name} + {other} FOR {name} IN [{column}, 2] IF {name} > 1])",
                                   f"list_sum(list_transform([{column}, 1], lambda {name}: {name} + {other}))",
                                   f"list_sum([{other} FOR {name} IN [{column}, {self.column(scope, 'k')}]])",
                                   f"struct_pack({name} := {column}, v := {other}).{name}", f"{{'{name}': {column}}}.{name}"])

    def scalar(self, scope, kind, depth):
        inner = Scope(scope)
        sources = self.sources(DEPTH_MAX, inner)
        call = self.chance.choice(["max", "min"])
        return f"(SELECT {call}({self.column(inner, kind)}) FROM {sources} WHERE {self.condition(inner, self.deeper(depth))})"

    def deeper(self, depth):
        """How deep what is within may go on: mostly not at all."""
        return depth + 1 if self.luck(0.3) else DEPTH_MAX

    # ---- windows ----

    def window(self, scope):
        return f"PARTITION BY {self.column(scope, self.chance.choice(['k', 'name']))} ORDER BY {self.column(scope, 'k')}"

    def named_windows(self, scope):
        """One that is called like something else, perhaps, and one that goes on from it."""
        name = self.chance.choice(["w", "w", "n", "users", "total"])
        return f"\nWINDOW {name} AS (PARTITION BY {self.column(scope, self.chance.choice(['k', 'name']))}), w2 AS ({name} ORDER BY {self.column(scope, 'k')})"

    def over(self, scope, window):
        name, value = window.split()[1], self.column(scope, "k")
        frame = self.chance.choice(["RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW", "RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING"])
        return self.chance.choice([f"sum({value}) OVER w2", f"max({value}) OVER {name}", f"min({value}) OVER ({name} ORDER BY {self.column(scope, 'k')} {frame})"])

    def framed(self, scope):
        """A window with a frame; of rows one by one only where all that a row has decides its place."""
        key, value = self.column(scope, "k"), self.column(scope, "k")
        source = scope.sources[0]
        if len(scope.sources) == 1 and scope.parent is None and len(source.usable()) == len(source.columns) and self.luck(0.5):
            keys = ", ".join(self.chance.choice([f"{source.name}.{column}", column]) for column in source.columns)
            call = self.chance.choice([f"sum({value})", f"lag({value})", f"first_value({value})"])
            left_out = self.chance.choice(["", "", " EXCLUDE CURRENT ROW", " EXCLUDE TIES"]) if self.has("left out of frames") else ""
            frame = "" if call.startswith("lag") else " ROWS BETWEEN 1 PRECEDING AND CURRENT ROW" + left_out
            return f"{call} OVER (ORDER BY {keys}{frame})"
        if not key.isdigit() and self.luck(0.5):
            frame = self.chance.choice(["RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW", "RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING"])
            return f"max({value}) OVER (PARTITION BY {self.column(scope, 'name')} ORDER BY {key} {frame})"
        return f"rank() OVER ({self.window(scope)})"

    # ---- conditions ----

    def row_condition(self, scope, kind):
        """Two columns at once."""
        inner = Scope(scope)
        sources = self.sources(DEPTH_MAX, inner)
        source = self.chance.choice(inner.sources)
        mine = f"({self.column(scope, kind)}, {self.column(scope, 'k')})"
        theirs = f"{self.column_of(inner, source, kind)}, {self.column_of(inner, source, 'k')}"
        word = "SELECT DISTINCT" if self.luck(0.3) else "SELECT"
        return f"{mine} IN ({word} {theirs} FROM {sources} WHERE {self.condition(inner, DEPTH_MAX)})"

    def condition(self, scope, depth):
        kind = self.chance.choice(INTS + TEXTS)
        column = self.column(scope, kind)
        choice = self.chance.randrange(12)
        if choice > 9 and depth < DEPTH_MAX and self.luck(0.35):
            return self.more_condition(scope, kind)
        if choice > 9:
            return self.form_condition(scope, kind, depth)
        if choice < 3:
            return f"{column} {self.chance.choice(['=', '<>', '<', '>='] if is_int(kind) else ['=', '<>'])} {self.literal(kind)}"
        if choice == 3 and self.has("distinct from") and self.luck(0.4):
            return f"{column} {self.traits['distinct from']} {self.column(scope, kind)}"
        if choice == 3:
            return f"{column} = {self.column(scope, kind)}"
        if choice == 4:
            return f"{column} IS {self.chance.choice(['', 'NOT '])}NULL"
        if choice == 5:
            return f"{column} IN ({self.literal(kind)}, {self.literal(kind)})"
        if choice == 6 and depth < DEPTH_MAX:
            inner = Scope(scope)
            sources = self.sources(DEPTH_MAX, inner)
            return f"EXISTS (SELECT 1 FROM {sources} WHERE {self.condition(inner, self.deeper(depth))})"
        if choice == 7 and depth < DEPTH_MAX and self.luck(0.3):
            return self.row_condition(scope, kind)
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
