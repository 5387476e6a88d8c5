"""The programs of the zoo in Python, faulty and mended: the same steps as in Rust.

    python3 examples/virtual.py crates/simulation/tests/zoo/twins.py NAME [mended]

runs one, under the schedule that ASYNCIO_SCHEDULE names. `tests/tests/schedules.rs`
does so with the tokens of replays.txt, and each must fail as it does in Rust.
tools.py lets detangle and simloom look for the faults.
"""

import asyncio
import sys
from asyncio import create_task, sleep
from types import SimpleNamespace as State

PROGRAMS = {}

# Programs whose faults CPython does not replay: alone.rs and threads.rs. They are
# for tools.py. A task cannot keep a wait without polling it, so there is no
# futurelock.
ALONE = {}


def program(function):
    PROGRAMS[function.__name__] = function
    return function


def alone(function):
    ALONE[function.__name__] = function
    return function


async def give_way(times):
    for _ in range(times):
        await sleep(0)


# state.rs


@program
async def lost_update(mended):
    state = State(counter=0)

    async def add(after):
        await give_way(after)
        seen = state.counter
        await sleep(0)
        state.counter = (state.counter if mended else seen) + 1

    one, two = create_task(add(0)), create_task(add(3))
    await one
    await two
    assert state.counter == 2, "an update is lost"


@program
async def check_then_act(mended):
    state = State(balance=100)

    async def withdraw(after):
        await give_way(after)
        if state.balance >= 80:
            if mended:
                state.balance -= 80
                return await sleep(0)
            await sleep(0)
            state.balance -= 80
            assert state.balance >= 0, "the invariant"

    one, two = create_task(withdraw(0)), create_task(withdraw(3))
    await one
    await two


@program
async def cache_filled_twice(mended):
    cache, state = {}, State(loads=0)

    async def get(after):
        await give_way(after)
        while 7 in cache:
            if cache[7] is not None:
                return cache[7]
            await sleep(0)
        if mended:
            cache[7] = None
        state.loads += 1
        await sleep(0)
        cache[7] = "loaded"
        return "loaded"

    one, two = create_task(get(0)), create_task(get(2))
    assert await one == await two
    assert state.loads == 1, "it is loaded twice"


@program
async def used_before_it_is_set(mended):
    state = State(settings=None)

    async def write():
        await sleep(0)
        state.settings = 1

    async def read():
        await give_way(2)
        assert state.settings is not None, "there are no settings"

    writer = create_task(write())
    if mended:
        await writer
    await create_task(read())
    if not mended:
        await writer


@program
async def torn_read(mended):
    state = State(halves=(0, 0))

    async def write():
        if mended:
            state.halves = (1, 1)
            return await sleep(0)
        state.halves = (1, 0)
        await sleep(0)
        state.halves = (1, 1)

    async def read():
        await give_way(2)
        left, right = state.halves
        assert left == right, "a half is read"

    writer, reader = create_task(write()), create_task(read())
    await writer
    await reader


@program
async def duplicate_number(mended):
    state, numbers = State(next=1), set()

    async def order(after):
        await give_way(after)
        number = state.next
        if mended:
            state.next = number + 1
        await sleep(0)
        if not mended:
            state.next = number + 1
        assert number not in numbers, f"two have number {number}"
        numbers.add(number)

    orders = [create_task(order(after)) for after in (0, 2, 4)]
    for each in orders:
        await each


@program
async def removed_while_in_use(mended):
    users = ["Ada", "Bo"]

    async def read():
        index = users.index("Bo")
        await sleep(0)
        if mended:
            index = users.index("Bo")
        assert users[index : index + 1] == ["Bo"], "it is somebody else"

    async def remove():
        await give_way(2)
        del users[0]

    reader, remover = create_task(read()), create_task(remove())
    await reader
    await remover


@program
async def closed_twice(mended):
    state = State(closed=False, closings=0)

    async def close(after):
        await give_way(after)
        if not state.closed:
            state.closed = mended
            await sleep(0)
            state.closings += 1
            state.closed = True

    one, two = create_task(close(0)), create_task(close(2))
    await one
    await two
    assert state.closings == 1, "it is closed twice"


@program
async def older_answer_wins(mended):
    state = State(shown=0, asked=0)

    async def answer(question):
        await give_way(2)
        if not mended or question == state.asked:
            state.shown = question

    def ask(question):
        state.asked = question
        return create_task(answer(question))

    first, second = ask(1), ask(2)
    await first
    await second
    assert state.shown == 2, "an old answer is shown"


@program
async def walked_while_it_changes(mended):
    jobs = [1, 2, 3]

    async def walk():
        length, index = len(jobs), 0
        while index < (len(jobs) if mended else length):
            assert index < len(jobs), f"job {index} is gone"
            await sleep(0)
            index += 1

    async def cut():
        await give_way(5)
        jobs.pop()

    walker, cutter = create_task(walk()), create_task(cut())
    await walker
    await cutter


# locks.rs


@program
async def two_locks_in_two_orders(mended):
    a, b = asyncio.Lock(), asyncio.Lock()

    async def hold(first, second, after):
        await give_way(after)
        async with first:
            await sleep(0)
            async with second:
                pass

    one = create_task(hold(a, b, 0))
    two = create_task(hold(a, b, 3) if mended else hold(b, a, 3))
    await one
    await two


@program
async def notified_before_the_wait(mended):
    condition, state = asyncio.Condition(), State(ready=False)

    async def wait():
        if mended:
            async with condition:
                await condition.wait_for(lambda: state.ready)
        elif not state.ready:
            await sleep(0)
            async with condition:
                await condition.wait()

    async def notify():
        await give_way(3)
        async with condition:
            state.ready = True
            condition.notify_all()

    waiter, notifier = create_task(wait()), create_task(notify())
    await notifier
    await waiter


@program
async def pulsed_event(mended):
    event = asyncio.Event()

    async def wait():
        await sleep(0)
        await event.wait()

    async def pulse():
        await give_way(3)
        event.set()
        if not mended:
            event.clear()

    waiter, pulsing = create_task(wait()), create_task(pulse())
    await pulsing
    await waiter


@program
async def asked_once_after_a_notify(mended):
    condition, items = asyncio.Condition(), []

    async def take(after):
        await give_way(after)
        async with condition:
            if mended:
                await condition.wait_for(lambda: items)
            elif not items:
                await condition.wait()
            assert items, "there is no item"
            items.pop()

    one, two = create_task(take(0)), create_task(take(6))
    for item in range(2):
        await give_way(3)
        async with condition:
            items.append(item)
            condition.notify_all()
    await one
    await two


@program
async def looked_before_the_lock(mended):
    lock, jobs = asyncio.Lock(), ["job"]

    async def work(after):
        await give_way(after)
        if not jobs:
            return
        async with lock:
            await sleep(0)
            assert mended or jobs, "the job is done already"
            if jobs:
                jobs.pop()

    one, two = create_task(work(0)), create_task(work(3))
    await one
    await two


@program
async def two_permits_one_by_one(mended):
    permits, gate = asyncio.Semaphore(2), asyncio.Lock()

    async def take():
        async with permits:
            await sleep(0)
            async with permits:
                pass

    async def work(after):
        await give_way(after)
        if not mended:
            return await take()
        async with gate:
            await take()

    one, two = create_task(work(0)), create_task(work(3))
    await one
    await two


@program
async def philosophers(mended):
    forks = [asyncio.Lock() for _ in range(3)]

    async def dine(seat):
        first, second = seat, (seat + 1) % 3
        if mended and second < first:
            first, second = second, first
        await give_way(seat)
        async with forks[first]:
            await sleep(0)
            async with forks[second]:
                pass

    table = [create_task(dine(seat)) for seat in range(3)]
    for philosopher in table:
        await philosopher


@program
async def child_that_needs_the_lock_of_its_parent(mended):
    lock, state = asyncio.Lock(), State(warm=False)

    async def warm():
        state.warm = True

    async def need():
        await give_way(2)
        if not state.warm:
            async with lock:
                pass

    warmer, child = create_task(warm()), create_task(need())
    await lock.acquire()
    if mended:
        lock.release()
        await child
    else:
        await child
        lock.release()
    await warmer


@program
async def readers_that_do_not_look(mended):
    lock, state = asyncio.Lock(), State(writing=False)

    async def look():
        while state.writing:
            await sleep(0)
        await sleep(0)
        assert not state.writing, "it reads while another task writes"

    async def read():
        if not mended:
            return await look()
        async with lock:
            await look()

    async def write():
        await give_way(2)
        async with lock:
            state.writing = True
            await sleep(0)
            state.writing = False

    reader, writer = create_task(read()), create_task(write())
    await reader
    await writer


# queues.rs


@program
async def forgotten_task_done(mended):
    queue, state = asyncio.Queue(), State(open=True)

    async def work():
        await give_way(3)
        for _ in range(2):
            await queue.get()
            if not state.open or mended:
                queue.task_done()

    async def close():
        await sleep(0)
        state.open = False

    worker, closer = create_task(work()), create_task(close())
    queue.put_nowait(1)
    queue.put_nowait(2)
    await queue.join()
    await worker
    await closer


@program
async def poison_pill_overtakes(mended):
    queue, state = asyncio.Queue(), State(left=2)

    async def produce(item, steps):
        await give_way(steps)
        await queue.put(item)
        state.left -= 1
        if state.left == 0 if mended else item == 2:
            await queue.put(None)

    one, two = create_task(produce(1, 0)), create_task(produce(2, 2))
    items = 0
    while await queue.get() is not None:
        items += 1
    await one
    await two
    assert items == 2, "an item is left in the queue"


@program
async def empty_then_get(mended):
    queue = asyncio.Queue()
    queue.put_nowait(1)

    async def take(after):
        await give_way(after)
        if queue.empty():
            return
        if not mended:
            await sleep(0)
        queue.get_nowait()

    one, two = create_task(take(0)), create_task(take(2))
    await one
    await two


@program
async def full_then_put(mended):
    queue = asyncio.Queue(1)

    async def put(after):
        await give_way(after)
        if queue.full():
            return
        if not mended:
            await sleep(0)
        queue.put_nowait(1)

    one, two = create_task(put(0)), create_task(put(2))
    await one
    await two


@program
async def results_in_the_order_of_completion(mended):
    results = []

    async def work(number):
        await give_way(2)
        results.append(number)
        return number

    gathered = await asyncio.gather(work(1), work(2), work(3))
    assert (gathered if mended else results) == [1, 2, 3]


@program
async def worker_that_feeds_itself(mended):
    queue = asyncio.Queue(0 if mended else 2)

    async def work():
        item = await queue.get()
        await sleep(0)
        await queue.put(item + 10)
        for _ in range(3):
            await queue.get()

    async def feed():
        await queue.put(0)
        await queue.put(1)
        await give_way(3)
        await queue.put(2)

    worker, feeder = create_task(work()), create_task(feed())
    await feeder
    await worker


@program
async def closed_before_the_last_item(mended):
    queue, state = asyncio.Queue(), State(closed=False)

    async def produce():
        await sleep(0)
        await queue.put(1)

    async def close():
        if mended:
            await producer
        await give_way(2)
        state.closed = True

    producer = create_task(produce())
    closer = create_task(close())
    items = 0
    while True:
        while not queue.empty():
            queue.get_nowait()
            items += 1
        if state.closed:
            break
        await sleep(0)
    await producer
    await closer
    assert items == 1, "an item comes too late"


@program
async def one_pill_for_two_workers(mended):
    queue, state = asyncio.Queue(), State(working=0)

    async def work():
        while True:
            state.working += 1
            item = await queue.get()
            state.working -= 1
            if item is None:
                if mended or queue.empty() and state.working > 0:
                    queue.put_nowait(None)
                return
            await sleep(0)

    workers = [create_task(work()) for _ in range(2)]
    for item in (1, 2, None):
        await give_way(2)
        queue.put_nowait(item)
    for worker in workers:
        await worker


# cancellation.rs


@program
async def wake_up_lost_by_a_cancellation(mended):
    waiters, state = [], State(free=0)

    def release():
        while waiters:
            waiter = waiters.pop(0)
            if not waiter.done():
                return waiter.set_result(None)
        state.free += 1

    async def acquire():
        if state.free > 0:
            state.free -= 1
            return
        waiter = asyncio.get_running_loop().create_future()
        waiters.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if mended and waiter.done() and not waiter.cancelled():
                release()
            raise

    async def cancel():
        await sleep(0)
        one.cancel()

    async def free():
        await give_way(3)
        release()

    one, two = create_task(acquire()), create_task(acquire())
    canceller, releaser = create_task(cancel()), create_task(free())
    await canceller
    await releaser
    try:
        await one
    except asyncio.CancelledError:
        return await two
    two.cancel()
    try:
        await two
    except asyncio.CancelledError:
        pass


@program
async def permit_lost_by_a_cancellation(mended):
    state = State(free=1)

    async def work():
        state.free -= 1
        try:
            await give_way(2)
        except asyncio.CancelledError:
            state.free += mended
            raise
        state.free += 1

    async def cancel():
        await give_way(4)
        worker.cancel()

    worker = create_task(work())
    canceller = create_task(cancel())
    await canceller
    try:
        await worker
    except asyncio.CancelledError:
        pass
    assert state.free == 1, "a permit is lost"


@program
async def cancelled_before_it_began(mended):
    state = State(running=1)

    def count_down(_):
        state.running -= 1

    async def count():
        try:
            await sleep(0)
        finally:
            if not mended:
                count_down(None)

    async def cancel():
        child.cancel()

    child = create_task(count())
    canceller = create_task(cancel())
    await canceller
    try:
        await child
    except asyncio.CancelledError:
        pass
    if mended:
        count_down(child)
    assert state.running == 0, "it still counts"


@program
async def child_that_outlives_its_parent(mended):
    state = State(answer=None)

    async def answer(number, steps):
        await give_way(steps)
        state.answer = state.answer or number

    fast, slow = create_task(answer(1, 0)), create_task(answer(2, 1))
    await give_way(3)
    await fast
    if mended:
        await slow
    assert state.answer is not None


@program
async def half_of_a_transfer(mended):
    state = State(source=100, target=0)

    async def move():
        if mended:
            await sleep(0)
            state.source -= 10
            state.target += 10
            return
        state.source -= 10
        await sleep(0)
        state.target += 10

    async def cancel():
        await give_way(3)
        transfer.cancel()

    transfer = create_task(move())
    canceller = create_task(cancel())
    await canceller
    try:
        await transfer
    except asyncio.CancelledError:
        pass
    assert state.source + state.target == 100, "money is lost"


@program
async def answer_after_the_cancellation(mended):
    future = asyncio.get_running_loop().create_future()

    async def ask():
        await future

    async def cancel():
        await give_way(3)
        asker.cancel()

    async def answer():
        await give_way(2)
        if not mended or not future.done():
            future.set_result(42)

    asker = create_task(ask())
    canceller, answerer = create_task(cancel()), create_task(answer())
    await canceller
    await answerer
    try:
        await asker
    except asyncio.CancelledError:
        pass


# services.rs


@program
async def pool_hands_one_out_twice(mended):
    idle, used = [1, 2], set()

    async def work(after):
        await give_way(after)
        connection = idle.pop() if mended else idle[-1]
        await sleep(0)
        if connection in idle:
            idle.remove(connection)
        assert connection not in used, f"two have connection {connection}"
        used.add(connection)

    one, two = create_task(work(0)), create_task(work(2))
    await one
    await two


@program
async def paid_twice(mended):
    state = State(payments=0, begun=False)

    async def attempt(after):
        await give_way(after)
        is_first, state.begun = not state.begun, True
        if state.payments == 0 and (is_first or not mended):
            await sleep(0)
            state.payments += 1

    one, two = create_task(attempt(0)), create_task(attempt(3))
    await one
    await two
    assert state.payments == 1, "it is paid twice"


@program
async def write_after_the_close(mended):
    state = State(closed=False)

    async def write():
        for _ in range(3):
            assert not state.closed, "it writes to a closed connection"
            await sleep(0)

    writer = create_task(write())
    if mended:
        await writer
    else:
        await give_way(5)
    state.closed = True
    if not mended:
        await writer


@program
async def more_than_the_limit(mended):
    state = State(active=0)

    async def request(after):
        await give_way(after)
        while state.active >= 1:
            await sleep(0)
        if not mended:
            await sleep(0)
        state.active += 1
        assert state.active <= 1, "the invariant"
        await sleep(0)
        state.active -= 1

    one, two = create_task(request(0)), create_task(request(3))
    await one
    await two


@program
async def two_leaders(mended):
    state = State(leader=None, leaders=0)

    async def stand(number, after):
        await give_way(after)
        if state.leader is None:
            if mended:
                state.leader = number
            await sleep(0)
            state.leader = number
            state.leaders += 1

    candidates = [
        create_task(stand(number, after))
        for number, after in ((1, 0), (2, 2), (3, 4))
    ]
    for candidate in candidates:
        await candidate
    assert state.leaders == 1, "there are two leaders"


@program
async def request_that_is_forgotten_at_the_shutdown(mended):
    state = State(open=int(mended), answered=0)

    async def answer():
        await sleep(0)
        if not mended:
            state.open += 1
        await sleep(0)
        state.answered += 1
        state.open -= 1

    request = create_task(answer())
    await give_way(3)
    while state.open > 0:
        await sleep(0)
    at_the_end = state.answered
    await request
    assert at_the_end == 1, "a request has no answer"


@program
async def subscriber_misses_the_first_message(mended):
    state = State(inbox=[] if mended else None)

    async def subscribe():
        if state.inbox is None:
            state.inbox = []

    async def publish():
        await sleep(0)
        if state.inbox is not None:
            state.inbox.append(1)

    subscriber, publisher = create_task(subscribe()), create_task(publish())
    await subscriber
    await publisher
    assert state.inbox == [1], "the message is lost"


# alone.rs


@alone
async def permit_lost_by_a_timeout(mended):
    state = State(free=1)

    async def work():
        state.free -= 1
        try:
            await give_way(2)
        except asyncio.CancelledError:
            if mended:
                state.free += 1
            raise
        state.free += 1

    try:
        await asyncio.wait_for(work(), 0.5)
    except TimeoutError:
        pass
    assert state.free == 1, "a permit is lost"


# threads.rs


@alone
async def older_save_wins(mended):
    state = State(saved=0)

    def write(version):
        state.saved = max(version, state.saved) if mended else version

    async def save(version):
        await sleep(0.1 * version)
        await asyncio.to_thread(write, version)

    older, newer = create_task(save(1)), create_task(save(2))
    await older
    await newer
    assert state.saved == 2, "an old version is saved"


@alone
async def balance_read_before_a_job(mended):
    state = State(balance=100)

    async def pay(amount, after):
        await sleep(after)
        seen = state.balance
        await asyncio.to_thread(lambda: None)
        state.balance = (state.balance if mended else seen) - amount

    one, two = create_task(pay(10, 0)), create_task(pay(20, 0.1))
    await one
    await two
    assert state.balance == 70, "a payment is lost"


@alone
async def told_before_the_end(mended):
    state = State(told=None)
    loop = asyncio.get_running_loop()

    def tell():
        state.told = 42

    job = create_task(asyncio.to_thread(lambda: loop.call_soon_threadsafe(tell)))
    if mended:
        await job
    else:
        await sleep(0.05)
    seen = state.told
    await job
    assert seen == 42, "it was not told"


async def checked(name, mended=False):
    """A program that also fails if it leaves a task behind."""
    await (PROGRAMS | ALONE)[name](mended)
    assert len(asyncio.all_tasks()) == 1, "tasks are left"


if __name__ == "__main__":
    asyncio.run(checked(sys.argv[1], sys.argv[2:] == ["mended"]))
