"""A reader without a connection, fed by hand, as a test does it."""

import asyncio


# ANCHOR: program
async def sum_of_lines(reader):
    """The function under test: adds up numbers, one per line."""
    total = 0
    async for line in reader:
        total += int(line)
    return total


async def main():
    reader = asyncio.StreamReader(limit=1024)
    reader.feed_data(b"20\n2")
    reader.feed_data(b"2\n")
    reader.feed_eof()
    print(await sum_of_lines(reader))
# ANCHOR_END: program


asyncio.run(main())
