"""Random programs on CPython's own loop and locks: `python3.13 scenarios.py > expected.txt` (and a number: so many of
each kind; `main.rs` reads what $ASYNCIO_STEPS names instead, so that a long list can be tried).

A program is some tasks, each a list of operations on primitives that all share. A cancelled operation is logged, and its
task goes on with the next one. Each line of the log is `ITERATION TASK OPERATION OUTCOME STATE`.
"""
import asyncio
import random
import re
import sys

KINDS = {
    "lock": ["lock", "lock", "unlock", "yield", "cancel"],
    "event": ["wait", "wait", "set", "clear", "yield", "cancel"],
    "condition": ["lock", "lock", "cwait", "cwait", "notify", "notify_all", "unlock", "yield", "cancel"],
    "semaphore": ["acquire", "acquire", "acquire", "release", "release", "yield", "cancel"],
    "bounded": ["acquire", "acquire", "release", "release", "yield", "cancel"],
    "barrier": ["arrive", "arrive", "arrive", "arrive", "reset", "abort", "yield", "cancel"],
}
TASKS = 5


def programs():
    draw = random.Random(3)
    for kind, operations in KINDS.items():
        for _ in range(int(sys.argv[1]) if sys.argv[1:] else 25):
            program = [[draw.choice(operations) for _ in range(draw.randint(2, 8))] for _ in range(TASKS)]
            for operations_of_one in program:
                for i, operation in enumerate(operations_of_one):
                    if operation == "cancel":
                        operations_of_one[i] += f":{draw.randrange(TASKS)}"
                    elif operation == "notify":
                        operations_of_one[i] += f":{draw.randint(0, 2)}"
            yield kind, draw.randint(0 if kind == "semaphore" else 1, 3), program


class Run:
    def __init__(self, kind, size):
        self.ticks = 0
        if kind == "lock":
            self.object = asyncio.Lock()
        elif kind == "event":
            self.object = asyncio.Event()
        elif kind == "condition":
            self.object = asyncio.Condition()
        elif kind == "semaphore":
            self.object = asyncio.Semaphore(size)
        elif kind == "bounded":
            self.object = asyncio.BoundedSemaphore(size)
        elif kind == "barrier":
            self.object = asyncio.Barrier(size)

    def tick(self):
        self.ticks += 1
        asyncio.get_running_loop().call_soon(self.tick)

    def log(self, who, what, outcome):
        state = re.sub(r"<asyncio.locks.(\w+) object at 0x\w+", r"<\1", repr(self.object))
        print(self.ticks, who, what, outcome, state)

    async def perform(self, operation, argument):
        o = self.object
        match operation:
            case "lock" | "acquire":
                await o.acquire()
            case "unlock" | "release":
                o.release()
            case "wait" | "cwait":
                await o.wait()
            case "arrive":
                return await o.wait()
            case "reset":
                await o.reset()
            case "abort":
                await o.abort()
            case "set":
                o.set()
            case "clear":
                o.clear()
            case "notify":
                o.notify(argument)
            case "notify_all":
                o.notify_all()
            case "yield":
                await asyncio.sleep(0)
            case "cancel":
                return self.tasks[argument].cancel()

    async def follow(self, who, operations):
        for text in operations:
            operation, _, argument = text.partition(":")
            try:
                outcome = await self.perform(operation, int(argument or 0))
            except BaseException as e:
                outcome = repr(e)
            self.log(f"t{who}", text, outcome)

    async def main(self, program):
        self.tasks = [asyncio.create_task(self.follow(i, operations)) for i, operations in enumerate(program)]
        self.tick()
        for _ in range(40):
            await asyncio.sleep(0)
        while not all(task.done() for task in self.tasks):
            self.log("main", "cancels", None)
            for task in self.tasks:
                task.cancel()
            for _ in range(10):
                await asyncio.sleep(0)
            # A condition takes its lock again however often it is cancelled.
            if isinstance(self.object, asyncio.Condition) and self.object.locked():
                self.object.release()
                self.log("main", "unlocks", None)
                await asyncio.sleep(0)
        self.log("main", "ends", None)


for kind, size, program in programs():
    print("==", kind, size, *(",".join(operations) for operations in program))
    asyncio.run(Run(kind, size).main(program))
