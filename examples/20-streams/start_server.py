"""A server calls a coroutine for each client."""

import asyncio


# ANCHOR: handler
async def greet(reader, writer):
    name = (await reader.readline()).decode()
    await asyncio.sleep(0.1)
    writer.write(f"Welcome, {name.strip()}!\n".encode())
    await writer.drain()
    writer.close()
# ANCHOR_END: handler


async def visit(name, port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{name}\n".encode())
    answer = (await reader.read()).decode().strip()
    writer.close()
    return answer


# ANCHOR: server
async def program():
    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    print(server)
    print(f"serving: {server.is_serving()}")

    port = server.sockets[0].getsockname()[1]
    for answer in await asyncio.gather(
        *[visit(name, port) for name in ["Ada", "Blaise", "Charles"]]
    ):
        print(answer)

    server.close()
    await server.wait_closed()
    print(f"serving: {server.is_serving()}")
# ANCHOR_END: server


asyncio.run(program())
