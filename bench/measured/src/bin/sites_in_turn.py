"""Ten sites that answer after 30 to 140 milliseconds, one after another and all at once."""

import asyncio
from time import perf_counter

from measured import report

MILLISECONDS = [50, 40, 60, 30, 140, 60, 50, 80, 40, 50]


async def site(reader, writer):
    milliseconds = float(await reader.readline())
    await asyncio.sleep(milliseconds / 1000)
    writer.write(b"HTTP/1.1 200 OK\r\n")
    await writer.drain()
    writer.close()


async def ask(port, milliseconds):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{milliseconds}\n".encode())
    line = await reader.readline()
    writer.close()
    return line


async def main():
    server = await asyncio.start_server(site, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    start = perf_counter()
    for milliseconds in MILLISECONDS:
        await ask(port, milliseconds)
    report("ten sites, one after another", perf_counter() - start, "s")

    start = perf_counter()
    await asyncio.gather(*(ask(port, milliseconds) for milliseconds in MILLISECONDS))
    report("ten sites, all at once", perf_counter() - start, "s")
    server.close()


asyncio.run(main())
