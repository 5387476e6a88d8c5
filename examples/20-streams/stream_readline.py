"""Bytes that arrive are read in the units in which a program wants them."""

import asyncio


async def letter(reader, writer):
    writer.write(b"Dear reader,\nlength: 5\r\n\r\nhello to you, and a long life")
    await writer.drain()
    writer.close()


def raised(error):
    return f"{type(error).__name__}: {error}"


# ANCHOR: read
async def read(reader):
    print("a line:     ", await reader.readline())
    print("a head:     ", await reader.readuntil(b"\r\n\r\n"))
    print("exactly 5:  ", await reader.readexactly(5))
    print("at most 8:  ", await reader.read(8))
    print("to the end: ", await reader.read())
    print(
        "at the end: ",
        await reader.read(8),
        await reader.readline(),
        reader.at_eof(),
    )
    for reading in [reader.readexactly(5), reader.readuntil(b"\r\n\r\n")]:
        try:
            await reading
        except asyncio.IncompleteReadError as error:
            print(raised(error))
# ANCHOR_END: read


# ANCHOR: limit
async def read_with_a_limit(reader):
    try:
        await reader.readuntil(b"\n")
    except asyncio.LimitOverrunError as error:
        print(raised(error))
    # The bytes are still there. readline drops the line, so that a program can go
    # on with the next one.
    try:
        await reader.readline()
    except ValueError as error:
        print(raised(error))
    print("the next:   ", await reader.readline())
# ANCHOR_END: limit


async def program():
    server = await asyncio.start_server(letter, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await read(reader)
    writer.close()
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=10)
    await read_with_a_limit(reader)
    writer.close()


asyncio.run(program())
