"""A server that finishes what it is doing on Ctrl-C."""

import asyncio
import signal
import sys


# ANCHOR: session
async def next_line(reader, stop):
    """The next line, or nothing if the client is done or the server is to stop."""
    stopped, line = asyncio.create_task(stop.wait()), asyncio.create_task(
        reader.readline()
    )
    await asyncio.wait([stopped, line], return_when=asyncio.FIRST_COMPLETED)
    if stop.is_set():
        line.cancel()
        return ""
    stopped.cancel()
    return (await line).decode()


async def session(stop, reader, writer):
    while line := await next_line(reader, stop):
        answer = await work(line.strip())
        writer.write(f"{answer}\n".encode())
        await writer.drain()
    writer.close()


async def work(job):
    print(f"begin: {job}")
    await asyncio.sleep(len(job) / 10)
    print(f"end: {job}")
    return f"done: {job}"
# ANCHOR_END: session


# ANCHOR: serve
async def serve(host, port):
    stop = asyncio.Event()
    for number in [signal.SIGINT, signal.SIGTERM]:
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    async def connected(reader, writer):
        await session(stop, reader, writer)

    server = await asyncio.start_server(connected, host, port)
    print(f"Serving on {server.sockets[0].getsockname()}")

    await stop.wait()
    print("stopping")
    server.close()
    try:
        await asyncio.wait_for(server.wait_closed(), 5)
    except TimeoutError:
        print("giving up on the rest")
    print("stopped")
# ANCHOR_END: serve


host, port = (sys.argv[1:] or ["127.0.0.1:8888"])[0].rsplit(":", 1)
asyncio.run(serve(host, port))
