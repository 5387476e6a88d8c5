"""A client that says its arguments to the echo server, a line each, and shows what
comes back."""

import argparse
import asyncio


# ANCHOR: client
async def say(host, port, lines):
    reader, writer = await asyncio.open_connection(host, port)
    for line in lines:
        print(f"Send: {line}")
        writer.write(f"{line}\n".encode())
        await writer.drain()
        answer = (await reader.readline()).decode()
        print(f"Received: {answer.rstrip()}")
    print("Close the connection")
    writer.close()
    await writer.wait_closed()
# ANCHOR_END: client


parser = argparse.ArgumentParser()
parser.add_argument(
    "address", nargs="?", default="127.0.0.1:8888", help="where the server listens"
)
parser.add_argument(
    "lines", nargs="*", default=["Hello World!"], help="what to say"
)
arguments = parser.parse_args()
host, port = arguments.address.rsplit(":", 1)
asyncio.run(say(host, port, arguments.lines))
