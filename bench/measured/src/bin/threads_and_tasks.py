"""Tasks beside threads: an exchange over a socket, two thousand that wait, and one switch."""

import asyncio
import os
import socket
import threading
from time import perf_counter

from measured import report, time

EXCHANGES = 2000
WAITERS = 2000
SWITCHES = 20_000


def exchange_of_threads(place):
    listener = socket.create_server(("127.0.0.1", 0))
    near = socket.create_connection(listener.getsockname())
    far, _ = listener.accept()
    for end in (near, far):
        end.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def echo():
        while byte := far.recv(1):
            far.sendall(byte)

    def ask():
        for _ in range(EXCHANGES):
            near.sendall(b"x")
            near.recv(1)

    echoing = threading.Thread(target=echo)
    echoing.start()
    what = f"one byte over a socket and back, {place}: blocking, two threads"
    time(what, EXCHANGES, ask)
    near.close()
    echoing.join()


async def exchange_of_tasks(place):
    async def echo(reader, writer):
        while byte := await reader.read(1):
            writer.write(byte)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    start = perf_counter()
    for _ in range(EXCHANGES):
        writer.write(b"x")
        await reader.readexactly(1)
    seconds = (perf_counter() - start) / EXCHANGES
    what = f"one byte over a socket and back, {place}: streams, two tasks"
    report(what, seconds, "s")
    writer.close()
    server.close()


def start_threads():
    everybody = threading.Barrier(WAITERS + 1)

    def start():
        threads = [threading.Thread(target=everybody.wait) for _ in range(WAITERS)]
        for thread in threads:
            thread.start()
        everybody.wait()
        return threads

    for thread in time("start 2000 threads that wait", 1, start):
        thread.join()


async def start_tasks():
    start = perf_counter()
    tasks = [asyncio.create_task(asyncio.sleep(0.01)) for _ in range(WAITERS)]
    await asyncio.sleep(0)
    report("start 2000 tasks that wait", perf_counter() - start, "s")
    await asyncio.gather(*tasks)


def switch_threads():
    ping, pong = threading.Semaphore(0), threading.Semaphore(0)

    def other():
        for _ in range(SWITCHES // 2):
            ping.acquire()
            pong.release()

    def switch():
        for _ in range(SWITCHES // 2):
            ping.release()
            pong.acquire()

    thread = threading.Thread(target=other)
    thread.start()
    time("one switch between two threads", SWITCHES, switch)
    thread.join()


async def switch_tasks():
    async def step():
        for _ in range(SWITCHES // 2):
            await asyncio.sleep(0)

    start = perf_counter()
    await asyncio.gather(step(), step())
    report("one switch between two tasks", (perf_counter() - start) / SWITCHES, "s")


def exchanges(place):
    exchange_of_threads(place)
    asyncio.run(exchange_of_tasks(place))


exchanges("on two processors")
# The same, held on one processor: no wake then crosses to another.
everywhere = os.sched_getaffinity(0)
os.sched_setaffinity(0, {0})
exchanges("on one processor")
os.sched_setaffinity(0, everywhere)
start_threads()
asyncio.run(start_tasks())
switch_threads()
asyncio.run(switch_tasks())
