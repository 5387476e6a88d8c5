"""`communicate` sends bytes to a child, reads all that it prints and waits for its
end, all at once."""

import asyncio
from asyncio.subprocess import PIPE, STDOUT


# ANCHOR: read
async def read():
    process = await asyncio.create_subprocess_exec(
        "echo", "Hello World", stdout=PIPE
    )
    stdout, stderr = await process.communicate()
    print(f"stdout: {stdout}")
    print(f"stderr is piped: {stderr is not None}")
# ANCHOR_END: read


# ANCHOR: send
async def send():
    process = await asyncio.create_subprocess_exec("sort", stdin=PIPE, stdout=PIPE)
    stdout, _ = await process.communicate(b"pear\napple\nfig\n")
    print(f"sorted: {stdout.decode().splitlines()}")
# ANCHOR_END: send


# ANCHOR: both
async def both_ways():
    process = await asyncio.create_subprocess_exec("cat", stdin=PIPE, stdout=PIPE)
    stdout, _ = await process.communicate(b"x" * 5_000_000)
    print(f"came back: {len(stdout)} bytes")
# ANCHOR_END: both


# ANCHOR: errors
async def errors():
    complain = ["sh", "-c", "echo fine; echo broken >&2; exit 2"]
    process = await asyncio.create_subprocess_exec(
        *complain, stdout=PIPE, stderr=PIPE
    )
    stdout, stderr = await process.communicate()
    print(f"apart: {stdout}")
    print(f"       {stderr}")
    process = await asyncio.create_subprocess_exec(
        *complain, stdout=PIPE, stderr=STDOUT
    )
    stdout, _ = await process.communicate()
    print(f"in one: {stdout}")
# ANCHOR_END: errors


async def main():
    await read()
    await send()
    await both_ways()
    await errors()


asyncio.run(main())
