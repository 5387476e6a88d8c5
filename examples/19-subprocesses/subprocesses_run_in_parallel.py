"""Children run beside each other, and beside this program: three are started, then
all are waited for together."""

import asyncio
from asyncio.subprocess import PIPE


# ANCHOR: program
async def counter():
    return await asyncio.create_subprocess_shell(
        "wc -c | tr -d ' '", stdin=PIPE, stdout=PIPE
    )


async def count(process, text):
    stdout, _ = await process.communicate(text.encode())
    return int(stdout)


async def main():
    processes = await asyncio.gather(counter(), counter(), counter())
    running = sum(process.returncode is None for process in processes)
    print(f"{running} run at once")
    texts = ["as", "time", "goes by"]
    counts = await asyncio.gather(
        *(count(process, text) for process, text in zip(processes, texts))
    )
    print(f"letters: {counts}")
# ANCHOR_END: program


asyncio.run(main())
