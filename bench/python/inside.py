"""The workloads inside one loop: tasks, timers, queues and locks."""

import asyncio
import random

from measure import HOUR, Idle, Run, scaled, workload


async def trivial(i):
    return i & 1


@workload
async def spawn_join():
    count = scaled(200_000)
    run = Run()
    odd = 0
    for i in range(count):
        odd += await asyncio.create_task(trivial(i))
    assert odd == count // 2
    run.done(count)


async def gather(batch, rounds):
    run = Run()
    odd = 0
    for _ in range(rounds):
        odd += sum(await asyncio.gather(*[trivial(i) for i in range(batch)]))
    assert odd == rounds * batch // 2
    run.done(rounds * batch)


@workload
async def gather_1k():
    await gather(1_000, scaled(200))


@workload
async def gather_100k():
    await gather(100_000, scaled(2))


async def idle(wait):
    idle = Idle(scaled(100_000))
    for i in range(len(idle.handles)):
        idle.handles[i] = asyncio.create_task(wait())
    for _ in range(3):
        await asyncio.sleep(0)
    idle.done()


@workload
async def idle_pending():
    loop = asyncio.get_running_loop()

    async def wait():
        await loop.create_future()

    await idle(wait)


@workload
async def idle_sleep():
    await idle(lambda: asyncio.sleep(HOUR))


@workload
async def idle_event():
    event = asyncio.Event()
    await idle(event.wait)


async def yields(tasks, each):
    async def one():
        for _ in range(each):
            await asyncio.sleep(0)

    run = Run()
    await asyncio.gather(*[one() for _ in range(tasks)])
    run.done(tasks * each)


@workload
async def yield_2():
    await yields(2, scaled(250_000))


@workload
async def yield_1000():
    await yields(1_000, scaled(1_000))


async def cancels(count, wait):
    run = Run()
    for _ in range(count):
        task = asyncio.create_task(wait())
        await asyncio.sleep(0)
        task.cancel()
        try:
            await task
            raise AssertionError("it was not cancelled")
        except asyncio.CancelledError:
            pass
    run.done(count)


@workload
async def cancel_pending():
    loop = asyncio.get_running_loop()

    async def wait():
        await loop.create_future()

    await cancels(scaled(100_000), wait)


@workload
async def cancel_sleep():
    await cancels(scaled(100_000), lambda: asyncio.sleep(HOUR))


async def sleeps(count, rounds):
    numbers = random.Random(1)
    run = Run()
    for _ in range(rounds):
        tasks = [
            asyncio.create_task(asyncio.sleep(numbers.randrange(100_000) / 1e6))
            for _ in range(count)
        ]
        for task in tasks:
            await task
    run.done(count * rounds)


@workload
async def sleep_1m():
    await sleeps(scaled(200_000), 1)


@workload
async def sleep_10k():
    await sleeps(scaled(10_000), 10)


@workload
async def timeout_ready():
    count = scaled(200_000)
    run = Run()
    for i in range(count):
        async with asyncio.timeout(HOUR):
            await trivial(i)
    run.done(count)


@workload
async def timeout_yield():
    count = scaled(200_000)
    run = Run()
    for _ in range(count):
        async with asyncio.timeout(HOUR):
            await asyncio.sleep(0)
    run.done(count)


async def through(queue, count, produce):
    async def consume():
        total = 0
        for _ in range(count):
            total += await queue.get()
        return total

    run = Run()
    _, total = await asyncio.gather(produce(), consume())
    assert total == count * (count - 1) // 2
    run.done(count)


@workload
async def queue_bounded():
    queue = asyncio.Queue(100)
    count = scaled(500_000)

    async def produce():
        for i in range(count):
            await queue.put(i)

    await through(queue, count, produce)


@workload
async def queue_unbounded():
    queue = asyncio.Queue()
    count = scaled(500_000)

    async def produce():
        for i in range(count):
            queue.put_nowait(i)
            if i % 100 == 99:
                await asyncio.sleep(0)

    await through(queue, count, produce)


@workload
async def event_pingpong():
    count = scaled(100_000)
    ping, pong = asyncio.Event(), asyncio.Event()

    async def first():
        for _ in range(count):
            ping.set()
            await pong.wait()
            pong.clear()

    async def second():
        for _ in range(count):
            await ping.wait()
            ping.clear()
            pong.set()

    run = Run()
    await asyncio.gather(first(), second())
    run.done(2 * count)


@workload
async def oneshot():
    loop = asyncio.get_running_loop()
    count = scaled(200_000)

    async def send(future, i):
        future.set_result(i)

    run = Run()
    total = 0
    for i in range(count):
        future = loop.create_future()
        task = asyncio.create_task(send(future, i))
        total += await future
        await task
    assert total == count * (count - 1) // 2
    run.done(count)


@workload
async def mutex_free():
    count = scaled(1_000_000)
    lock = asyncio.Lock()
    run = Run()
    for _ in range(count):
        async with lock:
            pass
    run.done(count)


@workload
async def mutex_hot():
    count = scaled(100_000)
    lock = asyncio.Lock()

    async def one():
        for _ in range(count):
            async with lock:
                await asyncio.sleep(0)

    run = Run()
    await asyncio.gather(one(), one())
    run.done(2 * count)
