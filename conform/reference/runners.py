"""Runs coroutines in a loop, one after the other, and cancels what is left."""
import contextvars

from .waiting import gather


class Runner:
    def __init__(self, loop_factory):
        self.loop, self.context = loop_factory(), contextvars.copy_context()

    def get_loop(self):
        return self.loop

    def run(self, coroutine):
        return self.loop.run_until_complete(self.loop.create_task(coroutine, context=self.context))

    # ANCHOR: close
    def close(self):
        left = list(self.loop.tasks)
        for task in left:
            task.cancel()
        if left:
            self.loop.run_until_complete(gather(*left, return_exceptions=True))
        for task in left:
            if not task.cancelled() and task.exception() is not None:
                message = "unhandled exception during asyncio.run() shutdown"
                context = {"message": message, "exception": task.exception()}
                self.loop.exception_handler(self.loop, context)
        for shutdown in [self.loop.shutdown_asyncgens, self.shutdown_default_executor]:
            self.loop.run_until_complete(self.loop.create_task(shutdown()))
    # ANCHOR_END: close

    async def shutdown_default_executor(self):
        """There are no threads, but a task takes a step."""
