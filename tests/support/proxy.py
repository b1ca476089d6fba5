"""A proxy before a database server's socket, which cuts, delays and mutilates what it is told to."""
import os
import select
import socket
import threading
import time

CHUNK = 4096


class Proxy:
    """`folder` gets a socket as the server has one. `cuts`: after so many bytes from the client one session each is ended, in the middle of a
    message; a session that says less is not met, and the next one is asked. `delay_s` is waited before each piece of the server's answers."""

    def __init__(self, folder, server_folder, cuts=(), delay_s=0.0, socket_name=".s.PGSQL.5432"):
        self.place, self.server = os.path.join(folder, socket_name), os.path.join(server_folder, socket_name)
        self.cuts, self.delay_s, self.done, self.lock = list(cuts), delay_s, 0, threading.Lock()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.place)
        os.chmod(self.place, 0o777)
        self.listener.listen(64)
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.session, args=(client,), daemon=True).start()

    def is_cut(self, said):
        with self.lock:
            if not self.cuts or said < self.cuts[0]:
                return False
            self.cuts.pop(0)
            self.done += 1
            return True

    def session(self, client):
        said = 0
        with client, socket.socket(socket.AF_UNIX) as server:
            try:
                server.connect(self.server)
                while True:
                    for end in select.select([client, server], [], [])[0]:
                        data = end.recv(CHUNK)
                        if not data:
                            return
                        if end is server:
                            time.sleep(self.delay_s)
                            client.sendall(data)
                            continue
                        said += len(data)
                        if self.is_cut(said):
                            server.sendall(data[:len(data) // 2])
                            return
                        server.sendall(data)
            except OSError:
                return

    def close(self):
        self.listener.close()
