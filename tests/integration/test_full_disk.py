"""A file system that is full in the middle of a copy: nothing of it is left, it is said why, and with room it is done. Each store's rows lie in a
small file system of their own, so each runs in a mount namespace of its own."""
import os
import sys
import unittest

import support

ROWS = 30000  # 3 MB
ROOM_KB = 1024


class Small:
    """A folder that holds ROOM_KB, until there is room."""

    def __init__(self, folder, size=ROOM_KB):
        self.folder = folder
        folder.mkdir(exist_ok=True)
        owner = os.stat(folder)
        support.mount("-t", "tmpfs", "-o", f"size={size}k,uid={owner.st_uid},gid={owner.st_gid},mode=755", "none", folder)

    def grow(self):
        support.resize(self.folder, "64m")


def copied(project, small, target, says, look=None):
    """A copy that ends for want of room, and one that has it."""
    refused = project.honk("copy", "source.db:rows", target, check=False)
    assert refused.returncode != 0, refused.stdout
    assert any(word in refused.stderr for word in says), refused.stderr
    if look:
        look()
    small.grow()
    done = project.honk("copy", "source.db:rows", target)
    assert "read back and found equal" in done.stdout, done.stdout


def begin():
    project = support.Project()
    project.sql("source.db", "CREATE TABLE rows (id INTEGER PRIMARY KEY, a TEXT NOT NULL); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT "
                f"i + 1 FROM n WHERE i < {ROWS}) INSERT INTO rows SELECT i, i || hex(zeroblob(45)) FROM n")
    return project


def inside_files(project):
    for name in ("rows.csv", "rows.json"):
        small = Small(project.folder / name.replace(".", "-"))

        def nothing_is_left(folder=small.folder):
            assert os.listdir(folder) == [], os.listdir(folder)
        copied(project, small, f"{small.folder}/{name}", [f"' in '{small.folder}/.honk_notes"], nothing_is_left)


def inside_sqlite(project):
    small = Small(project.folder / "small")
    copied(project, small, "small/new.db:rows", ["no space left"])


def inside_postgres(project):
    import postgres_world
    server = postgres_world.Postgres()
    try:
        place = support.pathlib.Path(server.folder, "small")
        place.mkdir()
        if os.geteuid() == 0:
            os.chown(place, 65534, 65534)
        small = Small(place)
        os.chmod(place, 0o700)
        server.sql("CREATE DATABASE shop", server.main)
        server.sql(f"CREATE TABLESPACE small LOCATION '{place}'")
        server.sql("ALTER DATABASE shop SET default_tablespace = small")

        def nothing_is_left():
            assert server.sql("SELECT count(*) FROM pg_class WHERE relname LIKE 'rows%'") == "0"
        copied(project, small, f"postgres:host={server.folder} user=postgres dbname=shop:rows", ["No space left"], nothing_is_left)
    finally:
        server.close()


def inside_mariadb(project):
    import mariadb_world
    server = mariadb_world.Mariadb()
    try:
        server.sql("CREATE DATABASE shop", server.main)
        small = Small(support.pathlib.Path(server.folder, "data", "shop"))

        def nothing_is_left():
            assert server.sql("SHOW TABLES") == "", server.sql("SHOW TABLES")
        copied(project, small, f"mariadb://root@localhost/shop/rows?socket={server.folder}/mariadb.sock", ["full", "No space left"],
               nothing_is_left)
    finally:
        server.close()


def inside_redis(project):
    """What it confirmed is in its log, or it takes no more: so the rows of the range that it took last are taken away by the next copy."""
    import redis_world
    server = redis_world.Redis("--enable-protected-configs", "yes")
    try:
        small = Small(support.pathlib.Path(server.folder, "log"))
        for name, value in (("dir", small.folder), ("appendonly", "yes")):
            assert server.tell(0, "CONFIG", "SET", name, str(value)) == "OK"
        (project.folder / "honk.yaml").write_text(f'stores: {{ cache: {{ driver: redis, url: "unix:{server.folder}/redis.sock" }} }}\n')
        copied(project, small, "cache:rows:{id}", ["MISCONF"])
    finally:
        server.close()


STORES = {"files": inside_files, "sqlite": inside_sqlite, "postgres": inside_postgres, "mariadb": inside_mariadb, "redis": inside_redis}


class FullDisk(unittest.TestCase):
    def test_files(self):
        support.mounted(self, __file__, "files")

    def test_sqlite(self):
        support.mounted(self, __file__, "sqlite")

    @unittest.skipIf(os.geteuid() != 0, "PostgreSQL refuses the only user that an unprivileged mount knows")
    def test_postgres(self):
        support.mounted(self, __file__, "postgres")

    def test_mariadb(self):
        support.mounted(self, __file__, "mariadb")

    def test_redis(self):
        support.mounted(self, __file__, "redis")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        made = begin()
        STORES[sys.argv[2]](made)
        made.close()
    else:
        unittest.main()
