"""A time limit for a block: it cancels the task, and turns that cancellation into a TimeoutError."""
from asyncio import CancelledError

from .events import get_running_loop
from .tasks import current_task


class Timeout:
    def __init__(self, when):
        self.when, self.state, self.task, self.timer = when, "created", None, None

    # ANCHOR: expire
    async def __aenter__(self):
        if self.state != "created":
            raise RuntimeError("Timeout has already been entered")
        self.state, self.task = "active", current_task()
        self.requests_before = self.task.cancelling()
        self.reschedule(self.when)
        return self

    def expire(self):
        self.task.cancel()
        self.state = "expiring"

    async def __aexit__(self, kind, error, traceback):
        self.stop_timer()
        if self.state == "active":
            self.state = "finished"
        elif self.state == "expiring":
            self.state = "expired"
            # If other code has cancelled the task, too, the cancellation is passed on.
            is_ours = self.task.uncancel() <= self.requests_before
            if is_ours and isinstance(error, CancelledError):
                raise TimeoutError from error
    # ANCHOR_END: expire

    def reschedule(self, when):
        if self.state == "created":
            raise RuntimeError("Timeout has not been entered")
        if self.state != "active":
            raise RuntimeError(f"Cannot change state of {self.state} Timeout")
        self.stop_timer()
        if when is not None:
            loop = get_running_loop()
            due = when <= loop.time()
            self.timer = loop.call_soon(self.expire) if due else loop.call_at(when, self.expire)

    def stop_timer(self):
        if self.timer is not None:
            self.timer.cancel()

    def expired(self):
        return self.state in ("expiring", "expired")


def timeout(delay):
    return Timeout(None if delay is None else get_running_loop().time() + delay)
