"""The pipes of a shell: reading all of its output, sending it bytes, reading a
line."""

import asyncio
from asyncio.subprocess import PIPE


# ANCHOR: read
async def read():
    process = await asyncio.create_subprocess_shell("echo Hello World", stdout=PIPE)
    stdout, _ = await process.communicate()
    print(f"all of it: {stdout}")
# ANCHOR_END: read


# ANCHOR: send
async def send():
    process = await asyncio.create_subprocess_shell(
        "tr a-z A-Z | rev", stdin=PIPE, stdout=PIPE
    )
    stdout, _ = await process.communicate(b"stressed\n")
    print(f"sent and read: {stdout}")
# ANCHOR_END: send


# ANCHOR: line
async def read_a_line():
    process = await asyncio.create_subprocess_shell(
        "echo first; echo second", stdout=PIPE
    )
    print(f"a line: {await process.stdout.readline()}")
    # `communicate` reads what is left.
    rest, _ = await process.communicate()
    print(f"the rest: {rest}")
# ANCHOR_END: line


async def main():
    await read()
    await send()
    await read_a_line()


asyncio.run(main())
