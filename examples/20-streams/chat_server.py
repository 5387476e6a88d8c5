"""A chat: what one says is written to all others."""

import asyncio
import contextlib
import re
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
            # A member that is leaving gets no more lines.
            if name == sender or writer.is_closing():
                continue
            writer.write(f"{what}\n".encode())
            if writer.transport.get_write_buffer_size() > PATIENCE:
                writer.transport.abort()


# How many bytes may wait for a client that does not read them.
PATIENCE = 1024 * 1024
# ANCHOR_END: room


# ANCHOR: names
# A name is a few letters and digits of any language: nothing that is not seen, or
# that is seen as something else.
NAME = re.compile(r"[^\W_][\w.'-]{0,19}")
FILLERS = set("\u115f\u1160\u3164\uffa0")


async def ask_name(room, reader):
    line = await asyncio.wait_for(reader.readline(), 60)
    name = line.decode(errors="replace").strip()
    will_do = NAME.fullmatch(name) and not FILLERS & set(name)
    return name if will_do and name not in room.members else None
# ANCHOR_END: names


def visible(text):
    seen = [c.isprintable() and c not in FILLERS for c in text]
    return "".join(c if s else ascii(c)[1:-1] for c, s in zip(text, seen))


# ANCHOR: session
async def session(room, reader, writer):
    name = await ask_name(room, reader)
    if name is None:
        writer.write(b"This name will not do.\n")
        return
    room.members[name] = writer
    writer.write(f"Welcome! Here are: {', '.join(sorted(room.members))}\n".encode())
    room.tell(name, f"* {name} comes")
    try:
        async for line in reader:
            said = visible(line.decode(errors="replace").strip())
            room.tell(name, f"{name}: {said}")
    finally:
        del room.members[name]
        room.tell(name, f"* {name} goes")
# ANCHOR_END: session


# ANCHOR: serve
async def serve(host, port):
    room = Room()

    async def connected(reader, writer):
        # What clients do wrong is not reported: they hang up, send a line without
        # an end, or send no name.
        wrong = contextlib.suppress(OSError, ValueError, TimeoutError)
        with wrong, contextlib.closing(writer):
            await session(room, reader, writer)

    server = await asyncio.start_server(connected, host, port, limit=1024)
    print(f"Serving on {server.sockets[0].getsockname()}")
    await server.serve_forever()
# ANCHOR_END: serve


host, port = (sys.argv[1:] or ["127.0.0.1:8888"])[0].rsplit(":", 1)
with contextlib.suppress(KeyboardInterrupt):
    asyncio.run(serve(host, port))
