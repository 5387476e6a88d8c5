"""A pool offers each operation twice: waiting for the result, and at once."""

import queue
from concurrent.futures import ThreadPoolExecutor


# ANCHOR: apply
def square(number):
    return number * number


def wait_or_go_on(pool):
    # multiprocessing.pool.ThreadPool: pool.apply(square, (7,))
    print("apply:", pool.submit(square, 7).result())

    # ThreadPool: pool.apply_async(..., callback=...), ready(), get(timeout=0.05)
    gate, told = queue.Queue(), queue.Queue()
    squared = pool.submit(lambda: square(gate.get()))
    print("apply_async, ready:", squared.done())
    try:
        print(squared.result(timeout=0.05))
    except TimeoutError:
        print("gave up for now")
    squared.add_done_callback(lambda _: told.put("the callback has run"))
    gate.put(8)
    print(told.get())
    print("apply_async, result:", squared.result())
# ANCHOR_END: apply


# ANCHOR: map
def map_all(pool):
    print("map:", list(pool.map(square, range(1, 6))))
# ANCHOR_END: map


with ThreadPoolExecutor(2) as pool:
    wait_or_go_on(pool)
    map_all(pool)
