"""The other end of the conversations in `talk.rs`, on CPython's asyncio.

    peer.py server KIND PLACE       prints where it serves, serves until its input ends
    peer.py client KIND PLACE TALK  holds one conversation as the client

KIND is plain, tls or unix; PLACE a port (0: any) or a path. For tls a certificate stands in c.pem and k.pem and its root in
ca.pem, in the working directory.
"""

import asyncio
import ssl
import sys

BULK = 64 << 20
# A megabyte or so, and again from its beginning.
PATTERN = bytes(range(251)) * 4096


async def send_bulk(writer):
    for start in range(0, BULK, len(PATTERN)):
        writer.write(PATTERN[: BULK - start])
        await writer.drain()


async def receive_bulk(reader):
    received = 0
    while received < BULK:
        data = await reader.read(min(1 << 18, BULK - received))
        assert data, f"the end after {received} bytes"
        begin = received % 251
        assert data == (PATTERN * 2)[begin : begin + len(data)], f"wrong bytes after {received}"
        received += len(data)


async def serve(reader, writer):
    talk = (await reader.readline()).decode().strip()
    if talk == "lines":
        while line := await reader.readline():
            writer.write(line.upper())
            await writer.drain()
    elif talk == "bulk":
        await asyncio.gather(send_bulk(writer), receive_bulk(reader))
        writer.write(b"done\n")
        await writer.drain()
    elif talk == "client ends":
        data = await reader.read()
        writer.write(b"%d bytes\n" % len(data))
        await writer.drain()
    elif talk == "server ends":
        writer.write(b"that is all\n")
        writer.write_eof()
        data = await reader.read()
        print(f"{len(data)} bytes after the end", flush=True)
    writer.close()
    await writer.wait_closed()


async def converse(reader, writer, talk):
    writer.write(talk.encode() + b"\n")
    if talk == "lines":
        for i in range(1000):
            writer.write(b"line %d\n" % i)
            await writer.drain()
            assert await reader.readline() == b"LINE %d\n" % i
    elif talk == "bulk":
        await asyncio.gather(send_bulk(writer), receive_bulk(reader))
        assert await reader.readline() == b"done\n"
    elif talk == "client ends":
        writer.write(b"x" * 100_000)
        writer.write_eof()
        assert await reader.readline() == b"100000 bytes\n"
    elif talk == "server ends":
        assert await reader.read() == b"that is all\n"
        writer.write(b"x" * 100_000)
        await writer.drain()
    writer.close()
    await writer.wait_closed()


def context(side):
    if side == "server":
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain("c.pem", "k.pem")
        return context
    return ssl.create_default_context(cafile="ca.pem")


async def main(side, kind, place, *talk):
    options = {"ssl": context(side)} if kind == "tls" else {}
    if side == "client":
        if kind == "unix":
            streams = await asyncio.open_unix_connection(place)
        else:
            streams = await asyncio.open_connection("localhost", int(place), **options)
        await converse(*streams, *talk)
        return
    if kind == "unix":
        server = await asyncio.start_unix_server(serve, place)
        print(place, flush=True)
    else:
        server = await asyncio.start_server(serve, "127.0.0.1", int(place), **options)
        print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)
    server.close()


asyncio.run(main(*sys.argv[1:]))
