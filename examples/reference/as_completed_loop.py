"""`as_completed` is walked with a plain `for`: each item, awaited, gives the next
result there is."""

import asyncio


async def main():
    offers = [
        asyncio.sleep(3, "Lisbon"),
        asyncio.sleep(1, "Kyoto"),
        asyncio.sleep(2, "Quito"),
    ]
    for following in asyncio.as_completed(offers):
        earliest = await following
        print(f"an offer from {earliest}")


asyncio.run(main())
