"""Random programs on CPython's own loop and queues: `python3.13 scenarios.py > expected.txt` (and a number: so many of
each kind; `main.rs` reads what $ASYNCIO_STEPS names instead, so that a long list can be tried).

A program is some tasks, each a list of operations on one queue. A cancelled operation is logged, and its task goes on
with the next one. Each line of the log is `ITERATION TASK OPERATION OUTCOME STATE`.
"""
import asyncio
import functools
import random
import sys

KINDS = {"Queue": asyncio.Queue, "LifoQueue": asyncio.LifoQueue, "PriorityQueue": asyncio.PriorityQueue}
OPERATIONS = ["put", "put", "put", "get", "get", "get", "put_nowait", "get_nowait", "task_done", "join", "yield", "cancel"]
TASKS = 5


@functools.total_ordering
class Item:
    """An item of which only the tens count for its order: many are equal."""

    def __init__(self, number):
        self.number = number

    def __repr__(self):
        return str(self.number)

    def __eq__(self, other):
        return self.number // 10 == other.number // 10

    def __lt__(self, other):
        return self.number // 10 < other.number // 10


def programs():
    draw = random.Random(4)
    for kind in KINDS:
        for i in range(int(sys.argv[1]) if sys.argv[1:] else 40):
            operations = OPERATIONS + ["shutdown"] * (i % 2)
            program = [[draw.choice(operations) for _ in range(draw.randint(2, 9))] for _ in range(TASKS)]
            for operations_of_one in program:
                for i, operation in enumerate(operations_of_one):
                    if operation == "cancel":
                        operations_of_one[i] += f":{draw.randrange(TASKS)}"
                    elif operation.startswith("put"):
                        operations_of_one[i] += f":{draw.randrange(50)}"
                    elif operation == "shutdown":
                        operations_of_one[i] += f":{draw.randint(0, 1)}"
            yield kind, draw.randint(0, 3), program


class Run:
    def __init__(self, kind, size):
        self.ticks = 0
        self.queue = KINDS[kind](size)

    def tick(self):
        self.ticks += 1
        asyncio.get_running_loop().call_soon(self.tick)

    def log(self, who, what, outcome):
        print(self.ticks, who, what, outcome, self.queue)

    async def perform(self, operation, argument):
        match operation:
            case "put":
                await self.queue.put(Item(argument))
            case "get":
                return await self.queue.get()
            case "put_nowait":
                self.queue.put_nowait(Item(argument))
            case "get_nowait":
                return self.queue.get_nowait()
            case "task_done":
                self.queue.task_done()
            case "join":
                await self.queue.join()
            case "shutdown":
                self.queue.shutdown(bool(argument))
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
        self.log("main", "ends", None)


for kind, size, program in programs():
    print("==", kind, size, *(",".join(operations) for operations in program))
    asyncio.run(Run(kind, size).main(program))
