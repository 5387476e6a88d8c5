"""The scenarios of `steps.rs` on CPython's own event loop: `python3.15 scenarios.py > expected.txt`.

A line of the log is `ITERATION event` where a scenario counts the iterations of the loop, else `TIME event` under a
clock that jumps. Only the clock and the selector are replaced.
"""
import asyncio
import itertools
import selectors


class JumpingSelector(selectors.SelectSelector):
    def select(self, timeout=None):
        events = super().select(0)
        if not events:
            if timeout is None:
                raise SystemExit("deadlock")
            self.loop.now += timeout
        return events


class Loop(asyncio.SelectorEventLoop):
    def __init__(self):
        selector = JumpingSelector()
        selector.loop = self
        self.now = 0.0
        super().__init__(selector)

    def time(self):
        return self.now


# Orders that CPython leaves to chance are fixed as in the runtime: timers due at the same instant fire in the order of their
# creation, and the tasks of a group or a loop are iterated in that order.
class TimerHandle(asyncio.TimerHandle):
    counter = itertools.count()

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.number = next(self.counter)

    def __lt__(self, other):
        return (self._when, self.number) < (other._when, other.number)


asyncio.events.TimerHandle = TimerHandle


all_tasks = asyncio.all_tasks
asyncio.tasks.all_tasks = lambda loop: sorted(all_tasks(loop), key=lambda t: int(t.get_name().split("-")[1]))


class OrderedSet(dict):
    def add(self, x):
        self[x] = None

    def discard(self, x):
        self.pop(x, None)


group_init = asyncio.TaskGroup.__init__


def taskgroup_init(self):
    group_init(self)
    self._tasks = OrderedSet()


asyncio.TaskGroup.__init__ = taskgroup_init

lines = []
ticks = None


def log(text):
    stamp = ticks if ticks is not None else f"{asyncio.get_running_loop().time():.3f}"
    lines.append(f"{stamp} {text}")


def count_iterations():
    global ticks
    ticks = 0
    loop = asyncio.get_running_loop()

    def tick():
        global ticks
        if ticks is not None:
            ticks += 1
            loop.call_soon(tick)
    loop.call_soon(tick)


def show(e):
    text = f"{type(e).__name__}({', '.join(map(repr, e.args))})"
    return text.split(": <Task")[0]


async def yields(n):
    for _ in range(n):
        await asyncio.sleep(0)


async def quick(name, value=1):
    log(f"{name} runs")
    return value


async def failing(name):
    log(f"{name} fails")
    raise ValueError(name)


async def attempt(name, aw):
    try:
        log(f"{name} got {await aw}")
    except BaseException as e:
        log(f"{name} raised {show(e)}")


async def waits(name, seconds=1):
    try:
        await asyncio.sleep(seconds)
        log(f"{name} slept")
    except asyncio.CancelledError as e:
        log(f"{name} {show(e)}")
        raise


create = asyncio.create_task
S = {}


def scenario(f):
    S[f.__name__] = f
    return f


@scenario
async def await_task_hops():
    count_iterations()
    t = create(quick("t"))
    t.add_done_callback(lambda _: log("callback"))
    await t
    log("main")


@scenario
async def gather_hops():
    count_iterations()
    g = asyncio.gather(quick("a"), quick("b"))
    g.add_done_callback(lambda _: log("group callback"))
    log(f"main {await g}")


@scenario
async def gather_of_done_is_done():
    count_iterations()
    t = create(quick("t"))
    await t
    g = asyncio.gather(t, t)
    log(f"done {g.done()}")
    log(f"main {await g}")


@scenario
async def gather_error_hops():
    count_iterations()
    await attempt("main", asyncio.gather(quick("a"), failing("b"), yields(5)))


@scenario
async def gather_cancel_hops():
    count_iterations()
    g = asyncio.gather(waits("a"), waits("b"), return_exceptions=True)
    await yields(1)
    log(f"cancel {g.cancel()}")
    await attempt("main", g)
    log(f"cancelled {g.cancelled()}")


@scenario
async def wait_hops():
    count_iterations()
    tasks = [create(quick("a")), create(yields(3))]
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    log(f"main {len(done)} {len(pending)}")
    done, pending = await asyncio.wait(tasks)
    log(f"main {len(done)} {len(pending)}")
    done, pending = await asyncio.wait(tasks)
    log(f"main {len(done)} {len(pending)}")


@scenario
async def shield_hops():
    count_iterations()
    t = create(quick("t"))
    await asyncio.shield(t)
    log("main")
    await asyncio.shield(t)
    log("main again")


@scenario
async def wait_for_hops():
    count_iterations()
    log(f"main {await asyncio.wait_for(quick('a'), 10)}")
    t = create(quick("t"))
    log(f"main {await asyncio.wait_for(t, 10)}")
    log(f"main {await asyncio.wait_for(t, 0)}")
    await attempt("main", asyncio.wait_for(quick("never"), 0))
    await attempt("main", asyncio.wait_for(asyncio.sleep(0), None))


@scenario
async def taskgroup_hops():
    count_iterations()
    async with asyncio.TaskGroup() as tg:
        tg.create_task(quick("a"))
        tg.create_task(yields(2))
        log("body")
    log("main")


@scenario
async def as_completed_hops():
    count_iterations()
    for f in asyncio.as_completed([quick("a", 1)]):
        log(f"main {await f}")
    async for f in asyncio.as_completed([create(quick("b", 2))]):
        log(f"main {f.result()}")


@scenario
async def ensure_order_of_ready():
    count_iterations()
    loop = asyncio.get_running_loop()
    loop.call_soon(lambda: log("soon 1"))
    create(quick("t"))
    loop.call_soon(lambda: log("soon 2"))
    loop.call_later(0, lambda: log("later"))
    f = loop.create_future()
    f.add_done_callback(lambda _: log("callback 1"))
    f.add_done_callback(lambda _: log("callback 2"))
    f.set_result(None)
    log("set")
    await yields(2)
    f.add_done_callback(lambda _: log("callback 3"))
    await yields(1)


@scenario
async def awaiting_done_does_not_suspend():
    count_iterations()
    t = create(quick("t"))
    await t
    create(quick("other"))
    await t
    log("main")


@scenario
async def future_waiters_in_order():
    count_iterations()
    f = asyncio.get_running_loop().create_future()
    tasks = [create(attempt(f"w{i}", f)) for i in range(3)]
    await yields(1)
    f.set_result("x")
    await asyncio.gather(*tasks)


@scenario
async def cancel_reaches_a_shared_future():
    count_iterations()
    f = asyncio.get_running_loop().create_future()
    tasks = [create(attempt(f"w{i}", f)) for i in range(3)]
    await yields(1)
    log(f"cancel {tasks[1].cancel('stop')}")
    await asyncio.gather(*tasks)
    log(f"future {f.cancelled()}")


@scenario
async def cancel_before_the_first_step():
    count_iterations()
    t = create(quick("t"))
    log(f"cancel {t.cancel('early')}")
    await attempt("main", t)
    log(f"cancelled {t.cancelled()}")


@scenario
async def cancel_through_an_awaited_task():
    count_iterations()
    inner = create(waits("inner"))

    async def outer():
        await attempt("outer", inner)
        raise asyncio.CancelledError("again")
    t = create(outer())
    await yields(2)
    log(f"cancel {t.cancel('m')} {inner.cancelling()} {t.cancelling()}")
    await attempt("main", t)
    log(f"{inner.cancelled()} {t.cancelled()}")


@scenario
async def inner_refuses_the_cancel():
    count_iterations()

    async def stubborn():
        try:
            await asyncio.sleep(100)
        except asyncio.CancelledError:
            log("refused")
        return 7
    inner = create(stubborn())
    t = create(attempt("outer", inner))
    await yields(2)
    t.cancel()
    await attempt("main", t)
    log(f"{t.cancelled()} {t.cancelling()}")


@scenario
async def cancel_twice_keeps_the_first_message():
    count_iterations()
    t = create(waits("t"))
    await yields(1)
    t.cancel("one")
    t.cancel("two")
    log(f"{t.cancelling()}")
    await attempt("main", t)


@scenario
async def cancel_a_queued_task_takes_the_last_message():
    count_iterations()
    f = asyncio.get_running_loop().create_future()
    t = create(attempt("t", f))
    await yields(1)
    f.set_result("lost")
    t.cancel("one")
    t.cancel("two")
    await attempt("main", t)


@scenario
async def cancel_a_yielding_task():
    count_iterations()

    async def y():
        await attempt("first", yields(1))
        await attempt("second", yields(1))
        return "end"
    t = create(y())
    await yields(1)
    t.cancel("now")
    await attempt("main", t)


@scenario
async def cancel_oneself():
    count_iterations()

    async def me():
        asyncio.current_task().cancel("self")
        log("still running")
        await attempt("await", asyncio.sleep(100))
        await attempt("yield", yields(1))
        return 5
    await attempt("main", create(me()))

    async def ends():
        asyncio.current_task().cancel("too late")
        return 5
    await attempt("main", create(ends()))


@scenario
async def cancel_while_awaiting_a_done_group():
    count_iterations()
    t1 = create(quick("t1"))

    async def waiter():
        await attempt("waiter", asyncio.gather(t1))
    w = create(waiter())
    await yields(2)
    log(f"cancel {w.cancel('x')}")
    await attempt("main", w)


@scenario
async def uncancel_before_delivery():
    count_iterations()
    f = asyncio.get_running_loop().create_future()
    t = create(attempt("t", f))
    await yields(1)
    f.set_result("kept")
    t.cancel()
    log(f"uncancel {t.uncancel()}")
    await attempt("main", t)
    t2 = create(waits("t2"))
    await yields(1)
    t2.cancel()
    log(f"uncancel {t2.uncancel()}")
    await attempt("main", t2)


@scenario
async def shield_against_cancel():
    t = create(waits("inner", 1))
    outer = create(attempt("outer", asyncio.shield(t)))
    await asyncio.sleep(0.1)
    outer.cancel("out")
    await attempt("main", outer)
    await attempt("main", t)
    t = create(waits("inner", 1))
    s = asyncio.shield(t)
    await asyncio.sleep(0.1)
    t.cancel("in")
    await attempt("main", s)
    log(f"{s.cancelled()} {t.cancelled()}")


@scenario
async def timeout_fires():
    try:
        async with asyncio.timeout(1) as cm:
            await waits("body", 5)
    except TimeoutError as e:
        log(f"timeout {show(e)} {show(e.__cause__)} {cm.expired()}")
    log(f"{asyncio.current_task().cancelling()}")


@scenario
async def timeout_not_reached():
    async with asyncio.timeout(2) as cm:
        await waits("body", 1)
    log(f"{cm.expired()}")
    await asyncio.sleep(5)
    log("end")


@scenario
async def timeout_swallowed():
    async with asyncio.timeout(1) as cm:
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            log("swallowed")
    log(f"{cm.expired()} {asyncio.current_task().cancelling()}")


@scenario
async def timeout_and_outside_cancel():
    async def body():
        async with asyncio.timeout(1):
            await waits("body", 5)
    t = create(body())
    asyncio.get_running_loop().call_at(1, t.cancel, "outside")
    await attempt("main", t)
    t = create(body())
    await asyncio.sleep(0)
    t.cancel("outside")
    await attempt("main", t)


@scenario
async def timeouts_nested():
    async def inner():
        try:
            async with asyncio.timeout(2):
                async with asyncio.timeout(1):
                    await waits("body", 5)
        except TimeoutError:
            log("inner time out")
        async with asyncio.timeout(1):
            async with asyncio.timeout(2):
                await waits("body", 5)
    await attempt("main", create(inner()))


@scenario
async def timeout_zero_and_negative():
    for d in (0, -1):
        try:
            async with asyncio.timeout(d):
                log("body begins")
                await asyncio.sleep(0)
                log("body goes on")
                await asyncio.sleep(0)
        except TimeoutError:
            log("timeout")


@scenario
async def timeout_rescheduled():
    loop = asyncio.get_running_loop()
    async def body():
        async with asyncio.timeout(None) as cm:
            log(f"{cm.when()}")
            cm.reschedule(loop.time() + 1)
            log(f"{cm!r}")
            await asyncio.sleep(0.5)
            cm.reschedule(loop.time() + 1)
            await waits("body", 5)
    await attempt("main", create(body()))


@scenario
async def wait_for_cancels_and_waits():
    async def slow_to_die():
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            log("dying")
            await asyncio.sleep(1)
            log("dead")
            raise
    await attempt("main", asyncio.wait_for(slow_to_die(), 0.5))
    await attempt("main", asyncio.wait_for(create(slow_to_die()), 0.5))

    async def refuses():
        try:
            await asyncio.sleep(10)
        except asyncio.CancelledError:
            return "value"
    await attempt("main", asyncio.wait_for(create(refuses()), 0.5))
    await attempt("main", asyncio.wait_for(asyncio.shield(create(waits("kept", 2))), 0.5))
    await asyncio.sleep(3)


@scenario
async def wait_for_cancelled_from_outside():
    t = create(waits("inner", 5))
    w = create(attempt("outer", asyncio.wait_for(t, 2)))
    await asyncio.sleep(1)
    w.cancel("outside")
    await attempt("main", w)
    log(f"{t.cancelled()}")


@scenario
async def wait_timeout():
    tasks = [create(waits("a", 1)), create(waits("b", 3))]
    done, pending = await asyncio.wait(tasks, timeout=2)
    log(f"{len(done)} {len(pending)}")
    w = create(attempt("waiter", asyncio.wait(tasks)))
    await asyncio.sleep(0)
    w.cancel()
    await attempt("main", w)
    await asyncio.wait(tasks)
    log(f"{tasks[1].cancelled()}")


@scenario
async def wait_first_exception():
    async def fails_later():
        await asyncio.sleep(1)
        raise ValueError("x")
    tasks = [create(waits("a", 3)), create(fails_later()), create(waits("c", 0.5))]
    tasks[2].cancel()
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    log(f"{len(done)} {len(pending)}")
    pending.pop().cancel()


@scenario
async def taskgroup_failure():
    async def fails():
        await asyncio.sleep(1)
        raise ValueError("boom")
    try:
        async with asyncio.TaskGroup() as tg:
            tg.create_task(waits("a", 5))
            tg.create_task(fails())
            tg.create_task(waits("b", 5))
            await waits("body", 5)
    except ExceptionGroup as e:
        log(f"{e} {[show(x) for x in e.exceptions]}")
    log(f"{asyncio.current_task().cancelling()}")


@scenario
async def taskgroup_body_fails():
    try:
        async with asyncio.TaskGroup() as tg:
            tg.create_task(waits("a", 5))
            await asyncio.sleep(0)
            raise KeyError("k")
    except ExceptionGroup as e:
        log(f"{e} {len(e.exceptions)}")


@scenario
async def taskgroup_cancelled_from_outside():
    async def group():
        async with asyncio.TaskGroup() as tg:
            tg.create_task(waits("a", 5))
    t = create(group())
    await asyncio.sleep(1)
    t.cancel("outside")
    await attempt("main", t)

    async def fails_on_cancel():
        try:
            await asyncio.sleep(9)
        finally:
            raise ValueError("cleanup")

    async def group2():
        try:
            async with asyncio.TaskGroup() as tg:
                tg.create_task(fails_on_cancel())
        except ExceptionGroup as e:
            log(f"{e}")
            await attempt("after", asyncio.sleep(0))
    t = create(group2())
    await asyncio.sleep(1)
    t.cancel("outside")
    await attempt("main", t)


@scenario
async def taskgroup_misuse():
    tg = asyncio.TaskGroup()
    c = quick("never")
    try:
        tg.create_task(c)
    except RuntimeError as e:
        log(str(e))
    async with tg:
        pass
    c = quick("never")
    try:
        tg.create_task(c)
    except RuntimeError as e:
        log(str(e))
    try:
        async with tg:
            pass
    except RuntimeError as e:
        log(str(e))

    async def late(tg):
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError:
            c = quick("never")
            try:
                tg.create_task(c)
            except RuntimeError as e:
                log(str(e))
    try:
        async with asyncio.TaskGroup() as tg:
            tg.create_task(late(tg))
            await asyncio.sleep(0)
            raise ValueError("x")
    except ExceptionGroup:
        pass


@scenario
async def timers_at_one_instant():
    loop = asyncio.get_running_loop()
    loop.call_later(1, log, "b1")
    loop.call_later(0.5, lambda: loop.call_at(1.0, log, "b3"))
    loop.call_later(1, log, "b2")
    create(waits("sleeper", 1))
    await asyncio.sleep(1)
    log("main")
    await asyncio.sleep(0)
    await asyncio.sleep(0)


@scenario
async def as_completed_timeout():
    it = asyncio.as_completed([waits("a", 1), waits("b", 5), waits("c", 5)], timeout=2)
    for f in it:
        await attempt("next", f)


@scenario
async def await_oneself():
    count_iterations()
    async def me():
        await attempt("me", asyncio.current_task())
    t = create(me())
    await yields(3)
    log(f"{t.done()}")




@scenario
async def callbacks_of_a_cancelled_future():
    count_iterations()
    f = asyncio.get_running_loop().create_future()
    f.add_done_callback(lambda f: log(f"callback {f.cancelled()}"))
    log(f"cancel {f.cancel('m')} {f.cancel()}")
    log("main")
    await attempt("main", f)


@scenario
async def eager_tasks():
    count_iterations()
    async def half():
        log("half begins")
        await asyncio.sleep(0)
        log("half ends")
    loop = asyncio.get_running_loop()
    loop.set_task_factory(asyncio.eager_task_factory)
    t = create(quick("eager"))
    log(f"{t.done()}")
    t = create(half())
    log(f"{t.done()}")
    await t
    log(f"group {await asyncio.gather(quick('a'), quick('b'))}")
    async with asyncio.TaskGroup() as tg:
        tg.create_task(quick("c"))
    log("main")



@scenario
async def eager_failure_in_a_group():
    count_iterations()
    asyncio.get_running_loop().set_task_factory(asyncio.eager_task_factory)
    async def waits_for_ever(tg):
        tg.create_task(failing("inner"))
        tg.create_task(quick("next"))
        await waits("outer", 9)
    async def block():
        async with asyncio.TaskGroup() as tg:
            tg.create_task(waits_for_ever(tg))
            log("body")
    await attempt("main", block())


@scenario
async def taskgroup_cancel():
    count_iterations()
    me = asyncio.current_task()
    async with asyncio.TaskGroup() as tg:
        t = tg.create_task(waits("a", 9))
        await asyncio.sleep(0)
        tg.cancel()
        tg.cancel()
        await attempt("more", spawned_by(tg, "late"))
        await waits("body", 9)
    log(f"main {t.cancelled()} {me.cancelling()}")
    tg.cancel()
    await asyncio.sleep(0)
    log(f"main {me.cancelling()}")


async def spawned_by(tg, name):
    coro = quick(name)
    try:
        return await tg.create_task(coro)
    except RuntimeError as e:
        raise LookupError(str(e).split("> ")[-1]) from None


@scenario
async def taskgroup_cancelled_before_it_is_entered():
    count_iterations()
    me = asyncio.current_task()
    tg = asyncio.TaskGroup()
    tg.cancel()
    async with tg:
        await waits("body", 9)
    log(f"main {me.cancelling()}")


@scenario
async def taskgroup_cancel_as_the_last_line():
    count_iterations()
    me = asyncio.current_task()
    async with asyncio.TaskGroup() as tg:
        t = tg.create_task(quick("a"))
        tg.cancel()
    log(f"main {t.cancelled()} {me.cancelling()}")
    await asyncio.sleep(0)
    log("main")
    async with asyncio.TaskGroup() as tg:
        tg.cancel()
    log(f"main {me.cancelling()}")
    await asyncio.sleep(0)
    log("main")


@scenario
async def taskgroup_cancel_and_a_cancellation_from_outside():
    async def cleans_up():
        try:
            await asyncio.sleep(9)
        finally:
            await asyncio.sleep(1)
            log("cleaned up")
    async def parent():
        try:
            async with asyncio.TaskGroup() as tg:
                tg.create_task(cleans_up())
                await asyncio.sleep(1)
                tg.cancel()
                await asyncio.sleep(9)
        except asyncio.CancelledError as e:
            log(f"parent {show(e)} {asyncio.current_task().cancelling()}")
            raise
    t = create(parent())
    await asyncio.sleep(1.5)
    t.cancel("outside")
    await attempt("main", t)


@scenario
async def taskgroup_cancelled_by_an_eager_task():
    count_iterations()
    async def cancels(tg):
        tg.cancel()
        await waits("eager", 9)
    async with asyncio.TaskGroup() as tg:
        t = tg.create_task(cancels(tg), eager_start=True)
        log(f"body {t.cancelling()}")
    log(f"main {t.cancelled()}")


@scenario
async def taskgroup_cancel_and_failures():
    async def fails_cleaning_up():
        try:
            await asyncio.sleep(9)
        except asyncio.CancelledError:
            raise ValueError("cleanup")
    try:
        async with asyncio.TaskGroup() as tg:
            tg.create_task(fails_cleaning_up())
            await asyncio.sleep(1)
            tg.cancel()
    except ExceptionGroup as e:
        log(f"{e} {len(e.exceptions)} {asyncio.current_task().cancelling()}")
    try:
        async with asyncio.TaskGroup() as tg:
            tg.cancel()
            raise LookupError("k")
    except ExceptionGroup as e:
        log(f"{e} {len(e.exceptions)} {asyncio.current_task().cancelling()}")


@scenario
async def taskgroup_left_by_generator_exit():
    async def leave(child):
        try:
            async with asyncio.TaskGroup() as tg:
                tg.create_task(child)
                await asyncio.sleep(0)
                raise GeneratorExit
        except BaseException as e:
            text = f"{e} {len(e.exceptions)}" if isinstance(e, BaseExceptionGroup) else show(e)
            log(text)
    await leave(waits("a", 9))
    await leave(failing("b"))


@scenario
async def as_completed_gives_a_turn_back():
    tasks = [create(waits("a", 2)), create(waits("b", 3)), create(waits("c", 4))]
    it = asyncio.as_completed(tasks)
    await attempt("next", asyncio.wait_for(anext(it), 1))
    await attempt("next", asyncio.wait_for(next(it), 0.5))
    t = create(awaits(next(it)))
    await asyncio.sleep(0)
    t.cancel()
    await asyncio.sleep(0)
    async for t in it:
        log(f"next {tasks.index(t)}")


async def awaits(aw):
    return await aw


@scenario
async def as_completed_gives_a_wake_up_on():
    count_iterations()
    loop = asyncio.get_running_loop()
    a, b = loop.create_future(), loop.create_future()
    it = asyncio.as_completed([a, b])
    first, second = create(awaits(next(it))), create(awaits(next(it)))
    await asyncio.sleep(0)
    a.set_result("a")
    await asyncio.sleep(0)
    log(f"{first.cancel()}")
    await attempt("first", first)
    await yields(1)
    log(f"{second.done()}")
    b.set_result("b")
    await attempt("second", second)
    async for t in it:
        log(f"next {await t}")


@scenario
async def nested_gather_of_done_is_not_cancelled():
    count_iterations()
    loop = asyncio.get_running_loop()
    done, also, open_, = loop.create_future(), loop.create_future(), loop.create_future()
    inner = asyncio.gather(done)
    deepest = asyncio.gather(also)
    middle = asyncio.gather(deepest, open_, return_exceptions=True)
    outer = asyncio.gather(inner, middle, return_exceptions=True)
    done.set_result(1)
    also.set_result(2)
    log(f"{inner.cancel()} {deepest.cancel()} {outer.cancel('m')}")
    await attempt("inner", inner)
    await attempt("deepest", deepest)
    await attempt("middle", middle)
    await attempt("outer", outer)


@scenario
async def message_of_a_survived_cancellation():
    async def stubborn():
        asyncio.current_task().cancel("first")
        for _ in range(3):
            try:
                await asyncio.sleep(5)
            except asyncio.CancelledError as e:
                log(f"stubborn {show(e)}")
        return "done"
    t = create(stubborn())
    g = asyncio.gather(t, return_exceptions=True)
    await asyncio.sleep(1)
    t.cancel("second")
    await asyncio.sleep(1)
    g.cancel("third")
    await attempt("main", g)


@scenario
async def message_of_a_second_request_is_noted():
    async def stubborn():
        try:
            await asyncio.sleep(5)
        except asyncio.CancelledError as e:
            log(f"stubborn {show(e)}")
        return "done"
    t = create(stubborn())
    g = asyncio.gather(t, return_exceptions=True)
    await asyncio.sleep(1)
    g.cancel("first")
    t.cancel("second")
    await attempt("main", g)


@scenario
async def shield_cancelled_as_its_inner_fails():
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda loop, context: log(context["message"]))
    t = create(failing("a"))
    s = asyncio.shield(t)
    t.add_done_callback(lambda _: s.cancel())
    u = create(failing("b"))
    u.add_done_callback(lambda _: w.cancel())
    w = asyncio.shield(u)
    await yields(3)
    log(f"{s.cancelled()} {w.cancelled()}")
    del t, u, s, w
    await yields(1)
    log("main")


@scenario
async def a_year():
    for n in [2**24, 2**25, 31_536_000]:
        await asyncio.sleep(n)
        log("main")


for name, f in S.items():
    ticks = None
    lines.clear()
    loop = Loop()
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        runner.run(f())
    print(f"== {name}")
    print("\n".join(lines))
