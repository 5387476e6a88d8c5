"""Records what CPython prints for the cases in `tools.rs`: `python3.15 record.py > expected.txt`."""
import pathlib
from asyncio import tools

from _remote_debugging import AwaitedInfo, CoroInfo, FrameInfo, LocationInfo, TaskInfo


def frame(text):
    function, _, place = text.rpartition("@")
    file, _, line = place.rpartition(":")
    location = None if line == "?" else LocationInfo((int(line), None, None, None))
    return FrameInfo((file, location, function, None))


def stack(text, task):
    return CoroInfo(([frame(part) for part in text.split(" | ")], task))


def read(lines):
    """The threads of a case, and the marks of tasks and coroutines."""
    threads, marks = [], {}
    for line in lines:
        word, _, rest = line.strip().partition(" ")
        match word:
            case "marks":
                marks = dict(zip(["task_emoji", "cor_emoji"], rest.split(" ")))
            case "thread":
                threads.append(AwaitedInfo((int(rest), [])))
            case "task":
                number, _, name = rest.partition(" ")
                threads[-1].awaited_by.append(TaskInfo((int(number), name or None, [], [])))
            case "at":
                task = threads[-1].awaited_by[-1]
                task.coroutine_stack.append(stack(rest, task.task_id))
            case "by":
                number, _, frames = rest.partition(": ")
                threads[-1].awaited_by[-1].awaited_by.append(stack(frames, int(number)))
    return threads, marks


for case in pathlib.Path(__file__).with_name("cases.txt").read_text().split("== ")[1:]:
    head, *lines = case.rstrip().split("\n")
    threads, marks = read(lines)
    print("==", head)
    if head.endswith(" table"):
        for row in tools.build_task_table(threads):
            print(*row, sep="\t")
    else:
        try:
            for tree in tools.build_async_tree(threads, **marks):
                print("tree", *tree, sep="\n")
        except tools.CycleFoundException as error:
            for cycle in error.cycles:
                print("cycle", *cycle)
    print()
