"""One of each of what the high-level API has."""

import asyncio


def raised(error):
    return (
        f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    )


# ANCHOR: inside
async def tasks_queues_and_locks():
    queue = asyncio.Queue(1)
    try:
        queue.get_nowait()
    except asyncio.QueueEmpty as error:
        print(f"take from an empty queue: {raised(error)}")

    async def produce():
        await asyncio.sleep(0.1)
        await queue.put("a parcel")

    producer = asyncio.create_task(produce())
    print(f"the queue gives {await queue.get()}")
    await producer
    queue.put_nowait("another")
    try:
        queue.put_nowait("one more")
    except asyncio.QueueFull as error:
        print(f"put into a full queue: {raised(error)}")

    lock = asyncio.Lock()
    await lock.acquire()
    lock.release()
    try:
        lock.release()
    except RuntimeError as error:
        print(f"release a free lock: {raised(error)}")
# ANCHOR_END: inside


# ANCHOR: outside
async def subprocesses():
    process = await asyncio.create_subprocess_exec(
        "echo", "hello", stdout=asyncio.subprocess.PIPE
    )
    stdout, _ = await process.communicate()
    print(f"the process says {stdout.decode().strip()}")


async def streams():
    async def greet(reader, writer):
        writer.write(b"good day")
        writer.close()

    server = await asyncio.start_server(greet, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", server.sockets[0].getsockname()[1]
    )
    print(f"the server says {(await reader.read()).decode()}")
    writer.close()
# ANCHOR_END: outside


async def program():
    await tasks_queues_and_locks()
    await subprocesses()
    await streams()


asyncio.run(program())
