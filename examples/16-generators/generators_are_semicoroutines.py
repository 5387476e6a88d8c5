"""A scheduler of a few lines: generators as tasks, `yield` as the place where one
lets the others run."""

from collections import deque


# ANCHOR: tasks
def pause(rounds, result):
    """A pause of some rounds, which returns what it waited for."""
    for _ in range(rounds):
        yield
    return result


def cook(name, rounds):
    print(f"{name}: begins")
    result = yield from pause(rounds, "done")
    print(f"{name}: {result}")
# ANCHOR_END: tasks


# ANCHOR: scheduler
ready = deque([cook("soup", 3), cook("salad", 1), cook("tea", 2)])
while ready:
    task = ready.popleft()
    try:
        next(task)
        ready.append(task)
    except StopIteration:
        pass
# ANCHOR_END: scheduler
