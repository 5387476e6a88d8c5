"""One hundred tasks count to one hundred, and lose all but one: each gives way
between reading and writing."""

import asyncio

# What all tasks share. They run in one thread, which does not help.
counter = 0


# ANCHOR: race
async def count_with_a_gap():
    global counter
    seen = counter
    await asyncio.sleep(0)
    counter = seen + 1
# ANCHOR_END: race


# ANCHOR: safe
async def count_in_one_step():
    global counter
    await asyncio.sleep(0)
    counter += 1
# ANCHOR_END: safe


async def main():
    global counter
    await asyncio.gather(*(count_with_a_gap() for _ in range(100)))
    print(f"with a gap: {counter}")

    counter = 0
    await asyncio.gather(*(count_in_one_step() for _ in range(100)))
    print(f"in one step: {counter}")


asyncio.run(main())
