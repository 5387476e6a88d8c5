"""What is said over a connection to a web server."""

import asyncio


async def answer(reader, writer):
    request = (await reader.readuntil(b"\r\n\r\n")).decode()
    for line in request.splitlines():
        print(f'the server reads "{line}"')
    writer.write(
        b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n"
        b"Content-Type: text/plain\r\n\r\nhello\n"
    )
    await writer.drain()
    writer.close()


# ANCHOR: ask
async def ask(port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    request = (
        "GET / HTTP/1.1\r\n"
        "Host: www.google.com\r\n"
        "\r\n"
    )
    data = request.encode()
    print(f"{len(request)} characters are {len(data)} bytes")
    writer.write(data)
    await writer.drain()

    line = await reader.readline()
    status = line.decode()
    print(f"{status!r}, or {status.strip()!r} without the line end")

    writer.close()
# ANCHOR_END: ask


async def program():
    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    await ask(server.sockets[0].getsockname()[1])


asyncio.run(program())
