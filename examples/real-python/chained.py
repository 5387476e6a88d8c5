"""Three chains of two coroutines run side by side; the whole takes as long as its
longest chain."""

import asyncio
import random
import sys
from time import perf_counter


async def randint(a, b):
    return random.randint(a, b)


# ANCHOR: chain
async def part1(n):
    i = await randint(0, 10)
    print(f"part1({n}) sleeping for {i} seconds.")
    await asyncio.sleep(i)
    result = f"result{n}-1"
    print(f"Returning part1({n}) == {result}.")
    return result


async def part2(n, arg):
    i = await randint(0, 10)
    print(f"part2({n}, {arg!r}) sleeping for {i} seconds.")
    await asyncio.sleep(i)
    result = f"result{n}-2 derived from {arg}"
    print(f"Returning part2({n}, {arg!r}) == {result}.")
    return result


async def chain(n):
    start = perf_counter()
    p1 = await part1(n)
    p2 = await part2(n, p1)
    print(
        f"-->Chained result{n} => {p2} (took {perf_counter() - start:.2f} seconds)."
    )
# ANCHOR_END: chain


# ANCHOR: main
async def main(args):
    await asyncio.gather(*(chain(n) for n in args))


random.seed(444)
args = [int(arg) for arg in sys.argv[1:]] or [1, 2, 3]
start = perf_counter()
asyncio.run(main(args))
print(f"Program finished in {perf_counter() - start:.2f} seconds.")
# ANCHOR_END: main
