"""A Redis server of a test's own, and a migration from SQLite into it."""
import pathlib
import shutil
import subprocess
import tempfile
import time

import small_world

SERVER = pathlib.Path(__file__).resolve().parents[1] / "support" / "redis-server"
WAIT_S = 60
TARGET = "user:{user_id}"

CONFIG = """
workers: 1
stores:
  listening: {{ driver: sqlite, path: data/listening.db }}
  cache: {{ driver: redis, url: "unix:${{REDIS_FOLDER}}/redis.sock?db=${{REDIS_DATABASE}}"{more} }}
policy: {{ self_approval: false, quorum: 1, rollback_window: 24h, soak: 0s }}
roles:
  approver: [ user:default/bo ]
  operator: [ user:default/ada, user:default/bo ]
  admin: [ local ]
"""

# every key with a digest of its value, and the moment it goes
DUMP = "local all = {} for _, key in ipairs(redis.call('KEYS', '*')) do all[#all + 1] = key .. ' ' .. redis.sha1hex(redis.call('DUMP', key)) " \
       ".. ' ' .. redis.call('PEXPIRETIME', key) end table.sort(all) return all"


USERS = "local all = {} for _, key in ipairs(redis.call('KEYS', 'user:*')) do all[#all + 1] = key .. ' ' .. table.concat(redis.call('HMGET', " \
        "key, 'full_name', 'country', 'tier'), '|') end return all"


class Redis:
    def __init__(self, *settings):
        self.folder, self.settings = tempfile.mkdtemp(prefix="honk-redis-"), settings
        self.start()

    def start(self):
        self.process = subprocess.Popen([SERVER, self.folder, *self.settings], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + WAIT_S
        while subprocess.run([*self.client(0), "PING"], capture_output=True, text=True).stdout.strip() != "PONG":
            assert self.process.poll() is None and time.monotonic() < deadline, "the Redis server did not start"
            time.sleep(0.05)

    def client(self, database):
        return ["redis-cli", "-s", f"{self.folder}/redis.sock", "-n", str(database)]

    def tell(self, database, *words):
        done = subprocess.run([*self.client(database), *words], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def dump(self, database):
        return self.tell(database, "EVAL", DUMP, "0").splitlines()

    def make_users(self, database):
        """What the migration replaces: twenty old rows, one of which ends some day, and a list that has such a key, too."""
        self.tell(database, "FLUSHDB")
        lines = [f"HSET user:{i} full_name Old{i} country SE tier none" for i in range(1, 21)]
        lines += ["RPUSH user:latest 3 1 2", "PEXPIREAT user:7 99999999999999", "SET page:1 kept"]
        subprocess.run(self.client(database), input="\n".join(lines), text=True, check=True, stdout=subprocess.DEVNULL)

    def users(self, database):
        """Each as the mapping should have made it."""
        lines = self.tell(database, "EVAL", USERS, "0").splitlines()
        return {int(key.split(":")[1]): cells for key, cells in (line.split(" ", 1) for line in lines)}

    def crash(self):
        """As a power cut would end it; what was synced stays."""
        self.process.kill()
        self.process.wait()

    def close(self):
        self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)


class World(small_world.World):
    def __init__(self, redis, database=0, rows=small_world.ROWS, more="", folder=None):
        super().__init__(more=more, env={"REDIS_FOLDER": redis.folder, "REDIS_DATABASE": str(database)}, folder=folder, rows=rows,
                         config=CONFIG)
        self.write("catalog/datasets.yaml", small_world.CATALOG.replace("listening:users_v2", f"cache:{TARGET}"))

    def expected(self):
        return {i: f"First{i} Last{i}|{('GB', 'SE', 'DE')[i % 3]}|free" for i in range(1, self.rows + 1)}
