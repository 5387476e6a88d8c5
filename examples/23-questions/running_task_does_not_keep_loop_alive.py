"""A task in the background does not hold the loop: the heart beats until main
returns, and not once more."""

import asyncio


async def heart():
    while True:
        print("beat")
        await asyncio.sleep(1)


async def main():
    task = asyncio.create_task(heart())
    await asyncio.sleep(2.5)
    print("main returns")


asyncio.run(main())
print("the program ends")
