"""A queue with five producers and a thousand consumers."""

import asyncio


# ANCHOR: program
async def produce(queue):
    for item in range(400):
        await asyncio.sleep(0.01)
        await queue.put(item)


async def consume(queue):
    while True:
        await queue.get()
        await asyncio.sleep(1)
        queue.task_done()


async def main():
    queue = asyncio.Queue()
    consumers = [asyncio.create_task(consume(queue)) for _ in range(1000)]
    producers = [asyncio.create_task(produce(queue)) for _ in range(5)]
    producing = asyncio.gather(*producers)
    print(f"tasks: {len(asyncio.all_tasks())}")
    await producing
    print(f"left in the queue: {queue.qsize()}")
    await queue.join()
    print("all done")
    for consumer in consumers:
        consumer.cancel()
# ANCHOR_END: program


asyncio.run(main())
