"""A Kafka broker of a test's own, and a migration from SQLite into a topic of it."""
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import shutil
import socket
import struct
import subprocess
import tempfile
import time

import small_world

STAND_IN = pathlib.Path(__file__).resolve().parents[1] / "support" / "kafka-broker"
BROKER = os.environ.get("HONK_TEST_KAFKA", str(STAND_IN))  # or kafka-apache, which is a real one
IS_STAND_IN = pathlib.Path(BROKER) == STAND_IN
NOT_YET = (3, 5, 6)  # errors of a partition that was made a moment ago
PATIENCE_S = 30
TARGET = "users_v2"

CONFIG = """
workers: 1
stores:
  listening: {{ driver: sqlite, path: data/listening.db }}
  events: {{ driver: kafka, url: "kafka://${{KAFKA_SERVERS}}", timeout_ms: 4000 {more} }}
policy: {{ self_approval: false, quorum: 1, rollback_window: 24h, soak: 0s }}
roles:
  approver: [ user:default/bo ]
  operator: [ user:default/ada, user:default/bo ]
  admin: [ local ]
"""


def text(value):
    return struct.pack(">h", len(value)) + value.encode()


def sized(number):
    """A number as batches have it, a few bits a byte."""
    number, data = number << 1 if number >= 0 else (-number << 1) - 1, bytearray()
    while number > 127:
        data.append(number & 127 | 128)
        number >>= 7
    return bytes(data) + bytes([number])


def part(data):
    return sized(-1) if data is None else sized(len(data)) + data


def varint(data, at):
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if data[at - 1] < 128:
            return value >> 1 ^ -(value & 1), at


def piece(data, at):
    size, at = varint(data, at)
    return (None, at) if size < 0 else (data[at:at + size].decode(), at + size)


class Kafka:
    def __init__(self, *options):
        self.folder = None if IS_STAND_IN else tempfile.mkdtemp(prefix="honk-kafka-")
        self.words = options if IS_STAND_IN else (*options, "--data", self.folder)
        self.servers = ""
        self.start()

    def start(self):
        """Again, where it was: with what it had, unless it is the stand-in, which forgets."""
        self.process = subprocess.Popen([BROKER, *self.servers.split(":")[1:], *self.words], stdout=subprocess.PIPE, text=True)
        self.servers = self.process.stdout.readline().strip()
        assert self.servers, f"{BROKER} does not begin to serve"

    def crash(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def ask(self, key, version, body):
        host, port = self.servers.split(":")
        with socket.create_connection((host, int(port))) as connection:
            message = struct.pack(">hhi", key, version, 1) + text("test") + body
            connection.sendall(struct.pack(">i", len(message)) + message)
            file = connection.makefile("rb")
            return file.read(struct.unpack(">i", file.read(4))[0])[4:]

    def make(self, topic, *settings):
        """A topic of one partition; each setting is a pair."""
        pairs = b"".join(text(name) + text(value) for name, value in settings)
        self.ask(19, 2, struct.pack(">i", 1) + text(topic) + struct.pack(">ihi", 1, 1, 0) + struct.pack(">i", len(settings)) + pairs +
                 struct.pack(">i?", 10000, False))

    def ask_until(self, is_answered, *request):
        """A topic that was made is not there at once, nor is what was committed shown at once."""
        until = time.monotonic() + PATIENCE_S
        while not is_answered(answer := self.ask(*request)):
            assert time.monotonic() < until, f"the broker's answer is still {answer[:80]}"
            time.sleep(0.01)
        return answer

    def write(self, topic, records):
        """Key and value of each, bytes or None, as another program's client sends them."""
        loader = importlib.machinery.SourceFileLoader("kafka_broker", str(STAND_IN))
        broker = importlib.util.module_from_spec(importlib.util.spec_from_loader("kafka_broker", loader))
        loader.exec_module(broker)
        now, packed = int(time.time() * 1000), b""
        for offset, (key, value) in enumerate(records):
            record = b"\0\0" + sized(offset) + part(key) + part(value) + sized(0)
            packed += sized(len(record)) + record
        body = struct.pack(">hiqqqhii", 0, len(records) - 1, now, now, -1, -1, -1, len(records)) + packed
        batch = struct.pack(">qiibI", 0, len(body) + 9, 0, 2, broker.crc32c(body)) + body
        request = struct.pack(">hhi", -1, -1, 10000) + struct.pack(">i", 1) + text(topic) + struct.pack(">iii", 1, 0, len(batch)) + batch

        def error_of(answer):
            return struct.unpack_from(">h", answer, 4 + 2 + len(topic) + 4 + 4)[0]
        answer = self.ask_until(lambda answer: error_of(answer) not in NOT_YET, 0, 3, request)
        assert error_of(answer) == 0, f"the broker takes no records: error {error_of(answer)}"

    def topics(self):
        """Names and numbers of partitions, as the list of all topics has them."""
        answer = self.ask(3, 0, struct.pack(">i", 0))
        found, at = {}, 4
        for _ in range(struct.unpack_from(">i", answer, 0)[0]):  # brokers
            at += 4
            at += 2 + struct.unpack_from(">h", answer, at)[0] + 4
        count, at = struct.unpack_from(">i", answer, at)[0], at + 4
        for _ in range(count):
            at += 2
            size = struct.unpack_from(">h", answer, at)[0]
            name, at = answer[at + 2:at + 2 + size].decode(), at + 2 + size
            partitions, at = struct.unpack_from(">i", answer, at)[0], at + 4
            at += partitions * 26
            found[name] = partitions
        return found

    def records(self, topic, partition=0):
        """Key and value of each record that is committed, in order: the answer of one request, whose batches are not packed."""
        at = 4 + 4 + 2 + len(topic) + 4 + 4

        def is_settled(answer):
            error, high, stable = struct.unpack_from(">hqq", answer, at)
            return error not in NOT_YET and stable >= high
        answer = self.ask_until(is_settled, 1, 4, struct.pack(">iiiib", -1, 0, 1, 1 << 28, 1) + struct.pack(">i", 1) + text(topic) + struct.pack(
            ">iiqi", 1, partition, 0, 1 << 28))
        at += 2 + 16
        undone = [struct.unpack_from(">qq", answer, at + 4 + 16 * i) for i in range(struct.unpack_from(">i", answer, at)[0])]
        data = answer[at + 4 + 16 * len(undone) + 4:]
        found, ended = [], []
        while data:
            base, size = struct.unpack_from(">qi", data, 0)
            attributes, producer = struct.unpack_from(">h", data, 21)[0], struct.unpack_from(">q", data, 43)[0]
            count, at = struct.unpack_from(">i", data, 57)[0], 61
            is_undone = attributes & 0x10 and any(who == producer and first <= base and (who, first) not in ended for who, first in undone)
            if attributes & 0x20:  # a marker: what is before it of this producer is settled
                ended += [one for one in undone if one[0] == producer and one[1] <= base]
            for _ in range(0 if is_undone or attributes & 0x20 else count):
                length, begin = varint(data, at)
                at = begin + 1
                _, at = varint(data, at)
                _, at = varint(data, at)
                key, at = piece(data, at)
                value, _ = piece(data, at)
                found.append((key, value))
                at = begin + length
            data = data[size + 12:]
        return found

    def latest(self, topic):
        """What a compacted topic comes to."""
        return {key: value for key, value in dict(self.records(topic)).items() if value is not None}

    def close(self):
        self.crash()
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)


class World(small_world.World):
    def __init__(self, servers="127.0.0.1:1", rows=small_world.ROWS, more="", folder=None):
        super().__init__(more=more, env={"KAFKA_SERVERS": servers}, folder=folder, rows=rows, config=CONFIG)
        self.write("catalog/datasets.yaml", small_world.CATALOG.replace("listening:users_v2", f"events:{TARGET}"))

    def moved(self, kafka):
        """Each row once, as expected() has it; the topic has one partition."""
        records = kafka.records(TARGET)
        rows = [json.loads(value) for _, value in records]
        assert len({key for key, _ in records}) == len(records), "a row is there twice"
        return {row["user_id"]: f"{row['full_name']}|{row['country']}|{row['tier']}" for row in rows}

    def expected(self):
        return {i: f"First{i} Last{i}|{('GB', 'SE', 'DE')[i % 3]}|free" for i in range(1, self.rows + 1)}
