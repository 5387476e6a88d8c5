"""What threads do, coroutines can do: the same relay, with a thread per runner and
with a task per runner."""

import asyncio
from queue import Queue
from threading import Thread

RUNNERS = ["Ada", "Ben", "Cleo"]


def hand_over(runner, baton):
    print(f"  {runner} has baton {baton}")
    return baton + 1


# ANCHOR: threads
def run_with_threads():
    start = previous = Queue()
    threads = []
    for runner in RUNNERS:
        following = Queue()
        threads.append(
            Thread(target=leg_in_a_thread, args=(runner, previous, following))
        )
        threads[-1].start()
        previous = following
    start.put(1)
    for thread in threads:
        thread.join()
    return previous.get()


def leg_in_a_thread(runner, from_previous, to_next):
    to_next.put(hand_over(runner, from_previous.get()))
# ANCHOR_END: threads


# ANCHOR: coroutines
async def run_with_coroutines():
    loop = asyncio.get_running_loop()
    start = previous = loop.create_future()
    tasks = []
    for runner in RUNNERS:
        following = loop.create_future()
        tasks.append(
            asyncio.create_task(leg_in_a_coroutine(runner, previous, following))
        )
        previous = following
    start.set_result(1)
    await asyncio.gather(*tasks)
    return await previous


async def leg_in_a_coroutine(runner, from_previous, to_next):
    to_next.set_result(hand_over(runner, await from_previous))
# ANCHOR_END: coroutines


print("threads:")
print(f"finished with {run_with_threads()}")
print("coroutines:")
print(f"finished with {asyncio.run(run_with_coroutines())}")
