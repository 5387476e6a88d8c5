"""Something is to be read from a pipe, and until it is there the program works on.
"""

import asyncio
import os


# ANCHOR: readable
async def readable(pipe):
    loop = asyncio.get_running_loop()
    future = loop.create_future()
    # It is told again until it has read; only the first time counts.
    loop.add_reader(pipe, lambda: future.done() or future.set_result(None))
    try:
        await future
    finally:
        loop.remove_reader(pipe)
# ANCHOR_END: readable


async def receive(pipe):
    await readable(pipe)
    # The other end writes everything at once and closes, so this does not block.
    with open(pipe) as file:
        return file.read()


async def reply_after_a_while(pipe):
    await asyncio.sleep(4)
    with open(pipe, "w") as file:
        file.write("42 rows")


# ANCHOR: overlap
async def main():
    reader, writer = os.pipe()
    replying = asyncio.create_task(reply_after_a_while(writer))
    reply = asyncio.create_task(receive(reader))
    for part in range(1, 4):
        await asyncio.sleep(1)
        print(f"part {part} of other work, reply there: {reply.done()}")
    print(f"reply: {await reply}")
    await replying
# ANCHOR_END: overlap


asyncio.run(main())
