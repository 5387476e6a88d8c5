"""The operating system counts threads and knows nothing of tasks."""

import asyncio
import os
import threading


# ANCHOR: program
def threads():
    return len(os.listdir("/proc/self/task"))


async def main():
    before = threads()
    tasks = [asyncio.create_task(asyncio.sleep(1)) for _ in range(1000)]
    await asyncio.sleep(0)
    print("tasks that wait:", len(asyncio.all_tasks()) - 1)
    print("threads more than before:", threads() - before)
    del tasks

    all_there, go = threading.Barrier(11), threading.Barrier(11)

    def meet():
        all_there.wait()
        go.wait()

    for _ in range(10):
        threading.Thread(target=meet).start()
    all_there.wait()
    print("ten threads, more than before:", threads() - before)
    go.wait()
# ANCHOR_END: program


asyncio.run(main())
