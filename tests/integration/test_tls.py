"""Databases that are spoken with over TLS: whose certificate is right is let in, and whose is not is told so at once, without a secret."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import mariadb_world
from postgres_world import Postgres
from redis_world import Redis
import support

SECRET = "s3cr3t-of-the-database"
# an address of this machine that no other test listens at, so that the usual ports are free
HOST = f"127.{os.getpid() % 200 + 20}.{os.getpid() // 200 % 200 + 20}.7"
STORES = """stores:
  lite: {{ driver: sqlite, path: here.db }}
  right: {{ {right} }}
  other: {{ {other} }}
  missing: {{ {missing} }}
"""


class Tls(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="honk-tls-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        os.chmod(cls.folder, 0o755)
        for name in ("server", "other"):
            subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={HOST}", "-addext",
                            f"subjectAltName=IP:{HOST}", "-keyout", f"{cls.folder}/{name}.key", "-out", f"{cls.folder}/{name}.pem"],
                           check=True, capture_output=True)
        if os.getuid() == 0:  # the server runs as nobody then
            os.chown(f"{cls.folder}/server.key", 65534, 65534)

    def look_at(self, settings, there="t"):
        project = support.Project()
        self.addCleanup(project.close)
        certificates = {"right": f"{self.folder}/server.pem", "other": f"{self.folder}/other.pem", "missing": f"{self.folder}/none.pem"}
        project.folder.joinpath("honk.yaml").write_text(STORES.format(
            **{name: settings.format(secret=SECRET, certificate=path) for name, path in certificates.items()}))
        project.sql("here.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'x')")
        self.assertIn("1 row copied", project.honk("copy", "lite:t", f"right:{there}").stdout)
        for name in ("other", "missing"):
            refused = project.honk("copy", "lite:t", f"{name}:{there}", check=False)
            self.assertIn(refused.returncode, (2, 3), refused.stderr)  # nobody tries again
            self.assertRegex(refused.stderr, "certificate|No such file")
            self.assertNotIn(SECRET, refused.stdout + refused.stderr)

    def test_postgres_is_spoken_with_over_tls(self):
        server = Postgres(words=("-c", f"listen_addresses={HOST}", "-c", "ssl=on", "-c", f"ssl_cert_file={self.folder}/server.pem", "-c",
                                 f"ssl_key_file={self.folder}/server.key"))
        self.addCleanup(server.close)
        server.sql(f"CREATE ROLE ada LOGIN SUPERUSER PASSWORD '{SECRET}'", "postgres")
        self.look_at('driver: postgres, url: "postgresql://ada:{secret}@' + HOST + '/postgres?sslmode=verify-full&sslrootcert={certificate}"')

    def test_mariadb_is_spoken_with_over_tls(self):
        server = mariadb_world.Mariadb(words=("--skip-networking=0", f"--bind-address={HOST}", "--port=3306", f"--ssl-cert={self.folder}/server.pem",
                                              f"--ssl-key={self.folder}/server.key"))
        self.addCleanup(server.close)
        server.sql(f"CREATE DATABASE shop; CREATE USER ada@'%' IDENTIFIED BY '{SECRET}' REQUIRE SSL; GRANT ALL ON *.* TO ada@'%'", "mysql")
        self.look_at('driver: mariadb, url: "mariadb://ada:{secret}@' + HOST + '/shop", tls_ca: {certificate}')

    def redis(self, *words):
        server = Redis("--tls-port", "6379", "--bind", HOST, "--tls-cert-file", f"{self.folder}/server.pem", "--tls-key-file", f"{self.folder}/server.key",
                       "--tls-ca-cert-file", f"{self.folder}/other.pem", "--user", "ada", "on", f">{SECRET}", "~*", "&*", "+@all", *words)
        self.addCleanup(server.close)
        return server

    def test_redis_is_spoken_with_over_tls(self):
        self.redis("--tls-auth-clients", "no")
        self.look_at('driver: redis, url: "rediss://ada:{secret}@' + HOST + ':6379/0", ca_file: {certificate}', "t:{id}")

    def test_redis_that_asks_who_we_are_is_shown_our_certificate(self):
        self.redis()
        here = f'driver: redis, url: "rediss://ada:{SECRET}@{HOST}:6379/0", ca_file: {self.folder}/server.pem'
        project = support.Project()
        self.addCleanup(project.close)
        project.folder.joinpath("honk.yaml").write_text(f"""stores:
  lite: {{ driver: sqlite, path: here.db }}
  right: {{ {here}, certificate_file: {self.folder}/other.pem, key_file: {self.folder}/other.key }}
  silent: {{ {here} }}
  foreign: {{ {here}, certificate_file: {self.folder}/server.pem, key_file: {self.folder}/server.key }}
  torn: {{ {here}, certificate_file: {self.folder}/other.pem, key_file: {self.folder}/server.key }}
""")
        project.sql("here.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
                    "WHERE i < 30000) INSERT INTO t SELECT i, printf('%0100d', i) FROM n")
        self.assertIn("30,000 rows copied", project.honk("copy", "lite:t", "right:t:{id}").stdout)
        self.assertEqual(project.honk("compare", "lite:t", "right:t:{id}").returncode, 0)
        for name, reason in (("silent", "certificate"), ("foreign", "TLS"), ("torn", "key_file")):
            refused = project.honk("copy", "lite:t", f"{name}:u:{{id}}", check=False)
            self.assertIn(refused.returncode, (2, 3), refused.stderr)
            self.assertIn(reason, refused.stderr)
            self.assertNotIn(SECRET, refused.stdout + refused.stderr)

    def test_a_server_that_speaks_no_tls_is_told_so(self):
        server = Redis("--port", "6379", "--bind", HOST)
        self.addCleanup(server.close)
        project = support.Project()
        self.addCleanup(project.close)
        refused = project.honk("compare", f"rediss://{HOST}:6379/0/a:{{id}}", f"rediss://{HOST}:6379/0/b:{{id}}", check=False)
        self.assertEqual(refused.returncode, 5, refused.stderr)
        self.assertIn("TLS", refused.stderr)


if __name__ == "__main__":
    unittest.main()
