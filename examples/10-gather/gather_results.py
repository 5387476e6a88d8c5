"""The results of a gathering stand in the order of the arguments; what returns
nothing gives `None`."""

import asyncio


# ANCHOR: order
async def count_words(chapter, minutes):
    await asyncio.sleep(minutes)
    print(f"{chapter} is counted")
    return 1000 * minutes


async def count_book():
    chapters = [("the long one", 3), ("the short one", 1), ("the other one", 2)]
    words = await asyncio.gather(
        *(count_words(chapter, minutes) for chapter, minutes in chapters)
    )
    print(f"words: {words}, in all {sum(words)}")
# ANCHOR_END: order


# ANCHOR: none
async def close_book(title):
    await asyncio.sleep(1)
    print(f"{title} is closed")


async def close_books():
    nothing = await asyncio.gather(close_book("the atlas"), close_book("the diary"))
    print(f"in Rust [(), ()], in Python {nothing}")
# ANCHOR_END: none


async def main():
    await count_book()
    await close_books()


asyncio.run(main())
