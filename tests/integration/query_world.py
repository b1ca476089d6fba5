"""Small random worlds for queries: tables as they are, a mapping, and the tables that it makes of them.

Names are few and are used again for everything: a column's new name is a neighbour's old one, tables trade names, an
alias or a table of WITH is called like a table or a column.
"""
import copy
import random
import re

INTS = ["id", "k", "n", "v", "total", "m"]
TEXTS = ["name", "plan", "code", "tag"]
TABLES = ["users", "orders", "a", "plan", "n", "users2", "b"]
VALUES = ["red", "blue", "UK", "grey", None]
# what values become: others; two the same; none; each other
NEW_VALUES = [{"red": "rouge", "UK": "GB"}, {"UK": "GB", "grey": "GB"}, {"grey": None, "red": "rouge"}, {"red": "blue", "blue": "red"}]
ROWS = 7
# what a number becomes, and what its consumers say instead: of every precedence
SHIFTS = [("{} + 100", "{} - 100", lambda old: old + 100), ("{} + 100", "{} % 100", lambda old: old + 100), ("0 - {}", "- {}", lambda old: -old),
          ("100 - {}", "100 - {}", lambda old: 100 - old), ("{} + 100", "({} - 100)", lambda old: old + 100),
          ("{} + 100", "CASE WHEN {} > 100 THEN {} - 100 ELSE {} - 100 END", lambda old: old + 100)]
# how a name is written in all of a world: in quotes or not
DRESSES = [("Amount", True), ("order", True), ("count", False), ("user", True), ("two words", True), ("year", False), ("größe", False), ("Whole", True)]


def is_int(name):
    return name in INTS


def pool(name):
    return INTS if is_int(name) else TEXTS


class Column:
    """One column of a table: what it is called before and after, and what becomes of its values."""

    def __init__(self, old, new, kind, values=None, shift=None):
        self.old, self.new, self.kind, self.values, self.shift = old, new, kind, values, shift  # kind: same, values, shifted, dropped

    def value(self, old):
        if self.kind == "values":
            return self.values.get(old, old)
        return self.shift[2](int(old)) if self.kind == "shifted" and old is not None else old

    def rule(self):
        if self.kind == "values":
            pairs = ", ".join(f"{a}: {'null' if b is None else b}" for a, b in self.values.items())
            return f"  {self.new}: {{ from: {self.old}, values: {{ {pairs} }} }}"
        if self.kind == "shifted":
            return f"  {self.new}: {{ expr: '{self.shift[0].format(self.old)}' }}"
        return f"  {self.new}: {{ from: {self.old} }}"


class Table:
    def __init__(self, old, new, columns, is_mapped):
        self.old, self.new, self.columns, self.is_mapped = old, new, columns, is_mapped
        self.rows = []

    def old_columns(self):
        return [column.old for column in self.columns]

    def after(self):
        """The columns of the new table: dropped ones are gone."""
        return [column for column in self.columns if column.kind != "dropped"]

    def new_rows(self, rows=None):
        return [tuple(column.value(row[i]) for i, column in enumerate(self.columns) if column.kind != "dropped")
                for row in (self.rows if rows is None else rows)]

    def document(self):
        lines = ["apiVersion: honk/v1", "kind: Mapping", f"source: {self.old}", f"target: {self.new}", "columns:"]
        lines += [column.rule() for column in self.after()]
        shifted = [column for column in self.columns if column.kind == "shifted"]
        dropped = [column for column in self.columns if column.kind == "dropped"]
        if shifted:
            lines += ["consumers:"] + [f"  {c.old}: {{ expr: '{c.shift[1].format(*[c.new] * 3)}' }}" for c in shifted]
        if dropped:
            lines += ["dropped:"] + [f'  {c.old}: "not needed"' for c in dropped]
        return "\n".join(lines) + "\n"


class World:
    def __init__(self, chance, plain=False):
        """`plain`: names change, and nothing else does."""
        self.chance = chance
        names = chance.sample(TABLES, chance.randrange(2, 5))
        mapped = names[:chance.randrange(1, len(names) + 1)]
        targets = self.targets(mapped, names)
        self.tables = [Table(name, targets.get(name, name), self.columns(name in targets, plain), name in targets) for name in names]
        for table in self.tables:
            table.rows = [self.row(table) for _ in range(ROWS)]
        self.known = chance.choice(["all", "all", "others", "none"])
        self.words = {}
        if chance.random() < 0.3:
            words = chance.sample(INTS + TEXTS, chance.randrange(1, 4))
            self.words = dict(zip(words, chance.sample(DRESSES, len(words))))

    def dress(self, text, quote='"'):
        """The text with some names as this world writes them."""
        def written(found):
            name, has_quotes = self.words[found[0]]
            return quote + name + quote if has_quotes else name
        return re.sub(r"\b(?:" + "|".join(self.words) + r")\b", written, text) if self.words else text

    def names(self):
        """What columns are called, without quotes."""
        return [self.words.get(name, (name,))[0] for name in INTS + TEXTS]

    def targets(self, mapped, names):
        """Tables trade names, take new ones, or keep theirs."""
        free = [name for name in TABLES + ["people", "sales"] if name not in names]
        self.chance.shuffle(free)
        targets = {}
        turned = mapped[1:] + mapped[:1] if len(mapped) > 1 and self.chance.random() < 0.4 else []
        for i, name in enumerate(mapped):
            targets[name] = turned[i] if turned else name if self.chance.random() < 0.2 else free.pop()
        return targets

    def columns(self, is_mapped, plain):
        chance = self.chance
        old = chance.sample(INTS, chance.randrange(2, 4)) + chance.sample(TEXTS, chance.randrange(1, 3))
        chance.shuffle(old)
        if not is_mapped:
            return [Column(name, name, "same") for name in old]
        stays = [name for name in old if chance.random() < 0.45]
        taken = set(stays)
        columns = []
        for name in old:
            new = name
            if name not in stays:
                choice = [other for other in pool(name) + [name + "_new"] if other not in taken]
                new = chance.choice(choice)
                taken.add(new)
            kind, luck = "same", chance.random()
            if not plain and luck < 0.04:
                kind = "dropped"
            elif not plain and luck < 0.11:
                kind = "shifted" if is_int(name) else "values"
            columns.append(Column(name, new, kind, chance.choice(NEW_VALUES), chance.choice(SHIFTS)))
        if all(column.kind == "dropped" for column in columns):
            columns[0].kind = "same"
        return columns

    def row(self, table):
        chance = self.chance
        return tuple(chance.choice([0, 1, 2, 3, 4, 5, None]) if is_int(column.old) else chance.choice(VALUES) for column in table.columns)

    def is_turned(self):
        """Does a new name mean something today? Then rewriting twice is not rewriting once."""
        mapped = [table for table in self.tables if table.is_mapped]
        return bool({table.new for table in mapped} & {table.old for table in self.tables})

    def inverse(self):
        """The world after the mapping, and the mapping back; of names alone."""
        back = copy.copy(self)
        back.tables = [Table(table.new, table.old, [Column(c.new, c.old, "same") for c in table.columns], table.is_mapped) for table in self.tables]
        return back

    def mapping(self):
        return self.dress("---\n".join(table.document() for table in self.tables if table.is_mapped))

    def schema(self):
        """What the schema file tells; None: there is none."""
        if self.known == "none":
            return None
        lines = ["tables:"]
        for table in self.tables:
            if self.known == "all" or not table.is_mapped:
                columns = ", ".join(f"{c.old}: {'int' if is_int(c.old) else 'text'}" for c in table.columns)
                lines.append(f"  {table.old}: {{ {columns} }}")
        return self.dress("\n".join(lines) + "\n") if len(lines) > 1 else None


def world_of(seed, plain=False):
    return World(random.Random(f"world {seed}"), plain)
