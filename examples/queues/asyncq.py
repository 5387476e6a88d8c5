"""Producers and consumers share a queue at random times, and neither know each
other."""

import argparse
import asyncio
import os
import random
from time import perf_counter


# ANCHOR: helpers
def makeitem():
    return os.urandom(5).hex()


async def randsleep(caller):
    seconds = random.randint(1, 5)
    print(f"{caller} sleeping for {seconds} seconds.")
    await asyncio.sleep(seconds)
# ANCHOR_END: helpers


# ANCHOR: ends
async def produce(name, queue):
    for _ in range(random.randint(1, 5)):
        await randsleep(f"Producer {name}")
        item = makeitem()
        await queue.put((item, perf_counter()))
        print(f"Producer {name} added <{item}> to queue.")


async def consume(name, queue):
    while True:
        await randsleep(f"Consumer {name}")
        item, made = await queue.get()
        seconds = perf_counter() - made
        print(f"Consumer {name} got element <{item}> in {seconds:.5f} seconds.")
        queue.task_done()
# ANCHOR_END: ends


# ANCHOR: program
async def main(nprod, ncon):
    queue = asyncio.Queue()
    producers = [asyncio.create_task(produce(n, queue)) for n in range(nprod)]
    consumers = [asyncio.create_task(consume(n, queue)) for n in range(ncon)]
    await asyncio.gather(*producers)
    await queue.join()
    for consumer in consumers:
        consumer.cancel()


parser = argparse.ArgumentParser(
    description="Producers and consumers of random items."
)
parser.add_argument("-p", "--nprod", type=int, default=5, help="how many producers")
parser.add_argument("-c", "--ncon", type=int, default=10, help="how many consumers")

random.seed(444)
arguments = parser.parse_args()
start = perf_counter()
asyncio.run(main(arguments.nprod, arguments.ncon))
print(f"Program completed in {perf_counter() - start:.5f} seconds.")
# ANCHOR_END: program
