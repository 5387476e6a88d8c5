"""The pipes of a child are streams: a line written to one, a line read from the
other."""

import asyncio
from asyncio.subprocess import PIPE


# ANCHOR: line
async def read_a_line():
    process = await asyncio.create_subprocess_exec(
        "echo", "Hello World", stdout=PIPE
    )
    print(f"line: {await process.stdout.readline()}")
    print(f"at the end: {await process.stdout.readline()}")
    await process.wait()
# ANCHOR_END: line


# ANCHOR: talk
async def talk():
    line = 'while read word; do echo "$word, $word"; done'
    process = await asyncio.create_subprocess_exec(
        "sh", "-c", line, stdin=PIPE, stdout=PIPE
    )
    for word in ["hello", "echo"]:
        process.stdin.write(f"{word}\n".encode())
        await process.stdin.drain()
        print(f"{word} -> {(await process.stdout.readline()).decode().rstrip()}")
    # The end of its input.
    process.stdin.close()
    print(f"ended: {await process.wait()}")
# ANCHOR_END: talk


# ANCHOR: lines
async def all_lines():
    process = await asyncio.create_subprocess_exec("seq", "3", stdout=PIPE)
    async for line in process.stdout:
        print(f"{line.decode().rstrip()} bottles")
    await process.wait()
# ANCHOR_END: lines


async def main():
    await read_a_line()
    await talk()
    await all_lines()


asyncio.run(main())
