"""The workloads with something outside the loop: sockets, threads and processes."""

import asyncio
import itertools
import queue
import threading

from measure import Load, Run, scaled, workload


async def echo(load, connections):
    """With streams."""
    ended = asyncio.Event()
    left = connections

    async def serve(reader, writer):
        nonlocal left
        while data := await reader.read(4096):
            writer.write(data)
            await writer.drain()
        writer.close()
        left -= 1
        if not left:
            ended.set()

    server = await asyncio.start_server(serve, sock=load.socket)
    await ended.wait()
    server.close()
    load.done()


@workload
async def tcp_echo():
    await echo(Load("echo", scaled(500)), 64)


@workload
async def tcp_echo_1():
    await echo(Load("echo1", scaled(10_000)), 1)


async def echo_protocol(load, connections):
    """With a Protocol: callbacks and no tasks."""
    ended = asyncio.Event()
    left = connections

    class Echo(asyncio.Protocol):
        def connection_made(self, transport):
            self.transport = transport

        def data_received(self, data):
            self.transport.write(data)

        def connection_lost(self, exc):
            nonlocal left
            left -= 1
            if not left:
                ended.set()

    loop = asyncio.get_running_loop()
    server = await loop.create_server(Echo, sock=load.socket)
    await ended.wait()
    server.close()
    load.done()


@workload
async def tcp_echo_proto():
    await echo_protocol(Load("echo", scaled(1_000)), 64)


@workload
async def tcp_echo_1_proto():
    await echo_protocol(Load("echo1", scaled(10_000)), 1)


@workload
async def tcp_sink():
    load = Load("sink", scaled(16_384))
    ended = asyncio.Event()

    async def serve(reader, writer):
        while await reader.read(65536):
            pass
        writer.write(b"!")
        await writer.drain()
        writer.close()
        ended.set()

    server = await asyncio.start_server(serve, sock=load.socket)
    await ended.wait()
    server.close()
    await asyncio.sleep(0)
    load.done()


@workload
async def tcp_source():
    chunks = scaled(16_384)
    load = Load("source", chunks)
    ended = asyncio.Event()

    async def serve(reader, writer):
        chunk = b"7" * 65536
        for _ in range(chunks):
            writer.write(chunk)
            await writer.drain()
        writer.close()
        await writer.wait_closed()
        ended.set()

    server = await asyncio.start_server(serve, sock=load.socket)
    await ended.wait()
    server.close()
    load.done()


@workload
async def xthread_rtt():
    loop = asyncio.get_running_loop()
    count = scaled(20_000)
    ask = queue.SimpleQueue()

    def answer():
        while (future := ask.get()) is not None:
            loop.call_soon_threadsafe(future.set_result, None)

    thread = threading.Thread(target=answer)
    thread.start()
    run = Run()
    for _ in range(count):
        future = loop.create_future()
        ask.put(future)
        await future
    run.done(count)
    ask.put(None)
    thread.join()


@workload
async def xthread_flood():
    loop = asyncio.get_running_loop()
    count = scaled(100_000)
    ended = loop.create_future()
    arrived = itertools.count(1)

    def arrive():
        if next(arrived) == count:
            ended.set_result(None)

    def send():
        for _ in range(count):
            loop.call_soon_threadsafe(arrive)

    thread = threading.Thread(target=send)
    run = Run()
    thread.start()
    await ended
    run.done(count)
    thread.join()


def nothing():
    pass


@workload
async def to_thread():
    count = scaled(10_000)
    # The first call starts the thread.
    await asyncio.to_thread(nothing)
    run = Run()
    for _ in range(count):
        await asyncio.to_thread(nothing)
    run.done(count)


@workload
async def subprocess():
    count = scaled(200)
    run = Run()
    for _ in range(count):
        await run_true()
    run.done(count)


@workload
async def subprocess_16():
    batches = scaled(16)
    run = Run()
    for _ in range(batches):
        await asyncio.gather(*(run_true() for _ in range(16)))
    run.done(16 * batches)


async def run_true():
    process = await asyncio.create_subprocess_exec("/bin/true")
    assert await process.wait() == 0
