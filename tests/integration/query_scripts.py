"""Random scripts: tables and views that the text makes, fills and reads, functions, triggers, and several changes in a row."""
from query_values import DEPTH_MAX, Scope, Source
from query_world import INTS, is_int


class Made:
    """A table that the script makes; where a statement may change it, it is like one of the world's (query_world.py)."""

    def __init__(self, old, columns):
        self.old, self.columns = old, columns

    def old_columns(self):
        return self.columns


class Scripts:
    """A part of the Writer (query_writer.py)."""

    def script(self):
        kinds = [self.changes]
        for trait, kind in (("views", self.views), ("views", self.view), ("made tables", self.made_table), ("functions", self.function),
                            ("row functions", self.row_trigger), ("blocks", self.block_of_code), ("macros", self.macro),
                            ("plain triggers", self.plain_trigger), ("row functions", self.routine), ("row functions", self.routine),
                            ("plain triggers", self.procedure)):
            if self.has(trait):
                kinds.append(kind)
        return self.chance.choice(kinds)()

    def made_name(self):
        taken = [name for commons in self.commons for name in commons]
        return self.chance.choice([name for name in ("w", "recent", "people2", "z") if name + self.suffix not in taken]) + self.suffix

    def listed(self, columns):
        """(a list of names behind that of a view, as in `v (a, b)`; the columns that it has then)"""
        if not self.luck(0.3):
            return "", columns
        columns = self.fresh_columns(columns)
        return f" ({', '.join(columns)})", columns

    def view(self):
        name = self.made_name()
        sql, columns = self.full_query(1, Scope(), names_all=True)
        listed, columns = self.listed(columns)
        self.commons.append({name: columns})
        after = self.query(1)
        self.commons.pop()
        kind = "TABLE" if not listed and self.luck(0.3) else "VIEW"
        return f"CREATE {kind} {name}{listed} AS\n{sql};\n{after}"

    def views(self):
        """One reads the other, and both are read."""
        parts, seen = [], {}
        self.commons.append(seen)
        for _ in range(self.chance.randrange(2, 4)):
            name = self.made_name()
            sql, columns = self.full_query(2, Scope(), names_all=True)
            listed, columns = self.listed(columns)
            parts.append(f"CREATE VIEW {name}{listed} AS\n{sql}")
            seen[name] = columns
        parts.append(self.query(1))
        self.commons.pop()
        return ";\n".join(parts)

    def made_table(self):
        """It is made of a query, rows come and go, and it is read."""
        name = self.made_name()
        sql, columns = self.full_query(1, Scope(), names_all=True)
        made = Made(name, columns)
        word = self.chance.choice(["", "", self.traits["made tables"] + " "])
        parts = [f"CREATE {word}TABLE {name} AS\n{sql}"]
        self.commons.append({name: columns})
        self.made += [made] if len(set(columns)) == len(columns) else []  # with two names alike it cannot be made
        for _ in range(self.chance.randrange(0, 3)):
            parts.append(self.chance.choice([self.insert, self.insert, self.update, self.delete])())
        parts.append(self.query(1))
        self.made, _ = [], self.commons.pop()
        return ";\n".join(parts)

    def changes(self):
        """What one statement changes, the next one sees."""
        parts = [self.chance.choice([self.insert, self.update, self.delete])() for _ in range(self.chance.randrange(1, 4))]
        return ";\n".join(parts + [self.query(1)])

    # ---- what runs later ----

    def parameter_query(self, parameter):
        """One number of a table, which a parameter chooses."""
        table, scope = self.table(), Scope()
        scope.sources.append(Source(table.old, table.old_columns()))
        key = self.column_of(scope, scope.sources[0], "k")
        return f"SELECT max({self.expression(scope, 'k', DEPTH_MAX)}) FROM {table.old} WHERE {key} = {parameter} OR {self.condition(scope, DEPTH_MAX)}"

    def called(self, name):
        """A query that calls a function of one number for each row of a table."""
        table = self.table()
        numbers = [column for column in table.old_columns() if is_int(column)] or ["1"]
        return f"SELECT {name}({self.chance.choice(numbers)}) AS c1, count(*) AS c2\nFROM {table.old}\nGROUP BY 1\nORDER BY 1, 2"

    def function(self):
        """In SQL, or a block that gives a value back; its parameter is perhaps called like a column."""
        parameter = self.chance.choice(["p", "p", "total", "m"])
        as_written = parameter if parameter == "p" else f"f.{parameter}"
        sql = self.parameter_query(as_written)
        if self.luck(0.5):
            body = f"LANGUAGE sql AS $$\n{sql}\n$$"
        else:
            body = f"LANGUAGE plpgsql AS $$ DECLARE found int; BEGIN {sql.replace('SELECT', 'SELECT', 1).replace(' FROM', ' INTO found FROM', 1)}; RETURN found; END $$"
        return f"CREATE FUNCTION f({parameter} int) RETURNS int {body};\n{self.called('f')}"

    def macro(self):
        parameter = self.chance.choice(["p", "q"])
        if self.luck(0.5):
            return f"CREATE MACRO f({parameter}) AS ({self.parameter_query(parameter)});\n{self.called('f')}"
        sql, _ = self.full_query(2, Scope(), names_all=True)
        return f"CREATE MACRO f() AS TABLE\n{sql};\nSELECT *\nFROM f()\nORDER BY ALL"

    def block_of_code(self):
        change = self.chance.choice([self.insert, self.update, self.delete])()
        change = change.split("\nRETURNING")[0]
        other = self.chance.choice([self.update, self.delete])().split("\nRETURNING")[0]
        when = f"IF EXISTS (SELECT 1 FROM {self.table().old}) THEN {other}; END IF; " if self.luck(0.5) else ""
        return f"DO $$ BEGIN {change}; {when}END $$;\n{self.query(1)}"

    def row_trigger(self):
        """A function of PL/pgSQL that sees the row; of the table itself, or of one whose name is put first."""
        table, other = self.table(), self.table()
        column = self.chance.choice(table.old_columns())
        theirs = self.chance.choice(other.old_columns())
        fitting = [one for one in table.old_columns() if (one in INTS) == (theirs in INTS)]
        value = f"NEW.{self.chance.choice(fitting)}" if fitting else self.literal(theirs)
        change = self.chance.choice([f"NEW.{column} := {self.literal(column)}", f"UPDATE {other.old} SET {theirs} = {value} WHERE {theirs} IS NULL"])
        seen = self.chance.choice(table.old_columns())
        of = f" OF {seen}" if self.luck(0.3) else ""
        return (f"CREATE FUNCTION seen() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {change}; RETURN NEW; END $$;\n"
                f"CREATE TRIGGER z BEFORE UPDATE{of} ON {table.old} FOR EACH ROW EXECUTE FUNCTION seen();\n"
                f"UPDATE {table.old} SET {seen} = {self.literal(seen)}")

    def plain_trigger(self):
        """One statement of MySQL, for each row of a table, about another one."""
        table = self.table()
        others = [one for one in self.world.tables if one is not table]
        if not others:
            return self.changes()
        other = self.chance.choice(others)
        column = self.chance.choice(other.old_columns())
        fitting = [one for one in table.old_columns() if (one in INTS) == (column in INTS)]
        value = f"NEW.{self.chance.choice(fitting)}" if fitting else self.literal(column)
        seen = self.chance.choice(table.old_columns())
        return (f"CREATE TRIGGER z AFTER UPDATE ON {table.old} FOR EACH ROW UPDATE {other.old} SET {column} = {value} "
                f"WHERE {column} = OLD.{self.chance.choice(table.old_columns())};\nUPDATE {table.old} SET {seen} = {self.literal(seen)}")
