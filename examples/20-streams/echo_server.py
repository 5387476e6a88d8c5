"""A server that says back what each client says, line by line."""

import asyncio
import contextlib
import sys


# ANCHOR: echo
async def echo(reader, writer):
    print("a client came")
    async for line in reader:
        writer.write(line)
        await writer.drain()
    print("a client left")
    writer.close()
# ANCHOR_END: echo


# ANCHOR: serve
async def serve(host, port):
    server = await asyncio.start_server(echo, host, port)
    print(f"Serving on {server.sockets[0].getsockname()}")
    await server.serve_forever()


host, port = (sys.argv[1:] or ["127.0.0.1:8888"])[0].rsplit(":", 1)
with contextlib.suppress(KeyboardInterrupt):
    asyncio.run(serve(host, port))
# ANCHOR_END: serve
