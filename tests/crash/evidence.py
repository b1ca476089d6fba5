"""What came of it all, looked at by Python's sqlite3 alone: nothing here asks Honk."""
import collections
import hashlib
import pathlib
import re
import sqlite3

MONTHS = {name: number for number, name in enumerate(
    "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}
COUNTRIES = {"UK": "GB", "EL": "GR"}
TIERS = {"prem": "premium", "fam": "family", "stud": "student"}
SHOWN_MAX = 5
BOOKS = {"_honk_fence", "_honk_ledger", "_honk_quarantine", "_honk_swap", "_honk_written"}


class Wrong(Exception):
    pass


def need(is_so, what):
    if not is_so:
        raise Wrong(what)


def connect(path):
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=20)
    connection.text_factory = bytes  # nothing is lost on the way here
    return connection


def sound(connection, what):
    seen = [row[0] for row in connection.execute("PRAGMA integrity_check")]
    need(seen in ([b"ok"], ["ok"]), f"{what} is damaged: {seen[:SHOWN_MAX]}")
    broken = connection.execute("PRAGMA foreign_key_check").fetchall()
    need(not broken, f"{what} has {len(broken)} broken foreign keys: {broken[:SHOWN_MAX]}")


def dump(path):
    """All that is in the store: every object with its text, every row of every table, bookkeeping too."""
    with connect(path) as connection:
        sound(connection, path)
        objects = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
        rows = {name: collections.Counter(connection.execute(f'SELECT * FROM "{name.decode()}"'))
                for kind, name, _, _ in objects if kind == b"table"}
    connection.close()
    return {"objects": set(objects), "rows": rows}


def same(before, path):
    """The store is to the letter what it was."""
    now = dump(path)
    gone, new = before["objects"] - now["objects"], now["objects"] - before["objects"]
    need(not gone and not new, f"no longer there: {list(gone)[:SHOWN_MAX]}\nnew: {list(new)[:SHOWN_MAX]}")
    for table, rows in before["rows"].items():
        lost, added = rows - now["rows"][table], now["rows"][table] - rows
        need(not lost and not added, f"rows of {table} are different: lost {list(lost.items())[:SHOWN_MAX]}, "
                                     f"new {list(added.items())[:SHOWN_MAX]}")


def moved_user(row):
    """The mapping once more, by hand."""
    ident, first, last, email, country, created, born, plan = row
    date = f"{created[7:11]}-{MONTHS[created[:3]]:02d}-{created[4:6]} 00:00:00"
    return (ident, f"{first} {last}", email, COUNTRIES.get(country, country), date, born, TIERS.get(plan, plan),
            "listening-v1")


def users_moved(path, users):
    """Each row once and as the mapping says; the books balanced; nothing lies about."""
    connection = connect(path)
    connection.text_factory = str
    sound(connection, path)
    expected = collections.Counter(map(moved_user, connection.execute(
        "SELECT id, first_name, last_name, email, country_code, created, birth_year, plan FROM users_v1")))
    found = collections.Counter(connection.execute(
        "SELECT user_id, full_name, email, country, signed_up, birth_year, tier, origin FROM users_v2"))
    lost, extra = expected - found, found - expected
    need(not lost and not extra, f"lost or too few: {list(lost.items())[:SHOWN_MAX]}\n"
                                 f"foreign or too many: {list(extra.items())[:SHOWN_MAX]}")
    need(sum(found.values()) == users, f"{sum(found.values())} rows instead of {users}")
    books_balance(connection, users)
    connection.close()


def books_balance(connection, rows):
    tables = {name for name, in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    need({name for name in tables if name.startswith("_honk_") and name not in BOOKS and "kept" not in name} == set(),
         f"a table was left behind: {sorted(tables)}")
    swaps = connection.execute("SELECT stage, target, kept FROM _honk_swap").fetchall()
    need(len(swaps) == 1 and swaps[0][0] not in tables and swaps[0][2] in tables, f"not swapped once: {swaps}, {tables}")
    sums = connection.execute("SELECT count(DISTINCT plan), sum(rows_in), sum(rows_out), sum(rejected) FROM _honk_ledger")
    need(sums.fetchone() == (1, rows, rows, 0), "the ledger of ranges does not add up")
    left = connection.execute("SELECT (SELECT count(*) FROM _honk_quarantine), (SELECT count(*) FROM _honk_written)")
    need(left.fetchone() == (0, 0), "rows were put aside, or written after the swap")


def state_sound(folder, plan_states):
    """Our own state: whole, its history without a gap and equal to where things stand, no slot held by nobody."""
    connection = connect(folder / "state.db")
    connection.text_factory = str
    sound(connection, "state.db")
    first, last, count = connection.execute("SELECT min(seq), max(seq), count(*) FROM event").fetchone()
    need(count == 0 or (first, last) == (1, count), f"events {first} to {last} are {count}")
    plans = connection.execute("SELECT id, state FROM plan").fetchall()
    need({state for _, state in plans} <= plan_states, f"plans are {plans}")
    for table, ident, state in (("plan", "plan", "state"), ("task", "task", "status")):
        history_agrees(connection, table, ident, state)
    held = connection.execute("SELECT resource, holder FROM slot WHERE holder IS NOT NULL").fetchall()
    need(not held, f"slots are still held: {held}")
    busy = connection.execute("SELECT id, step, status FROM task WHERE status IN ('leased', 'unknown') OR worker NOT NULL")
    need(busy.fetchall() == [], "tasks are still leased or unknown")
    connection.close()
    blobs_sound(folder / "blobs")


def history_agrees(connection, table, ident, state):
    steps = connection.execute(f"SELECT {ident}, from_state, to_state FROM event WHERE type = '{table}.{state}' ORDER BY seq")
    now = {}
    for name, before, after in steps:
        need(now.get(name) == before, f"{table} {name} was {now.get(name)}, the next event says {before}")
        now[name] = after
    for name, found in connection.execute(f"SELECT id, {state} FROM {table}"):
        need(now.get(name) == found, f"{table} {name} is {found}, its history ends with {now.get(name)}")


def blobs_sound(folder):
    for path in pathlib.Path(folder).rglob("*"):
        if path.is_dir() or not re.fullmatch("[0-9a-f]{62}", path.name):
            need(path.is_dir() or re.fullmatch(r"[0-9a-f]{62}\.\w{6}", path.name), f"a stranger among the blobs: {path}")
            continue
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        need(digest == path.parent.name + path.name, f"blob {path} does not hold what its name says")
