"""How slow input and output is beside computing."""

import os
import pathlib
import socket
import subprocess
import tempfile
import threading

from measured import time


def add():
    total = 0
    for number in range(1_000_000):
        total += number


time("add two numbers", 1_000_000, add)

path = pathlib.Path(tempfile.gettempdir(), f"what-io-is-{os.getpid()}")
path.write_bytes(bytes(4096))
time(
    "read 4 KB of a file, from the system's cache",
    1000,
    lambda: [path.read_bytes() for _ in range(1000)],
)
with path.open("wb", buffering=0) as file:

    def write():
        for _ in range(20):
            file.write(b"x")
            os.fsync(file.fileno())

    time("write a byte to a file and wait for the disk", 20, write)
path.unlink()

listener = socket.create_server(("127.0.0.1", 0))
near = socket.create_connection(listener.getsockname())
far, _ = listener.accept()
for end in (near, far):
    end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def echo():
    while byte := far.recv(1):
        far.sendall(byte)


def ask():
    for _ in range(2000):
        near.sendall(b"x")
        near.recv(1)


echoing = threading.Thread(target=echo)
echoing.start()
time("send a byte through a socket of this machine and get it back", 2000, ask)
near.close()
echoing.join()

time(
    "run a program that does nothing",
    20,
    lambda: [subprocess.run(["true"]) for _ in range(20)],
)
