"""Two subprocesses in a pipeline, as `yes | head -n 3`: once through a pipe of the
system, once through this program."""

import asyncio
import os
from asyncio.subprocess import PIPE


# ANCHOR: direct
async def connected():
    reader, writer = os.pipe()
    yes = await asyncio.create_subprocess_exec("yes", "on and on", stdout=writer)
    os.close(writer)
    head = await asyncio.create_subprocess_exec(
        "head", "-n", "3", stdin=reader, stdout=PIPE
    )
    os.close(reader)
    stdout, _ = await head.communicate()
    print(stdout.decode(), end="")
    # The first process has no reader any more: SIGPIPE ends it.
    print(f"ended: {await asyncio.gather(yes.wait(), head.wait())}")
# ANCHOR_END: direct


# ANCHOR: through
async def through_here():
    seq = await asyncio.create_subprocess_exec("seq", "100000", stdout=PIPE)
    count = await asyncio.create_subprocess_exec(
        "wc", "-l", stdin=PIPE, stdout=PIPE
    )
    async for line in seq.stdout:
        if int(line) % 3 == 0:
            count.stdin.write(line)
            await count.stdin.drain()
    stdout, _ = await count.communicate()
    print(f"a third of them: {stdout.decode().strip()}")
    print(f"ended: {await asyncio.gather(seq.wait(), count.wait())}")
# ANCHOR_END: through


async def main():
    await connected()
    await through_here()


asyncio.run(main())
