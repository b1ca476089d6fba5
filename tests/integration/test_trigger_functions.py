"""Random functions of triggers in PostgreSQL: what is rewritten does with the new table what the old one did with the old table.

A function that PostgreSQL does not take, or that fails, is thrown away. FUNCTIONS=2000 takes as many, SEED=n begins elsewhere.
"""
import os
import random
import re
import unittest

import postgres_world
from trigger_world import MAPPINGS, OLD, rewritten

COUNT = int(os.environ.get("FUNCTIONS", "60"))
SEED = int(os.environ.get("SEED", "1"))
# some are called like columns, old or new
VARIABLES = ["n", "n", "total_cents", "amount"]


class Writer:
    def __init__(self, random):
        self.random = random

    def pick(self, *choices):
        return self.random.choice(choices)

    def column(self):
        name = self.random.choice(OLD)
        return self.pick(name, name, f'"{name}"', name.upper())

    def row(self):
        return self.pick(*{"INSERT": ["NEW"], "DELETE": ["OLD"], "UPDATE": ["NEW", "OLD", "new"]}[self.event])

    def value(self, depth=0):
        chance = self.random.random()
        if chance < 0.6:
            return f"{self.row()}.{self.column()}"
        if chance < 0.7:
            return self.pick("3", self.variable, f"coalesce({self.row()}.{self.column()}, 0)")
        if depth < 2 and chance < 0.85:
            return f"({self.value(depth + 1)} + {self.value(depth + 1)})"
        return (f"(SELECT {self.pick('max', 'min', 'count', 'sum')}(o.{self.column()})::int FROM orders o "
                f"WHERE o.{self.column()} {self.pick('=', '<', '<>')} {self.value(2) if depth < 2 else '3'})")

    def statement(self, depth=0):
        value, column = self.value, self.column
        choices = [
            lambda: f"INSERT INTO log (id, amount) VALUES ({value()}, {value()})",
            lambda: f"INSERT INTO log (id, amount) SELECT {self.row()}.{column()}, o.{column()} FROM orders o WHERE o.{column()} < {value()}",
            lambda: f"UPDATE log SET amount = log.amount + {value()} WHERE log.id {self.pick('=', '<')} {value()}",
            lambda: f"SELECT sum(o.{column()}) INTO {self.variable} FROM orders o WHERE o.{column()} <> {value()}",
            lambda: f"SELECT INTO r o.id, {self.row()}.amount FROM orders o ORDER BY o.id LIMIT 1; INSERT INTO log VALUES (r.id, r.amount)",
            lambda: (f"FOR r IN SELECT {self.row()}.created, o.amount FROM orders o ORDER BY o.id LIMIT 2 LOOP "
                     "INSERT INTO log VALUES (r.created, r.amount); END LOOP"),
            lambda: f"r := {self.row()}; INSERT INTO log VALUES (r.id, r.amount)",
            lambda: f"EXECUTE 'INSERT INTO log SELECT $1, amount FROM orders WHERE id = 3' USING {value()}",
            lambda: f"IF NEW IS DISTINCT FROM OLD THEN {self.statement(1)}; END IF" if self.event == "UPDATE" and depth == 0 else self.statement(1),
            lambda: f"IF {value()} {self.pick('>', '<>')} {value()} THEN {self.statement(1)}; END IF" if depth == 0 else self.statement(1),
            lambda: f"NEW.{column()} := {value()}" if self.event != "DELETE" and self.time == "BEFORE" else self.statement(1),
        ]
        return self.random.choice(choices[:3] if depth == 1 else choices)()

    def by_rows(self):
        self.time = self.pick("BEFORE", "AFTER")
        body = "; ".join(self.statement() for _ in range(self.random.randint(1, 3)))
        when = f" WHEN ({self.row()}.{self.column()} > 1)" if self.random.random() < 0.3 else ""
        of = f" OF {self.column()}" if self.event == "UPDATE" and self.random.random() < 0.3 else ""
        back = "OLD" if self.event == "DELETE" else "NEW"
        return f"{body}; RETURN {back};", f"{self.time} {self.event}{of} ON orders FOR EACH ROW{when}"

    def by_tables(self):
        name, word = ("gone", "OLD") if self.event == "DELETE" else ("fresh", "NEW")
        body = self.pick(
            f"INSERT INTO log (id, amount) SELECT id, f.{self.column()} FROM {name} f WHERE f.{self.column()} < 9",
            f"INSERT INTO log (id, amount) SELECT o.id, f.amount FROM {name} f JOIN orders o USING (user_id)",
            f"UPDATE log SET amount = f.{self.column()} FROM {name} f WHERE f.id = log.id")
        return f"{body}; RETURN NULL;", f"AFTER {self.event} ON orders REFERENCING {word} TABLE AS {name} FOR EACH STATEMENT"

    def function(self):
        self.event, self.variable = self.pick("INSERT", "UPDATE", "UPDATE", "DELETE"), self.pick(*VARIABLES)
        body, head = self.by_tables() if self.random.random() < 0.25 else self.by_rows()
        return (f"CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE r record; {self.variable} int := 2; "
                f"BEGIN {body} END $$;\nCREATE TRIGGER t {head} EXECUTE FUNCTION note();\n")


def effect(server, function, table, columns):
    """What is in both tables once rows came, changed and went; None where PostgreSQL does not take it, or it fails."""
    key, _, amount, created = columns
    rows = ", ".join(f"({i}, {i % 3}, {i * 2 % 7}, {'NULL' if i == 3 else i})" for i in range(1, 6))
    script = (f"BEGIN; CREATE TABLE {table} ({', '.join(f'{column} int' for column in columns)}); CREATE TABLE log (id int, amount int); "
              f"INSERT INTO log VALUES (1, 2), (2, 3), (3, 1); INSERT INTO {table} VALUES {rows};\n{function}"
              f"INSERT INTO {table} VALUES (7, 1, 3, 4); UPDATE {table} SET {amount} = {amount} + 1 WHERE {key} < 4; "
              f"UPDATE {table} SET {created} = 9 WHERE {key} > 2; DELETE FROM {table} WHERE {key} IN (2, 7);\n"
              f"SELECT t::text FROM {table} t ORDER BY 1; SELECT l::text FROM log l ORDER BY 1; ROLLBACK;")
    try:
        return server.sql(script, "postgres")
    except AssertionError:
        return None


class TriggerFunctions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = postgres_world.Postgres()
        cls.addClassCleanup(cls.server.close)

    def compare(self, functions, columns, texts):
        """`texts`: what the functions became."""
        before = [effect(self.server, function, "orders", OLD) for function in functions]
        nothing = effect(self.server, "", "orders", OLD)
        self.assertGreater(sum(one not in (None, nothing) for one in before), len(functions) / 4, "hardly any does something")
        same = 0
        for old, one, new in zip(functions, before, texts):
            if one is not None and new != old:
                self.assertEqual(one, effect(self.server, new, "orders_v2", columns), f"{old}became\n{new}")
                same += 1
        self.assertGreater(same, len(functions) / 4, "hardly any was rewritten")
        print(f"{same} of {len(functions)} functions do the same with {', '.join(columns)}")

    def test_a_function_does_the_same_for_the_new_table(self):
        writer = Writer(random.Random(SEED))
        functions = [writer.function() for _ in range(COUNT)]
        for columns in MAPPINGS:
            self.compare(functions, columns, rewritten(functions, "postgres", columns))

    def test_a_function_and_its_trigger_may_be_in_two_files(self):
        writer = Writer(random.Random(SEED + 1))
        functions = [writer.function().replace("note()", f"note_{number}()") for number in range(COUNT)]
        parts = [part for function in functions for part in re.split(r"(?=^CREATE TRIGGER)", function, flags=re.MULTILINE)]
        self.assertEqual(len(parts), 2 * COUNT)
        for columns in MAPPINGS:
            new = rewritten(parts, "postgres", columns)
            self.compare(functions, columns, ["".join(new[i:i + 2]) for i in range(0, len(new), 2)])


if __name__ == "__main__":
    unittest.main()
