"""One hundred thousand coroutines sleep at the same time, in one thread."""

import asyncio

asleep = 0


# ANCHOR: many
async def nap():
    global asleep
    asleep += 1
    await asyncio.sleep(5)
    with_me = asleep
    asleep -= 1
    return with_me


async def main():
    naps = await asyncio.gather(*(nap() for _ in range(100_000)))
    print(f"naps: {len(naps)}")
    print(f"at the same time: {max(naps)}")
# ANCHOR_END: many


asyncio.run(main())
