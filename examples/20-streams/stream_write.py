"""Writing never waits; drain waits for a slow reader."""

import asyncio

MIB = 1024 * 1024


async def slow_reader(begin):
    """A server that reads nothing before `begin`, and then everything; and how much
    that was."""
    received = asyncio.get_running_loop().create_future()

    async def connected(reader, writer):
        await begin.wait()
        received.set_result(len(await reader.read()))
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    return server, received


# ANCHOR: write
async def write(writer):
    """Gives how much was written."""
    writer.write(b"a line\n")
    writer.writelines([b"another\n", b"and another\n"])
    print(f"kept: {writer.transport.get_write_buffer_size()} bytes")
    await writer.drain()
    print("drained without waiting")

    written, block = 27, b"." * MIB
    while writer.transport.get_write_buffer_size() < MIB:
        writer.write(block)
        written += len(block)
    return written
# ANCHOR_END: write


# ANCHOR: drain
async def program():
    begin = asyncio.Event()
    server, received = await slow_reader(begin)
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", server.sockets[0].getsockname()[1]
    )
    written = await write(writer)

    _low, high = writer.transport.get_write_buffer_limits()
    kept = writer.transport.get_write_buffer_size()
    print(f"more is kept than {high} bytes: {kept > high}")
    draining = asyncio.create_task(writer.drain())
    await asyncio.sleep(0.05)
    print(f"drain waits: {not draining.done()}")
    begin.set()
    await draining

    print("drained")
    writer.close()
    print(f"everything arrived: {await received == written}")
# ANCHOR_END: drain


asyncio.run(program())
