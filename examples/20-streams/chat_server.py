"""A chat: what one says is written to all others."""

import asyncio
import contextlib
import sys


# ANCHOR: room
class Room:
    """Who is there, by name."""

    def __init__(self):
        self.members = {}

    def tell(self, sender, what):
        """Tells everybody but the one who says it. Nobody is waited for, so nobody
        can hold up the others."""
        print(what)
        for name, writer in self.members.items():
            if name != sender:
                writer.write(f"{what}\n".encode())
                if writer.transport.get_write_buffer_size() > PATIENCE:
                    writer.transport.abort()


# How many bytes may wait for somebody who does not read them.
PATIENCE = 1024 * 1024
# ANCHOR_END: room


# ANCHOR: session
async def session(room, reader, writer):
    name = (await reader.readline()).decode().strip()
    if not name or name in room.members:
        writer.write(b"This name will not do.\n")
        writer.close()
        return
    room.members[name] = writer
    writer.write(f"Welcome! Here are: {', '.join(sorted(room.members))}\n".encode())
    room.tell(name, f"* {name} comes")
    try:
        async for line in reader:
            room.tell(name, f"{name}: {line.decode(errors='replace').strip()}")
    finally:
        del room.members[name]
        room.tell(name, f"* {name} goes")
        writer.close()
# ANCHOR_END: session


# ANCHOR: serve
async def serve(host, port):
    room = Room()

    async def connected(reader, writer):
        await session(room, reader, writer)

    server = await asyncio.start_server(connected, host, port)
    print(f"Serving on {server.sockets[0].getsockname()}")
    await server.serve_forever()
# ANCHOR_END: serve


host, port = (sys.argv[1:] or ["127.0.0.1:8888"])[0].rsplit(":", 1)
with contextlib.suppress(KeyboardInterrupt):
    asyncio.run(serve(host, port))
