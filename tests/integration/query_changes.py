"""Statements in random scripts that change rows: INSERT, UPDATE, DELETE, MERGE and their kin."""
from query_values import ALIASES, DEPTH_MAX, Scope, Source
from query_world import INTS, TEXTS


class Changes:
    """A part of the Writer (query_writer.py)."""

    def table(self):
        return self.chance.choice(self.made if self.made and self.luck(0.6) else self.world.tables)

    def some(self, table):
        columns = table.old_columns()
        return self.chance.sample(columns, min(len(columns), self.chance.randrange(1, 3)))

    def change(self):
        kinds = [self.insert, self.update, self.delete]
        for trait, kind in (("merge", self.merge), ("upsert", self.upsert), ("delete using", self.delete_using),
                            ("joined changes", self.joined_update), ("joined changes", self.joined_delete), ("triggers", self.trigger),
                            ("changes in with", self.change_in_with), ("with before changes", self.with_before_change),
                            ("sets of rows", self.set_of_rows), ("upsert", self.query_upsert), ("duplicate keys", self.duplicate_key),
                            ("update from", self.update_of_joined), ("merge", self.merge_of_several), ("upsert", self.upsert_of_query),
                            ("duplicate keys", self.limited_change), ("duplicate keys", self.insert_set), ("joined changes", self.delete_by_name)):
            if self.has(trait):
                kinds.append(kind)
        return self.chance.choice(kinds)()

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
        columns = self.some(table)
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
        columns = self.some(table)
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

    def delete_using(self):
        table = self.table()
        name = self.chance.choice([table.old, self.chance.choice(ALIASES)])
        scope = self.scope_of(table, name)
        source, sql = self.relation(1, Scope())
        scope.sources.append(source)
        alias = "" if name == table.old else f" AS {name}"
        return f"DELETE FROM {table.old}{alias}\nUSING {sql}\nWHERE {self.condition(scope, 1)}{self.returning(self.scope_of(table, name))}"

    # ---- MySQL: changes over joins ----

    def joined(self):
        """(the table, what it is called, what is in sight, the text of the join)"""
        table, name = self.table(), self.chance.choice(ALIASES)
        scope = self.scope_of(table, name)
        source, sql = self.relation(1, Scope())
        scope.sources.append(source)
        on = f"{self.column_of(scope, scope.sources[0], 'k')} = {self.column_of(scope, source, 'k')}"
        return name, scope, f"{table.old} AS {name} JOIN {sql} ON {on}"

    def joined_update(self):
        name, scope, text = self.joined()
        columns = self.chance.sample(scope.sources[0].columns, 1)
        sets = ", ".join(f"{name}.{column} = {self.literal(column)}" for column in columns)
        return f"UPDATE {text}\nSET {sets}\nWHERE {self.condition(scope, 1)}"

    def joined_delete(self):
        name, scope, text = self.joined()
        return f"DELETE {name} FROM {text}\nWHERE {self.condition(scope, 1)}"

    # ---- what happens by itself ----

    def upsert(self):
        """Into a table without rows, so that its key may be unique."""
        table, alias = self.table(), ""
        name = table.old
        if self.luck(0.4):
            name = self.chance.choice(ALIASES)
            alias = f" AS {name}"
        keys = [column for column in table.old_columns() if column in INTS]
        key = self.chance.choice(keys)
        columns = table.old_columns()
        self.chance.shuffle(columns)
        rows = [", ".join("1" if column == key else self.literal(column) for column in columns) for _ in range(2)]
        changed = [column for column in columns if column != key]
        scope = self.scope_of(table, name)
        column = self.chance.choice(changed)
        value = self.chance.choice([f"excluded.{self.chance.choice([c for c in columns if (c in INTS) == (column in INTS)])}",
                                    self.column_of(scope, scope.sources[0], column), self.literal(column)])
        where = f" WHERE {name}.{self.chance.choice(columns)} IS NOT NULL" if self.luck(0.4) else ""
        return (f"DELETE FROM {table.old};\nCREATE UNIQUE INDEX one ON {table.old} ({key});\n"
                f"INSERT INTO {table.old} ({', '.join(columns)})\nVALUES ({rows[0]});\n"
                f"INSERT INTO {table.old}{alias} ({', '.join(columns)})\nVALUES ({rows[1]})\n"
                f"ON CONFLICT ({key}) DO UPDATE SET {column} = {value}{where}")

    def trigger(self):
        """It writes into another table what happens to the rows of one."""
        table, other = self.table(), self.table()
        new = Scope()
        new.sources = [Source(row, table.old_columns()) for row in ("NEW", "OLD")]
        column = self.chance.choice(other.old_columns())
        scope = self.scope_of(other, other.old)
        fitting = [c for c in table.old_columns() if (c in INTS) == (column in INTS)]
        value = self.chance.choice([f"NEW.{self.chance.choice(fitting)}" if fitting else self.literal(column), self.literal(column)])
        where = f"{self.column_of(scope, scope.sources[0], 'k')} = {self.chance.choice(['NEW', 'OLD'])}.{self.chance.choice(table.old_columns())}"
        when = f" WHEN OLD.{self.chance.choice(table.old_columns())} IS NOT NULL" if self.luck(0.3) else ""
        seen = self.chance.choice(table.old_columns())
        of = f" OF {seen}" if self.luck(0.3) else ""
        return (f"CREATE TRIGGER z AFTER UPDATE{of} ON {table.old} FOR EACH ROW{when} BEGIN UPDATE {other.old} SET {column} = {value} WHERE {where}; END;\n"
                f"UPDATE {table.old} SET {seen} = {self.literal(seen)}")
