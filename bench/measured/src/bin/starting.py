"""What it takes to start one more: a task, a thread, a process with an interpreter."""

import asyncio
import subprocess
import sys
import threading
from time import perf_counter

from measured import report, time


async def nothing():
    pass


async def tasks():
    start = perf_counter()
    for _ in range(10_000):
        await asyncio.create_task(nothing())
    report("start a task and await it", (perf_counter() - start) / 10_000, "s")


def threads():
    for _ in range(200):
        thread = threading.Thread(target=int)
        thread.start()
        thread.join()


def processes():
    for _ in range(20):
        subprocess.run([sys.executable, "-I", "-c", ""], check=True)


asyncio.run(tasks())
time("start a thread and join it", 200, threads)
time("start a process of its own program and wait for it", 20, processes)
