"""Tasks of one thread share a counter without a lock."""

import asyncio


# ANCHOR: program
class Visits:
    number = 0


async def count(visits):
    visits.number += 1
    await asyncio.sleep(0)


async def count_with_a_gap(visits):
    before = visits.number
    await asyncio.sleep(0)
    visits.number = before + 1


async def main():
    visits = Visits()
    await asyncio.gather(*(count(visits) for _ in range(1000)))
    print("no await between reading and writing:", visits.number)

    visits = Visits()
    await asyncio.gather(*(count_with_a_gap(visits) for _ in range(1000)))
    print("an await between reading and writing:", visits.number)
# ANCHOR_END: program


asyncio.run(main())
