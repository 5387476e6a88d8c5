"""One hundred tasks count to one hundred: a lock keeps the others out between
reading and writing."""

import asyncio

counter = 0


# ANCHOR: count
async def count(lock):
    global counter
    async with lock:
        seen = counter
        await asyncio.sleep(0)
        counter = seen + 1
# ANCHOR_END: count


async def main():
    lock = asyncio.Lock()
    await asyncio.gather(*(count(lock) for _ in range(100)))
    print(f"with a lock: {counter}")
    try:
        lock.release()
    except RuntimeError as error:
        print(f"RuntimeError: {error}")


asyncio.run(main())
