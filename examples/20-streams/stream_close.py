"""Closing does not wait; wait_closed does."""

import asyncio


async def program():
    received = asyncio.Queue()

    async def connected(reader, writer):
        await received.put(await reader.read())
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]

    # ANCHOR: close
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    print(f"closing: {writer.is_closing()}")
    writer.write(b"farewell")
    writer.close()
    print(f"closing: {writer.is_closing()}")
    await writer.wait_closed()
    print(f"the peer read {await received.get()}")
    # ANCHOR_END: close

    # ANCHOR: after
    print(f"we read {await reader.read(100)}")
    writer.write(b"one more thing")
    try:
        await writer.drain()
    except ConnectionResetError as error:
        print(f"and cannot write: {error}")
    # ANCHOR_END: after


asyncio.run(program())
