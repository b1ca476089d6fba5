"""What is left of a migration: after a rollback, after its rollback window, after the old dataset is retired."""
import hashlib
import sqlite3
import unittest

import support

OURS = "SELECT name FROM sqlite_schema WHERE name LIKE '\\_honk%' ESCAPE '\\' ORDER BY 1"


class Afterwards(unittest.TestCase):
    def setUp(self):
        self.project = support.Project()
        self.addCleanup(self.project.close)

    def begin(self, window="24h"):
        """The example of `honk init`, whose old table has a view and an index on it."""
        self.project.honk("init")
        settings = self.project.folder / "honk.yaml"
        settings.write_text(settings.read_text().replace("rollback_window: 24h", f"rollback_window: {window}")
                            .replace("retention: 14d", "retention: 0s"))
        with sqlite3.connect(self.db) as db:
            db.execute("PRAGMA user_version = 7")
            db.execute("PRAGMA application_id = 11")
        self.project.serve()
        self.project.honk("apply", "-f", "migrations/customers.yaml")

    @property
    def db(self):
        return self.project.folder / "data" / "shop.db"

    def move(self):
        self.assertEqual(self.project.move("customers-v2")["state"], "succeeded")

    def everything(self):
        """All that a reader of the file can see."""
        with sqlite3.connect(f"file:{self.db}?mode=ro", uri=True) as db:
            schema = db.execute("SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY rowid").fetchall()
            numbers = [db.execute(f"PRAGMA {name}").fetchone()[0]
                       for name in ("user_version", "application_id", "encoding", "journal_mode", "auto_vacuum")]
            rows = {name: hashlib.sha256(repr(db.execute(f'SELECT * FROM "{name}" ORDER BY 1').fetchall()).encode()).hexdigest()
                    for kind, name, _, _ in schema if kind == "table"}
        return schema, numbers, rows

    def write(self, table, sql):
        with sqlite3.connect(self.db, timeout=20) as db:
            db.execute(sql.format(table))

    def step(self, name):
        steps = self.project.json("status", "customers-v2")["steps"]
        return next((s["status"] for s in steps if s["name"] == name), None)

    def test_a_rollback_leaves_the_file_as_it_was(self):
        self.begin()
        before = self.everything()
        self.move()
        self.assertNotEqual(self.everything(), before)
        with self.assertRaisesRegex(sqlite3.IntegrityError, "'customers_v1' moves to 'shop:customers_v2'.*write there"):
            self.write("customers_v1", "DELETE FROM {}")
        self.project.honk("rollback", "customers-v2", "--wait")
        self.assertEqual(self.everything(), before)
        self.write("customers_v1", "UPDATE {} SET fax = 'x' WHERE id = 1")

    def test_rows_written_since_are_counted_and_kept_by_a_persons_word(self):
        self.begin()
        before = self.everything()
        self.move()
        self.write("customers_v2", "DELETE FROM {} WHERE customer_id <= 3")
        self.write("customers_v2", "UPDATE {} SET tier = 'gold' WHERE customer_id = 4")
        done = self.project.honk("rollback", "customers-v2", "--wait", check=False)
        self.assertEqual(done.returncode, 7)
        self.assertIn("4 rows were written to 'customers_v2' since the swap", done.stdout)
        self.assertIn("--give-up-rows", done.stdout)
        self.assertEqual(self.step("swap"), "failed")
        self.assertEqual(self.step("transform-data"), "done", "what the swap stands on is left alone")
        self.project.honk("rollback", "customers-v2", "--give-up-rows", "--wait")
        lost = self.project.sql("data/shop.db", "SELECT name FROM sqlite_schema WHERE name LIKE '%lost%'")
        self.assertEqual(self.project.sql("data/shop.db", f'SELECT tier FROM "{lost}" WHERE customer_id = 4'), "gold")
        self.write(lost, 'DROP TABLE "{}"')
        self.assertEqual(self.everything(), before)

    def test_when_the_window_is_over_only_what_is_needed_is_left(self):
        self.begin(window="500ms")
        self.move()
        self.assertTrue(support.eventually(lambda: self.step("settle") == "done"), self.project.log_tail())
        frozen = [f"_honk_freeze_customers_v1_{event}" for event in ("delete", "insert", "update")]
        self.assertEqual(self.project.sql("data/shop.db", OURS).split(), frozen + ["_honk_quarantine"])
        self.write("customers_v2", "DELETE FROM {} WHERE customer_id = 1")
        done = self.project.honk("rollback", "customers-v2", check=False)
        self.assertIn("its rollback window is over", done.stderr)
        self.assertIn("what you may do now: retire", done.stderr)

        # What still needs the old table is named; then it is tried again.
        done = self.project.honk("retire", "customers-v2", "--reason", "unused", "--wait", check=False)
        self.assertEqual(done.returncode, 7)
        self.assertIn("something still depends on it: view 'customers_abroad'", done.stdout)
        self.assertIn("honk retry customers-v2", done.stdout)
        self.project.sql("data/shop.db", "DROP VIEW customers_abroad")
        self.project.honk("retry", "customers-v2")
        self.assertTrue(support.eventually(lambda: self.project.state("customers-v2") == "closed"))
        self.assertEqual(self.project.sql("data/shop.db", "SELECT name FROM sqlite_schema ORDER BY 1").split(),
                         ["_honk_quarantine", "customers_v2"])

    def test_a_view_on_the_old_table_is_a_risk_that_the_plan_names(self):
        self.begin()
        text = " ".join(self.project.honk("plan", "customers-v2").stdout.split())
        self.assertIn("'shop:customers_v1' cannot be retired as long as these need it: view 'customers_abroad'", text)

    def test_too_many_rows_that_do_not_fit_stop_it_with_a_reason_and_all_goes_back(self):
        self.begin()
        self.write("customers_v1", "UPDATE {} SET since = 'never' WHERE id BETWEEN 31 AND 80")
        before = self.everything()
        migration = self.project.move("customers-v2")
        self.assertEqual(migration["state"], "halted")
        error = next(step["error"] for step in migration["steps"] if step["name"] == "transform-data")
        self.assertIn("53 of 2,000 rows did not fit", error)
        self.assertRegex(error, "the first is row 31, column since: .*never")
        done = self.project.honk("skip", "customers-v2", "--reason", "never mind", check=False)
        self.assertIn("something of it may be in the target", done.stderr)
        self.assertEqual(done.stdout, "")
        self.assertIn("after 'honk retry' honk resume customers-v2 --reason", self.project.honk("status", "customers-v2").stdout)
        done = self.project.honk("retry", "customers-v2")
        self.assertRegex(done.stdout, r"^t-\S+ is waiting\nnext: honk resume customers-v2", "once, with its parts")
        self.project.honk("rollback", "customers-v2", "--wait")
        self.assertEqual(self.everything(), before)

    IN_PLACE = """
apiVersion: honk/v1
kind: Mapping
source: customers-v1
target: customers-v1
key: [ id ]
columns:
  id:        id
  last_name: last_name
  country:   { from: country, values: { UK: GB } }
  joined:    { from: since, type: date, format: "%d.%m.%Y" }
dropped: { first_name: "not needed", balance_cents: "elsewhere", fax: "nobody has one" }
"""

    def begin_in_place(self, window):
        self.begin(window)
        (self.project.folder / "mappings" / "customers.yaml").write_text(self.IN_PLACE)
        migration = self.project.folder / "migrations" / "customers.yaml"
        migration.write_text(migration.read_text().replace("target_dataset: customers-v2", "target_dataset: customers-v1"))
        self.assertIn("0 errors", self.project.honk("mapping", "check", "mappings/customers.yaml").stdout)
        self.project.honk("apply", "-f", "migrations/customers.yaml")

    def test_columns_change_where_the_dataset_is_and_back(self):
        self.begin_in_place("24h")
        before = self.everything()
        text = " ".join(self.project.honk("plan", "customers-v2").stdout.split())
        self.assertIn("'shop:customers_v1' changes where it is", text)
        self.move()
        self.assertEqual(self.project.sql("data/shop.db", "SELECT * FROM customers_v1 WHERE id = 8"),
                         "8|García|BR|2017-09-05")
        self.assertEqual(self.project.sql("data/shop.db", "SELECT count(*) FROM customers_v1"), "1997")
        self.assertEqual(self.project.sql("data/shop.db", "SELECT name FROM sqlite_schema WHERE type = 'index'"
                                                          " AND tbl_name = 'customers_v1'"), "customers_v1_country")
        self.write("customers_v1", "UPDATE {} SET country = country WHERE id = 8")  # writers are let again
        done = self.project.honk("rollback", "customers-v2", "--wait", check=False)
        self.assertIn("1 row was written", done.stdout)
        self.project.honk("rollback", "customers-v2", "--give-up-rows", "--wait")
        self.project.sql("data/shop.db", "DROP TABLE " + self.project.sql(
            "data/shop.db", "SELECT name FROM sqlite_schema WHERE name LIKE '%lost%' AND type = 'table'"))
        self.assertEqual(self.everything(), before)
        self.write("customers_v1", "UPDATE {} SET country = country WHERE id = 8")

    def test_retiring_what_changed_in_place_drops_only_what_it_was(self):
        self.begin_in_place("0s")
        self.move()
        self.assertTrue(support.eventually(lambda: self.step("settle") == "done"), self.project.log_tail())
        self.project.honk("retire", "customers-v2", "--reason", "the new columns are fine", "--wait")
        self.assertEqual(self.project.state("customers-v2"), "closed")
        self.assertEqual(self.project.sql("data/shop.db", "SELECT name FROM sqlite_schema ORDER BY 1").split(),
                         ["_honk_quarantine", "customers_abroad", "customers_v1", "customers_v1_country"])
        self.assertEqual(self.project.sql("data/shop.db", "SELECT count(*) FROM customers_v1"), "1997")


if __name__ == "__main__":
    unittest.main()
