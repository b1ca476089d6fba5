"""Databases that are spoken with over TLS: whose certificate is right is let in, and whose is not is told so at once, without a secret."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

import mariadb_world
from postgres_world import Postgres
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

    def look_at(self, settings):
        project = support.Project()
        self.addCleanup(project.close)
        certificates = {"right": f"{self.folder}/server.pem", "other": f"{self.folder}/other.pem", "missing": f"{self.folder}/none.pem"}
        project.folder.joinpath("honk.yaml").write_text(STORES.format(
            **{name: settings.format(secret=SECRET, certificate=path) for name, path in certificates.items()}))
        project.sql("here.db", "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT); INSERT INTO t VALUES (1, 'x')")
        self.assertIn("1 row copied", project.honk("copy", "lite:t", "right:t").stdout)
        for name in ("other", "missing"):
            refused = project.honk("copy", "lite:t", f"{name}:t", check=False)
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

    def test_redis_over_tls_is_refused_with_a_way_out(self):
        project = support.Project()
        self.addCleanup(project.close)
        project.folder.joinpath("honk.yaml").write_text(f'stores:\n  there: {{ driver: redis, url: "rediss://:{SECRET}@{HOST}:6379/0" }}\n')
        refused = project.honk("compare", "there:a:{id}", "there:b:{id}", check=False)
        self.assertEqual(refused.returncode, 2)
        self.assertIn("stunnel", refused.stderr)
        self.assertNotIn(SECRET, refused.stderr)


if __name__ == "__main__":
    unittest.main()
