"""A proxy before a server's socket, which cuts, delays and mutilates what it is told to, or is gone for a while."""
import os
import select
import socket
import threading
import time

CHUNK = 4096
LOOK_S = 0.05  # whether it is gone


class Proxy:
    """`folder` gets a socket as the server has one. `cuts`: after so many bytes from the client one session each is ended, in the middle of a
    message; a session that says less is not met, and the next one is asked. `answer_cuts`: the same of what the server answers, so that
    it has done what nobody heard of. `delay_s` is waited before each piece of the server's answers. `then` is done at each cut. What the session
    with the most of either said is counted in `said_most` and `answered_most`; in `turns`, how often a client spoke when it was the server who had
    spoken last, of all sessions."""

    family = socket.AF_UNIX

    def __init__(self, folder, server_folder, cuts=(), delay_s=0.0, socket_name=".s.PGSQL.5432"):
        self.server = os.path.join(server_folder, socket_name)
        place = os.path.join(folder, socket_name)
        self.begin(place, cuts, delay_s)
        os.chmod(place, 0o777)

    def begin(self, place, cuts, delay_s):
        self.cuts, self.answer_cuts, self.delay_s, self.done, self.lock = list(cuts), [], delay_s, 0, threading.Lock()
        self.is_gone = False  # every session is ended, and nobody gets a new one
        self.then, self.said_most, self.answered_most, self.turns = None, 0, 0, 0
        self.begun, self.deaf, self.unheard = 0, 0, []  # sessions; the next so many are let in, and never heard
        self.hole_at, self.is_hole = None, False  # once one session has said so much, all is taken from now on, and nothing handed on
        self.stuck_at, self.is_stuck = None, False  # once one session has said so much, nothing is read any more, of nobody
        self.listener = socket.socket(self.family)
        self.listener.bind(place)
        self.listener.listen(64)
        self.accepting = threading.Thread(target=self.accept, daemon=True)
        self.accepting.start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.begun += 1
            if self.deaf > 0:
                self.deaf -= 1
                self.unheard.append(client)
                continue
            threading.Thread(target=self.session, args=(client,), daemon=True).start()

    def is_cut(self, said, cuts):
        with self.lock:
            if not cuts or said < cuts[0]:
                return False
            cuts.pop(0)
            self.done += 1
        if self.then:
            self.then()
        return True

    def session(self, client):
        said = answered = 0
        is_answered = True  # by whoever spoke last
        with client, socket.socket(self.family) as server:
            try:
                server.connect(self.server)
                while not self.is_gone:
                    if self.is_stuck:
                        time.sleep(LOOK_S)
                        continue
                    for end in select.select([client, server], [], [], LOOK_S)[0]:
                        data = end.recv(CHUNK)
                        if not data:
                            return
                        if self.is_hole:
                            continue
                        if end is client and is_answered:
                            with self.lock:
                                self.turns += 1
                        is_answered = end is server
                        if end is server:
                            time.sleep(self.delay_s)
                            answered += len(data)
                            self.answered_most = max(self.answered_most, answered)
                            if self.is_cut(answered, self.answer_cuts):
                                client.sendall(data[:len(data) // 2])
                                return
                            client.sendall(data)
                            continue
                        said += len(data)
                        self.is_stuck |= self.stuck_at is not None and said > self.stuck_at
                        self.is_hole |= self.hole_at is not None and said > self.hole_at
                        if self.is_hole:
                            continue
                        self.said_most = max(self.said_most, said)
                        if self.is_cut(said, self.cuts):
                            server.sendall(data[:len(data) // 2])
                            return
                        server.sendall(data)
            except OSError:
                return

    def close(self):
        # A thread that still waits at a closed listener asks again when a signal wakes it: of whoever has its number by then.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.accepting.join()
        self.listener.close()
        for client in self.unheard:
            client.close()


class TcpProxy(Proxy):
    """The same on a port of 127.0.0.1. `port` is known before there is a server."""
    family = socket.AF_INET

    def __init__(self):
        self.begin(("127.0.0.1", 0), (), 0.0)
        self.port = self.listener.getsockname()[1]
