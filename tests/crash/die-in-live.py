#!/usr/bin/env python3
"""die-in-live.py [--points N] [--jobs N] [CASE…] - a table of PostgreSQL moves while somebody writes to it all the time (`live`, and `live-sync`
from the server's log), or one of MariaDB does (`mariadb`), and rows that are written after the swap are carried back (`reverse`, `mariadb-reverse`), with the server or a worker of Honk killed at
its first, second, third… write, sync, rename, commit or send: before, after and half way through each.

After each death the same run goes on: to its end and back again, or back at once. The writer knows what must be there, and the server's own clients are
asked: no write is lost or doubled, in the new table and, after the rollback, in the old one; and nothing of ours is left, no trigger, slot or publication.

A CASE is MODE:ROLE@POINTS:THEN, with ROLE, POINTS and THEN as in die-at-every-point.py, for example synced:worker@34+:back. In `reverse` and `mariadb-reverse` only the
way back is counted. Without cases: every point; --points N tries N of one role in each mode, evenly spread.
"""
import argparse
import os
import re

import driving  # first: it finds the worlds
import dying_with_server
import evidence
import mariadb_world
import postgres_world
import small_world
import test_live
from live_writers import MariadbWriter, PostgresWriter

NAME = dying_with_server.NAME
ROWS = 3000
MODES = {"live": test_live.LIVE, "synced": test_live.SYNCED, "dual": test_live.DUAL, "reverse": test_live.REVERSED + "  consistency: live\n",
         "mariadb": test_live.LIVE, "mariadb-reverse": test_live.REVERSED + "  consistency: live\n"}
LEFT = ("SELECT (SELECT count(*) FROM pg_replication_slots WHERE database = current_database()), (SELECT count(*) FROM pg_publication), "
        "(SELECT count(*) FROM pg_namespace WHERE nspname = '_honk'), (SELECT count(*) FROM pg_trigger WHERE tgname LIKE '\\_honk%')")


class Source(dying_with_server.Source):
    def __init__(self, server, mode):
        self.is_mariadb = mode.startswith("mariadb")
        self.writer, self.left, self.none_left = (
            (MariadbWriter, test_live.LiveFromMariadb.LEFT, "0|0") if self.is_mariadb else (PostgresWriter, LEFT, "0|0|0|0"))
        world = mariadb_world.World if self.is_mariadb else postgres_world.World
        super().__init__(server, world, "shop", mode.replace("-", "_"), ROWS)
        text = small_world.MIGRATION.format(name=NAME, annotations="", strategy="schema-transform")
        self.world.write(f"migrations/{NAME}.yaml", text.rstrip() + MODES[mode])
        if mode.endswith("reverse"):
            catalog = self.world.folder / "catalog" / "datasets.yaml"
            catalog.write_text(catalog.read_text().replace(
                "shop:users_v2" if self.is_mariadb else "public.users_v2", "shop:people" if self.is_mariadb else "public.people"))
            self.world.write("mappings/users.yaml", test_live.RENAMING)

    def dump(self, database):
        """Without the rows that are written meanwhile: those are looked at one by one."""
        lines, is_among = [], False
        for line in super().dump(database):
            is_among = line.startswith(("COPY public.users_v1 ", "INSERT INTO `users_v1` ")) or (
                is_among and line != "\\." and not line.startswith(("/*", "UNLOCK")))
            if not is_among:
                lines.append(line)
        return lines


class Case(dying_with_server.Case):
    def __init__(self, text, sources):
        match = re.fullmatch(r"(live|synced|dual|reverse|mariadb|mariadb-reverse):(serve|worker)@([0-9+/,]*):(finish|back)", text)
        if match is None:
            raise SystemExit(f"'{text}' is no case: expected for example synced:worker@34+:back")
        self.text = text
        self.mode, self.role, self.points, self.then = match.groups()
        self.source = sources[self.mode]
        self.why = ""

    def sql(self, text):
        return self.source.server.sql(text, self.database)

    def drive(self):
        if self.mode.endswith("reverse"):
            self.carry_back()
        else:
            self.write_meanwhile()
        evidence.need(self.project.stop() in (0, -9), "the server did not stop in order")
        left = self.sql(self.source.left)
        evidence.need(left == self.source.none_left, f"of ours (slots, publications, schemas or tables, triggers) there are left: {left}")
        now = self.source.dump(self.database)
        gone, new = set(self.source.before) - set(now), set(now) - set(self.source.before)
        evidence.need(now == self.source.before, f"not as before: gone {list(gone)[:5]}, new {list(new)[:5]}")
        evidence.state_sound(self.project.folder / ".honk", {"rolled_back", "cancelled"})

    def write_meanwhile(self):
        writer = self.source.writer(self.source.server, self.database)
        writer.start()
        try:
            self.move_and_back(writer)
        finally:
            writer.rest.set()
            writer.join(60)
        evidence.need(writer.refusal is None or "frozen by honk" in writer.refusal, f"the writer was told: {writer.refusal}")
        evidence.need(writer.writes > 0, "nothing was written meanwhile")
        text = self.sql("SELECT id, first_name, last_name, country_code FROM users_v1 ORDER BY 1")
        rows = {int(key): tuple(rest) for key, *rest in (line.split("|") for line in text.splitlines())}
        evidence.need(rows == writer.rows, f"the old rows are others: {len(rows)}, {len(writer.rows)} were written")
        self.sql("UPDATE users_v1 SET last_name = 'Again' WHERE id = 1")

    def move_and_back(self, writer):
        driver = driving.Driver(self.project, self.counter.env)
        driver.serving()
        driver.move(NAME, ("-f", f"migrations/{NAME}.yaml"), is_over=lambda: self.then == "back" and self.has_died())
        if not (self.then == "back" and self.has_died()):
            writer.join(60)
            text = self.sql("SELECT user_id, full_name, country, tier FROM users_v2 ORDER BY 1")
            rows = [(int(key), *rest) for key, *rest in (line.split("|") for line in text.splitlines())]
            evidence.need(rows == writer.expected(), f"the rows are others: {len(rows)} of {len(writer.rows)}")
        driver.roll_back(NAME)

    def carry_back(self):
        """Forward in peace; what is written then comes back whatever dies."""
        peace = driving.Driver(self.project)
        peace.serving()
        peace.move(NAME, ("-f", f"migrations/{NAME}.yaml"), is_over=lambda: False)
        self.project.stop()
        for statement in test_live.AFTERWARDS:
            self.sql(statement.format("people"))
        driver = driving.Driver(self.project, self.counter.env)
        driver.serving()
        driver.roll_back(NAME)
        back = [(int(key), *rest) for key, *rest in (line.split("|") for line in self.sql(test_live.ROWS_BACK).splitlines())]
        evidence.need(back == test_live.BACK, f"what came back is {back}")
        count = self.sql("SELECT count(*) FROM users_v1 WHERE id NOT IN (9001, 9002)")
        evidence.need(count == str(ROWS - 2), f"{count} of the other rows are there")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--points", type=int, help="how many points to try in each mode, of one role; all of both without it")
    parser.add_argument("--jobs", type=int, default=(os.cpu_count() or 2) * 2, help="runs at a time; each mostly waits")
    options = parser.parse_args()
    servers = {False: postgres_world.Postgres(), True: mariadb_world.Mariadb()}
    driving.take_along("honk-die-")
    tap = driving.Tap()
    sources = {mode: Source(servers[mode.startswith("mariadb")], mode) for mode in MODES}
    try:
        run = driving.Suite(Case, tap, options.jobs, sources).run
        run(options.cases)
        for mode, role in driving.roles_of(() if options.cases else MODES, options.points):
            kinds = run([f"{mode}:{role}@:finish"])[0].kinds
            points = driving.picked(len(kinds), options.points)
            run([f"{mode}:{role}@{text}" for text in driving.endings(kinds, points)])
    finally:
        for source in sources.values():
            source.world.close()
        for server in servers.values():
            server.close()
    tap.end()


main()
