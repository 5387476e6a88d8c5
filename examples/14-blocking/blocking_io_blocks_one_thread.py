"""A blocking call stops the thread that makes it, and no other."""

import asyncio
import os
import threading


# ANCHOR: program
async def other():
    print("another task runs")


async def main():
    reader, writer = os.pipe()
    other_task = asyncio.create_task(other())

    def write():
        print("another thread runs")
        os.write(writer, b"data")
        os.close(writer)

    other_thread = threading.Thread(target=write)
    other_thread.start()
    # Blocks until the other thread has written.
    with open(reader) as pipe:
        data = pipe.read()
    print(f'read "{data}", the other task has run: {other_task.done()}')

    other_thread.join()
    await asyncio.sleep(0)
    print(f"after an await, the other task has run: {other_task.done()}")
# ANCHOR_END: program


asyncio.run(main())
