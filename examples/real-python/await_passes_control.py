"""`await` hands control to the loop: the librarian stands still until the book is
there, and the reader goes on."""

import asyncio


# ANCHOR: program
async def fetch(title):
    print("fetch: off to the stacks")
    await asyncio.sleep(2)
    return f"{title}, volume 1"


async def librarian():
    print("librarian: waits for fetch")
    book = await fetch("The Art of War")
    print(f"librarian: has {book}")


async def reader():
    for page in range(1, 4):
        print(f"reader: page {page}")
        await asyncio.sleep(0.8)
# ANCHOR_END: program


# ANCHOR: main
async def main():
    reading = asyncio.create_task(reader())
    await librarian()
    await reading
# ANCHOR_END: main


asyncio.run(main())
