"""A block that ends when its tasks have: the first failure cancels the others, and the block."""
from asyncio import CancelledError

from .tasks import current_task

MESSAGE = "unhandled errors in a TaskGroup"


class TaskGroup:
    def __init__(self):
        self.entered = self.exiting = self.aborting = self.cancel_on_enter = False
        # The task of the block; the tasks that are not done; what they have raised.
        self.parent, self.tasks, self.errors = None, {}, []
        # The group has cancelled the parent; the parent is at the end of the block and waits for this.
        self.parent_cancelled, self.all_done = False, None

    def __repr__(self):
        words = [f"tasks={len(self.tasks)}"] * bool(self.tasks) + [f"errors={len(self.errors or [])}"] * bool(self.errors)
        words += ["cancelling"] if self.aborting else ["entered"] * self.entered
        return " ".join(["<TaskGroup", *words]) + ">"

    # ANCHOR: create
    def create_task(self, coroutine, **options):
        if why := self.closed():
            coroutine.close()
            raise RuntimeError(f"TaskGroup {self!r} {why}")
        task = self.parent.loop.create_task(coroutine, **options)
        self.tasks[task] = None
        # Of a task that has ended eagerly the group hears in the next pass, too.
        task.add_done_callback(self.task_done)
        if self.aborting:
            # The task has begun eagerly, and has cancelled the group.
            task.cancel()
        return task
    # ANCHOR_END: create

    def closed(self):
        if not self.entered:
            return "has not been entered"
        if self.exiting and not self.tasks:
            return "is finished"
        if self.aborting:
            return "is shutting down"

    # ANCHOR: abort
    def task_done(self, task):
        del self.tasks[task]
        if self.all_done is not None and not self.tasks and not self.all_done.done():
            self.all_done.set_result(None)
        if task.cancelled() or task.exception() is None:
            return
        self.errors.append(task.exception())
        if not self.aborting:
            self.abort_with_parent()

    def abort_with_parent(self):
        self.abort()
        self.parent_cancelled = True
        self.parent.cancel()

    def abort(self):
        self.aborting = True
        for task in list(self.tasks):
            task.cancel()

    def cancel(self):
        if not self.entered:
            self.cancel_on_enter = True
        elif not (self.exiting and not self.tasks) and not self.aborting:
            self.abort_with_parent()
    # ANCHOR_END: abort

    async def __aenter__(self):
        if self.entered:
            raise RuntimeError(f"TaskGroup {self!r} has already been entered")
        self.parent, self.entered = current_task(), True
        if self.cancel_on_enter:
            self.cancel()
        return self

    async def __aexit__(self, kind, error, traceback):
        try:
            return await self.leave(error)
        finally:
            self.parent = self.errors = None

    # ANCHOR: leave
    async def leave(self, error):
        self.exiting = True
        cancellation = error if isinstance(error, CancelledError) else None
        if error is not None and not self.aborting:
            self.abort()
        last = None
        # The wait for the tasks can be cancelled any number of times.
        while self.tasks:
            self.all_done = self.parent.loop.create_future()
            try:
                await self.all_done
            except CancelledError as cancelled:
                last = cancelled
                if not self.aborting:
                    cancellation = cancelled
                    self.abort()
            self.all_done = None
        if self.parent_cancelled:
            # The group takes its own request back. Was it the only one?
            if self.parent.uncancel() == 0:
                cancellation = None
            elif cancellation is None:
                cancellation = last
        if cancellation is not None and not self.errors:
            raise cancellation
        if error is not None and not isinstance(error, CancelledError):
            self.errors.append(error)
        if self.errors:
            if self.parent.cancelling():
                # Other code has cancelled the parent, too: its next await says so.
                self.parent.uncancel()
                self.parent.cancel()
            if isinstance(error, GeneratorExit) and len(self.errors) == 1:
                raise error
            raise BaseExceptionGroup(MESSAGE, self.errors) from None
        return True
    # ANCHOR_END: leave
