#!/usr/bin/env python3
"""die-in-mariadb.py [--points N] [--jobs N] [CASE…] - rows move into MariaDB and back out, from SQLite and inside of one database, with
the server or a worker of Honk killed at its first, second, third… write, sync, rename, commit or send: before, after and half way through
each statement that it sends.

After each death the same run goes on: to its end and back again, or back at once. What comes of it is asked of mariadb and mariadb-dump alone: no
row is lost or doubled, and after the rollback the database is dumped as before, with nothing of ours in it.

A CASE is ROLE@POINTS:THEN as in die-at-every-point.py, and :inside where the source is in the same database. Without cases: every point;
--points N tries N of each role, evenly spread. Then between any two of its DROP TRIGGERs, each of which is a change of its own in MariaDB: with
--points N behind the last N + 1 of them, which are those of the way back.
"""
import driving  # noqa: F401: finds the worlds
import dying_with_server
import mariadb_world

dying_with_server.main(__doc__, mariadb_world.Mariadb, mariadb_world.World, saying="DROP TRIGGER")
