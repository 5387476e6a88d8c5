"""A callback to come, and which loop runs."""
import contextvars
import itertools


class Handle:
    """A call to come. A timer's has the time at which it is due."""
    numbers = itertools.count()

    def __init__(self, callback, args, context=None, when=None):
        self.callback, self.args = callback, args
        # A callback runs in the context in which it was scheduled.
        self.context = contextvars.copy_context() if context is None else context
        self.when, self.number, self.cancelled = when, next(self.numbers), False

    def cancel(self):
        self.cancelled = True

    # ANCHOR: timers
    def __lt__(self, other):
        """Timers that are due at the same time run in the order of their creation."""
        return (self.when, self.number) < (other.when, other.number)
    # ANCHOR_END: timers

    def run(self):
        if not self.cancelled:
            self.context.run(self.callback, *self.args)


running_loop = None


def get_running_loop():
    if running_loop is None:
        raise RuntimeError("no running event loop")
    return running_loop


def set_running_loop(loop):
    global running_loop
    running_loop = loop
