"""A progress display while commands run: each command tells its steps, and one line
shows how far all of them are."""

import asyncio
import sys
from asyncio.subprocess import PIPE

STEPS = 4


# ANCHOR: command
async def build(package, seconds, news):
    work = (
        f"for step in 1 2 3 {STEPS}; do sleep {seconds}; echo {package} $step; done"
    )
    process = await asyncio.create_subprocess_shell(work, stdout=PIPE)
    async for _ in process.stdout:
        await news.put(None)
    return await process.wait()
# ANCHOR_END: command


# ANCHOR: display
async def display(total, news):
    end = "\r" if sys.stdout.isatty() else "\n"
    for done in range(1, total + 1):
        await news.get()
        bar = "#" * done + "." * (total - done)
        print(f"[{bar}] {done}/{total}", end=end, flush=True)
    if sys.stdout.isatty():
        print()
# ANCHOR_END: display


# ANCHOR: program
async def main():
    packages = [("parser", 0.02), ("printer", 0.03), ("prover", 0.01)]
    news = asyncio.Queue()
    drawing = asyncio.create_task(display(len(packages) * STEPS, news))
    codes = await asyncio.gather(
        *(build(package, seconds, news) for package, seconds in packages)
    )
    await drawing
    for (package, _), code in zip(packages, codes):
        print(f"{package}: {'built' if code == 0 else 'failed'}")
# ANCHOR_END: program


asyncio.run(main())
