"""Waiting for time, for tasks and for futures."""
from asyncio import CancelledError, TimeoutError

from . import timeouts
from .events import get_running_loop
from .futures import Future


# ANCHOR: sleep
class Pass:
    """Suspends the task for one pass of the loop."""

    def __await__(self):
        yield


def release(future, result=None):
    if not future.done():
        future.set_result(result)


async def sleep(delay, result=None):
    if delay <= 0:
        await Pass()
        return result
    loop = get_running_loop()
    future = loop.create_future()
    timer = loop.call_later(delay, release, future, result)
    try:
        return await future
    finally:
        timer.cancel()
# ANCHOR_END: sleep


def ensure_future(awaitable):
    return awaitable if isinstance(awaitable, Future) else get_running_loop().create_task(awaitable)


# ANCHOR: gather
class _GatheringFuture(Future):
    def __init__(self, children, loop):
        super().__init__(loop)
        self.children, self.cancel_requested = children, False

    def cancel(self, msg=None):
        """Cancels the children, and ends when they have."""
        if self.done():
            return False
        cancelled = [child.cancel(msg) for child in self.children]
        self.cancel_requested |= any(cancelled)
        return any(cancelled)

    def collect(self):
        """All children are done. If they were asked to cancel, the group is cancelled."""
        if self.cancel_requested:
            self.set_exception(self.children[-1].make_cancelled_error())
        else:
            self.set_result([outcome(child) for child in self.children])


def gather(*awaitables, return_exceptions=False):
    if not awaitables:
        group = get_running_loop().create_future()
        group.set_result([])
        return group
    group, left = None, len(dict.fromkeys(awaitables))

    def child_done(child):
        nonlocal left
        left -= 1
        if group.done():
            return
        if not return_exceptions and child.cancelled():
            group.set_exception(child.make_cancelled_error())
        elif not return_exceptions and child.exception() is not None:
            group.set_exception(child.exception())
        elif left == 0:
            group.collect()

    children, done = {}, []
    for awaitable in dict.fromkeys(awaitables):
        child = children[awaitable] = ensure_future(awaitable)
        if child.done():
            done.append(child)
        else:
            child.add_done_callback(child_done)
    in_order = [children[awaitable] for awaitable in awaitables]
    group = _GatheringFuture(in_order, child.loop)
    for child in done:
        child_done(child)
    return group
# ANCHOR_END: gather


def outcome(child):
    if child.cancelled():
        return CancelledError("" if child.cancel_message is None else child.cancel_message)
    return child.result() if child.exception() is None else child.exception()


# ANCHOR: shield
def shield(awaitable):
    inner = ensure_future(awaitable)
    if inner.done():
        return inner
    outer = inner.loop.create_future()

    def inner_done(inner):
        if outer.cancelled():
            return
        if inner.cancelled():
            outer.cancel()
        elif inner.exception() is not None:
            outer.set_exception(inner.exception())
        else:
            outer.set_result(inner.result())

    def outer_done(_):
        inner.remove_done_callback(inner_done)

    inner.add_done_callback(inner_done)
    outer.add_done_callback(outer_done)
    return outer
# ANCHOR_END: shield


async def wait(futures, *, timeout=None, return_when="ALL_COMPLETED"):
    if not futures:
        raise ValueError("Set of Tasks/Futures is empty.")
    futures = list(dict.fromkeys(futures))
    loop, left = get_running_loop(), len(futures)
    waiter = loop.create_future()
    timer = loop.call_later(timeout, release, waiter) if timeout is not None else None

    def one_done(future):
        nonlocal left
        left -= 1
        failed = not future.cancelled() and future.exception() is not None
        if left <= 0 or return_when == "FIRST_COMPLETED" or return_when == "FIRST_EXCEPTION" and failed:
            release(waiter)

    for future in futures:
        future.add_done_callback(one_done)
    try:
        await waiter
    finally:
        if timer is not None:
            timer.cancel()
        for future in futures:
            future.remove_done_callback(one_done)
    done = {future for future in futures if future.done()}
    return done, set(futures) - done


# ANCHOR: wait_for
async def wait_for(awaitable, timeout):
    if timeout is not None and timeout <= 0:
        future = ensure_future(awaitable)
        if future.done():
            return future.result()
        await cancel_and_wait(future)
        try:
            return future.result()
        except CancelledError as cancelled:
            raise TimeoutError from cancelled
    async with timeouts.timeout(timeout):
        return await awaitable
# ANCHOR_END: wait_for


async def cancel_and_wait(future):
    waiter = future.loop.create_future()

    def done(_):
        release(waiter)
    future.add_done_callback(done)
    try:
        future.cancel()
        await waiter
    finally:
        future.remove_done_callback(done)
