"""Every line of the book's cheat sheet, run."""

import asyncio
import signal
from asyncio import FIRST_COMPLETED
from asyncio.subprocess import PIPE
from contextlib import asynccontextmanager
from contextvars import ContextVar


async def work():
    return await asyncio.sleep(0.01, 7)


def hello():
    pass


def compute(n):
    return n * n


def report(task):
    pass


async def running():
    loop = asyncio.get_running_loop()
    start = loop.time()
    loop.call_soon(hello)
    loop.call_later(0.01, hello)
    await asyncio.sleep(0.1)
    print(f"{await asyncio.sleep(0.1, "tea")} after {loop.time() - start:.1f}")


async def tasks():
    print(await work())
    task = asyncio.create_task(work(), name="worker")
    task.add_done_callback(report)
    task.remove_done_callback(report)
    print(await task, task.get_name())
    task.set_name("done")
    print(task.result(), task.exception() is None)
    print(task.done(), task.cancelled())
    print(await task)

    me = asyncio.current_task()
    print(me is not None, len(asyncio.all_tasks()))


async def cancelling():
    task = asyncio.create_task(work())
    print(task.cancel("enough"))
    print(task.cancelling(), task.uncancel())
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        print("cancelled")

    async def fail():
        raise ValueError("no")

    try:
        await fail()
    except ValueError as error:
        print(error)


async def many():
    print(await asyncio.gather(work(), work()))
    seven, _none = await asyncio.gather(work(), asyncio.sleep(0))
    print(seven)
    coros = [work(), work()]
    print(len(await asyncio.gather(*coros, return_exceptions=True)))
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work())
    print(task.result())

    tasks = [asyncio.create_task(work()), asyncio.create_task(work())]
    done, _pending = await asyncio.wait(tasks)
    print(len(done))
    await asyncio.wait(tasks, timeout=1)
    await asyncio.wait(tasks, return_when=FIRST_COMPLETED)
    for next_one in asyncio.as_completed(tasks):
        print(await next_one)

    print(await asyncio.wait_for(work(), 1))
    async with asyncio.timeout(1):
        print(await work())
    try:
        await asyncio.wait_for(asyncio.sleep(60), 0.01)
    except TimeoutError:
        print("timeout")
    print(await asyncio.shield(asyncio.create_task(work())))


async def threads():
    print(await asyncio.to_thread(compute, 3))
    loop = asyncio.get_running_loop()
    print(await loop.run_in_executor(None, compute, 3))

    def outside():
        loop.call_soon_threadsafe(hello)
        return asyncio.run_coroutine_threadsafe(work(), loop).result(5)

    print(await asyncio.to_thread(outside))


async def locks():
    lock = asyncio.Lock()
    async with lock:
        print(lock.locked())
    event = asyncio.Event()
    event.set()
    await event.wait()
    print(event.is_set())
    event.clear()

    semaphore = asyncio.Semaphore(2)
    async with semaphore:
        print(semaphore.locked())

    condition = asyncio.Condition()
    async with condition:
        await condition.wait_for(lambda: True)
        condition.notify_all()
    barrier = asyncio.Barrier(1)
    print(await barrier.wait())


async def queues():
    queue = asyncio.Queue(2)
    await queue.put("tea")
    queue.put_nowait("cake")
    print(queue.qsize(), queue.full(), queue.empty())
    print(await queue.get(), queue.get_nowait())
    queue.task_done()
    queue.task_done()
    await queue.join()
    queue.shutdown()
    last, smallest = asyncio.LifoQueue(), asyncio.PriorityQueue()
    for n in [2, 1, 3]:
        last.put_nowait(n)
        smallest.put_nowait(n)
    print(await last.get(), await smallest.get())


async def numbers():
    for n in range(3):
        yield n


@asynccontextmanager
async def resource():
    yield "open"


async def iteration():
    items = numbers()
    print(await anext(items))
    async for item in items:
        print(item)
    print([2 * n async for n in numbers()])
    async with resource() as value:
        print(value)


async def serve(reader, writer):
    line = await reader.readline()
    writer.write(line)
    writer.writelines([b"ab", b"cd\n", b"ef"])
    await writer.drain()
    writer.close()


async def streams():
    host = "127.0.0.1"
    server = await asyncio.start_server(serve, host, 0)
    port = server.sockets[0].getsockname()[1]
    reader, writer = await asyncio.open_connection(host, port, limit=1024)
    print(writer.get_extra_info("peername")[1] == port)
    print(writer.get_extra_info("sockname")[1] == port)
    print(writer.get_extra_info("ssl_object") is not None)
    writer.write(b"hi\n")
    await writer.drain()
    writer.write_eof()
    print(len(await reader.readline()))
    print(len(await reader.readexactly(2)))
    print(len(await reader.readuntil(b"\n")))
    print(len(await reader.read(1)))
    print(len(await reader.read()))
    print(reader.at_eof())
    writer.close()
    await writer.wait_closed()
    print(writer.is_closing())
    server.close()
    await server.wait_closed()


async def subprocesses():
    process = await asyncio.create_subprocess_exec("echo", "hi", stdout=PIPE)
    stdout, _ = await process.communicate()
    print(len(stdout), process.pid > 0)
    process = await asyncio.create_subprocess_shell("cat", stdin=PIPE, stdout=PIPE)
    stdout, _ = await process.communicate(input=b"hi")
    print(len(stdout))
    print(await process.wait(), process.returncode)

    def sleeper():
        return asyncio.create_subprocess_exec("sleep", "60")

    process = await sleeper()
    process.terminate()
    print(await process.wait())
    process = await sleeper()
    process.kill()
    print(await process.wait())
    process = await sleeper()
    process.send_signal(signal.SIGTERM)
    print(await process.wait())


USER = ContextVar("user")


async def main():
    await running()
    await tasks()
    await cancelling()
    await many()
    await threads()
    await locks()
    await queues()
    await iteration()
    await streams()
    await subprocesses()
    USER.set("Ada")
    print(USER.get())


print(asyncio.run(work(), debug=True))
asyncio.run(main())
