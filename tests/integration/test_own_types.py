"""Columns of MariaDB that are read as they are, in a table that Honk makes in MariaDB: of the very type, with the very values."""
import unittest

from mariadb_world import Mariadb
import support

INTS = {"tinyint": 8, "smallint": 16, "mediumint": 24, "int": 32, "bigint": 64}
MAPPING = "{{apiVersion: honk/v1, kind: Mapping, source: had, target: has, key: [k], columns: {{k: id, {columns}}}}}"

# type, and values at its edges, as SQL
TYPES = [(f"{name}", [f"-{2 ** (bits - 1)}", "-1", "0", f"{2 ** (bits - 1) - 1}"]) for name, bits in INTS.items()]
TYPES += [(f"{name} unsigned", ["0", "1", f"{2 ** bits - 1}"]) for name, bits in INTS.items()]
TYPES += [
    ("tinyint(1)", ["0", "1"]),
    ("int(5) unsigned zerofill", ["0", "42", "4294967295"]),
    ("bit(1)", ["b'0'", "b'1'"]),
    ("bit(63)", ["0", "9223372036854775807"]),
    ("bit(64)", ["0", "18446744073709551615"]),
    ("year", ["1901", "2155", "1969"]),
    ("float", ["0.1", "-3.40282e38", "3.40282e38", "1.17549e-38", "16777217", "0"]),
    ("float unsigned", ["0.1", "3.40282e38"]),
    ("float(7,2)", ["0.1", "-99999.99"]),
    ("double", ["0.1", "-1.7976931348623157e308", "2.2250738585072014e-308", "9007199254740993"]),
    ("double(10,3) unsigned", ["0.001", "9999999.999"]),
    ("decimal(65,30)", ["-99999999999999999999999999999999999.999999999999999999999999999999", "0.000000000000000000000000000001"]),
    ("decimal(8,3) unsigned", ["0", "99999.999"]),
    ("decimal(8,3) unsigned zerofill", ["0", "1.5"]),
    ("decimal(20,0)", ["-99999999999999999999", "18446744073709551616"]),
    ("date", ["'0001-01-01'", "'9999-12-31'", "'2024-02-29'"]),
    ("datetime", ["'1000-01-01 00:00:00'", "'9999-12-31 23:59:59'"]),
    ("datetime(6)", ["'0001-01-01 00:00:00.000001'", "'9999-12-31 23:59:59.999999'"]),
    ("timestamp", ["'1970-01-01 00:00:01'", "'2038-01-19 03:14:07'"]),
    ("timestamp(3)", ["'1970-01-01 00:00:01.001'", "'2038-01-19 03:14:07.999'"]),
    ("time", ["'-838:59:59'", "'838:59:59'", "'00:00:00'"]),
    ("time(6)", ["'-838:59:59.999999'", "'838:59:59.999999'"]),
    ("char(3)", ["''", "'abc'", "'äöü'"]),
    ("char(3) character set latin1", ["''", "'äöü'"]),
    ("varchar(5)", ["''", "'a b  '", "'😀😀😀😀😀'"]),
    ("varchar(5) collate utf8mb4_swedish_ci", ["'Ä'", "'a'"]),
    ("varchar(5) character set utf16 comment 'it''s \\\\ \"so\"'", ["'Ä'", "'€'"]),
    ("varchar(5) compressed", ["''", "'abc'"]),
    ("tinytext", ["''", "repeat('x', 255)"]),
    ("text character set latin1", ["''", "repeat('ä', 65535)"]),
    ("mediumtext", ["''", "repeat('x', 70000)"]),
    ("longtext", ["''", "repeat('x', 70000)"]),
    ("json", ["'{\"b\":1.0,  \"a\":[]}'", "'null'"]),
    ("enum('a','B','it''s','2','1','a\\\\b','é')", ["'a'", "'B'", "'it''s'", "'2'", "'1'", "'a\\\\b'", "'é'"]),
    ("enum('x','y') character set latin1 collate latin1_bin not null", ["'x'", "'y'"]),
    ("set('a','b','1')", ["''", "'b,a'", "'1'"]),
    ("binary(4)", ["x'00000000'", "x'61620000'", "x'ffffffff'"]),
    ("varbinary(4)", ["x''", "x'00'", "x'ffffffff'"]),
    ("tinyblob", ["x''", "repeat(x'ff', 255)"]),
    ("blob", ["x''", "repeat(x'00', 65535)"]),
    ("mediumblob", ["x''", "x'00ff'"]),
    ("longblob", ["x''", "x'00ff'"]),
    ("uuid", ["'00000000-0000-0000-0000-000000000000'", "'ffffffff-ffff-ffff-ffff-ffffffffffff'"]),
    ("inet6", ["'::'", "'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff'"]),
    ("point", ["point(1, -2)"]),
    ("geometry", ["st_geomfromtext('LINESTRING(0 0, 1 1)')"]),
]
LOOK = ("SELECT ordinal_position, column_type, character_set_name, collation_name, column_comment, is_nullable "
        "FROM information_schema.columns WHERE table_schema = '{}' ORDER BY 1")
CHECKS = "SELECT check_clause FROM information_schema.check_constraints WHERE constraint_schema = '{0}' AND table_name = '{1}'"


class OwnTypes(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.mariadb = Mariadb()
        cls.addClassCleanup(cls.mariadb.close)
        cls.mariadb.sql("CREATE USER reader@localhost; GRANT ALL ON *.* TO reader@localhost", "mysql")

    def setUp(self):
        self.project = support.Project()
        self.addCleanup(self.project.close)
        for name in ("here", "there"):
            self.mariadb.sql(f"DROP DATABASE IF EXISTS {name}; CREATE DATABASE {name} CHARACTER SET utf8mb4", "mysql")

    def address(self, table, database="here", user="root"):
        return f"mariadb://{user}@localhost/{database}/{table}?socket={self.mariadb.folder}/mariadb.sock"

    def make(self):
        """A column of each type; row by row a value of each, NULL where there are no more."""
        columns = ", ".join(f"c{i} {declared}" for i, (declared, _) in enumerate(TYPES))
        rows = []
        for row in range(max(len(values) for _, values in TYPES) + 1):
            rows.append([str(row)] + [values[row] if row < len(values) else values[0] if "not null" in declared else "NULL"
                                      for declared, values in TYPES])
        self.mariadb.sql(f"SET time_zone = '+00:00'; CREATE TABLE had (id int PRIMARY KEY, {columns});"
                         f"INSERT INTO had VALUES {', '.join('(' + ', '.join(row) + ')' for row in rows)}", "here")
        self.project.folder.joinpath("m.yaml").write_text(
            MAPPING.format(columns=", ".join(f"d{i}: c{i}" for i in range(len(TYPES)))))
        return len(rows)

    def moved(self, user):
        rows, there = self.make(), self.address("has", "there")
        self.assertIn(f"{rows} rows copied", self.project.honk("copy", self.address("had", user=user), there, "--mapping", "m.yaml").stdout)
        self.assertIn(f"equal: {rows} rows", self.project.honk("compare", self.address("had"), there, "--mapping", "m.yaml").stdout)
        was, now = (self.mariadb.sql(LOOK.format(database), database).splitlines()[1:] for database in ("here", "there"))
        alike = ", ".join(f"sum(hex(c{i}) <=> hex(d{i}))" for i in range(len(TYPES)))
        counts = self.mariadb.sql(f"SELECT {alike} FROM here.had JOIN there.has ON id = k", "here").split("|")
        for i, (declared, _) in enumerate(TYPES):
            with self.subTest(declared):
                self.assertEqual(now[i], was[i])
                self.assertEqual(counts[i], str(rows))
        checks = [self.mariadb.sql(CHECKS.format(*place), "here") for place in (("here", "had"), ("there", "has"))]
        self.assertEqual(checks[1].replace("`d", "`c"), checks[0])

    def test_every_type_stays_what_it_is_inside_of_one_server(self):
        self.moved("root")

    def test_every_type_stays_what_it_is_row_by_row(self):
        self.moved("reader")

    def copied(self, mapping):
        self.project.folder.joinpath("m.yaml").write_text(mapping)
        return self.project.honk("copy", self.address("had"), self.address("has", "there"), "--mapping", "m.yaml").stdout

    def test_a_key_of_texts_that_the_source_has_takes_the_same_for_the_same(self):
        self.mariadb.sql("CREATE TABLE had (id varchar(40) COLLATE utf8mb4_swedish_ci PRIMARY KEY, x int); INSERT INTO had VALUES ('a', 1), ('B', 2)", "here")
        self.assertIn("2 rows copied", self.copied(MAPPING.format(columns="x: x")))
        self.assertIn("1|varchar(40)|utf8mb4|utf8mb4_swedish_ci||NO", self.mariadb.sql(LOOK.format("there"), "there"))

    def test_texts_that_were_no_key_are_told_apart_by_their_bytes_where_they_become_one(self):
        self.mariadb.sql("CREATE TABLE had (id varchar(40) COLLATE utf8mb4_swedish_ci, x int PRIMARY KEY); INSERT INTO had VALUES ('a', 1), ('A', 2)", "here")
        self.assertIn("2 rows copied", self.copied(MAPPING.format(columns="x: x")))
        self.assertIn("1|varchar(255)|utf8mb4|utf8mb4_nopad_bin||NO", self.mariadb.sql(LOOK.format("there"), "there"))

    def test_a_key_that_is_too_long_for_its_own_types_is_of_ours(self):
        self.mariadb.sql("CREATE TABLE had (id varchar(400), b varbinary(2000), PRIMARY KEY (id, b(100))) CHARACTER SET latin1;"
                         "INSERT INTO had VALUES ('a', 'b')", "here")
        self.assertIn("1 row copied", self.copied(MAPPING.format(columns="b: b").replace("[k]", "[k, b]")))
        self.assertEqual([line.split("|")[1] for line in self.mariadb.sql(LOOK.format("there"), "there").splitlines()],
                         ["varchar(255)", "varbinary(767)"])


if __name__ == "__main__":
    unittest.main()
