"""A `Process` is the handle on a child: its number, its pipes, its return code.
`wait` suspends until the child ends."""

import asyncio
from asyncio.subprocess import PIPE


# ANCHOR: attributes
async def attributes():
    process = await asyncio.create_subprocess_exec("cat", stdin=PIPE)
    print(f"a number: {process.pid > 0}")
    to_it, from_it = process.stdin is not None, process.stdout is not None
    print(f"a pipe to it: {to_it}, a pipe from it: {from_it}")
    print(f"while it runs: {process.returncode}")
    # The end of its input is the end of `cat`.
    process.stdin.close()
    print(f"waited for: {await process.wait()}")
    print(f"afterwards: {process.returncode}")
# ANCHOR_END: attributes


# ANCHOR: wait
async def waiting():
    process = await asyncio.create_subprocess_exec(
        "sh", "-c", "read -r enough; exit 3", stdin=PIPE
    )

    async def knit():
        for row in range(1, 4):
            print(f"row {row}")
            await asyncio.sleep(0.01)
        process.stdin.write(b"enough\n")

    knitting = asyncio.create_task(knit())
    # Several may wait for one process.
    codes = await asyncio.gather(process.wait(), process.wait())
    print(f"it has ended with {codes}")
    await knitting
# ANCHOR_END: wait


async def main():
    await attributes()
    await waiting()


asyncio.run(main())
