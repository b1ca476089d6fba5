"""Random triggers in SQLite: what is rewritten does with the new table what the old one did with the old table.

A trigger that SQLite does not take is thrown away. TRIGGERS=20000 takes as many, SEED=n begins elsewhere.
"""
import os
import random
import sqlite3
import unittest

from trigger_world import MAPPINGS, OLD, rewritten

COUNT = int(os.environ.get("TRIGGERS", "300"))
SEED = int(os.environ.get("SEED", "1"))


class Writer:
    def __init__(self, random):
        self.random = random

    def name(self, column):
        return self.random.choice([column, column, f'"{column}"', f"[{column}]", column.upper()])

    def column(self):
        return self.name(self.random.choice(OLD))

    def row(self):
        return self.random.choice({"INSERT": ["NEW"], "DELETE": ["OLD"], "UPDATE": ["NEW", "OLD", "new", "Old"]}[self.event])

    def value(self, inner=None, depth=0):
        chance = self.random.random()
        if chance < 0.5:
            return f"{self.row()}.{self.column()}"
        if chance < 0.6:
            return str(self.random.randint(0, 5))
        if chance < 0.7 and inner is not None:
            return self.random.choice(["", inner + "."]) + self.column()
        if depth < 2 and chance < 0.85:
            return f"({self.value(inner, depth + 1)} + {self.value(inner, depth + 1)})"
        if depth < 2:
            function, sign = self.random.choice(["max", "min", "count", "sum"]), self.random.choice(["=", "<", "<>"])
            return (f"(SELECT {function}({self.random.choice(['', 'o.'])}{self.column()}) FROM orders o "
                    f"WHERE o.{self.column()} {sign} {self.value('o', depth + 1)})")
        return f"ifnull({self.row()}.{self.column()}, 0)"

    def statement(self):
        value = self.value
        return self.random.choice([
            lambda: f"INSERT INTO log (id, amount) VALUES ({value()}, {value()})",
            lambda: f"INSERT INTO log (id, amount) SELECT {value('orders')}, {value('orders')} FROM orders WHERE {self.column()} = {value()}",
            lambda: f"UPDATE log SET amount = amount + {value()} WHERE id {self.random.choice('=<')} {value()}",
            lambda: f"UPDATE orders SET created = {value('orders')} WHERE id = {self.row()}.id AND {value('orders')}",
            lambda: f"DELETE FROM log WHERE amount = {value()} OR id IN (SELECT {self.column()} FROM orders WHERE amount > {value()})",
            lambda: ("INSERT INTO log (id, amount) SELECT c.id, c.amount FROM (SELECT id, amount FROM orders "
                     f"WHERE user_id = {value()}) c WHERE EXISTS (SELECT * FROM orders o WHERE o.id = c.id AND o.{self.column()} <> {value()})"),
        ])()

    def trigger(self):
        self.event = self.random.choice(["INSERT", "UPDATE", "DELETE"])
        columns = ", ".join(self.name(column) for column in self.random.sample(OLD, self.random.randint(1, 3)))
        of = f" OF {columns}" if self.event == "UPDATE" and self.random.random() < 0.5 else ""
        when = f" WHEN {self.value()} {self.random.choice(['>', 'IS NOT', '<>'])} {self.value()}" if self.random.random() < 0.5 else ""
        body = "; ".join(self.statement() for _ in range(self.random.randint(1, 3)))
        return (f"CREATE TRIGGER t {self.random.choice(['AFTER ', 'BEFORE ', ''])}{self.event}{of} ON orders"
                f"{self.random.choice(['', ' FOR EACH ROW'])}{when} BEGIN {body}; END;\n")


def effect(trigger, table, columns):
    """What is in both tables once rows came, changed and went; None where SQLite does not take the trigger."""
    store = sqlite3.connect(":memory:")
    key, _, amount, created = columns
    store.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
    store.execute("CREATE TABLE log (id, amount)")
    store.execute("INSERT INTO log VALUES (1, 2), (2, 3), (3, 1)")
    store.executemany(f"INSERT INTO {table} VALUES (?, ?, ?, ?)",
                      [(i, i % 3, i * 2 % 7, None if i == 3 else i) for i in range(1, 6)])
    try:
        store.execute(trigger)
        store.execute(f"INSERT INTO {table} VALUES (7, 1, 3, 4)")
        store.execute(f"UPDATE {table} SET {amount} = {amount} + 1 WHERE {key} < 4")
        store.execute(f"UPDATE {table} SET {created} = 9")
        store.execute(f"DELETE FROM {table} WHERE {key} IN (2, 7)")
    except sqlite3.Error:
        return None
    return [sorted(map(repr, store.execute(f"SELECT * FROM {name}"))) for name in (table, "log")]


class Triggers(unittest.TestCase):
    def test_a_trigger_does_the_same_on_the_new_table(self):
        writer = Writer(random.Random(SEED))
        triggers = [writer.trigger() for _ in range(COUNT)]
        before = [effect(trigger, "orders", OLD) for trigger in triggers]
        nothing = effect("SELECT 1", "orders", OLD)
        self.assertGreater(sum(one not in (None, nothing) for one in before), COUNT / 3, "hardly any does something")
        for columns in MAPPINGS:
            same = 0
            for old, one, new in zip(triggers, before, rewritten(triggers, "sqlite", columns)):
                if one is not None and new != old:
                    self.assertEqual(one, effect(new, "orders_v2", columns), f"{old}became\n{new}")
                    same += 1
            self.assertGreater(same, COUNT / 2, "hardly any was rewritten")
            print(f"{same} of {COUNT} triggers do the same with {', '.join(columns)}")


if __name__ == "__main__":
    unittest.main()
