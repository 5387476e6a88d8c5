"""Checks recorded traces against `reference`, a program that models the order of steps: python3.15 accepts.py

A trace, CPython's or ours, is accepted if its program gives the same one on the reference. The queues, the locks and the like,
and `as_completed`, are CPython's own, and run unchanged on the reference.

`--alterations` alters every trace in every way of `alterations.py`, and the reference must refuse each at the first line that
differs. `--programs` runs programs from standard input on the reference, as `interpreter.py` does on CPython.
"""
import asyncio
import gzip
import json
import pathlib
import sys
import types

import alterations
import interpreter

HERE = pathlib.Path(__file__).parent


# These show when CPython drops an unreferenced object. The reference is in Python, so tracebacks refer to its own frames, too.
GARBAGE = {
    "a_generator_that_refuses_its_closing_is_dropped_after_the_step",
    "a_generator_whose_closing_was_refused_is_closed_when_the_loop_drops_it",
}


def entries():
    """The stored programs, with their traces."""
    for path in sorted((HERE / "corpus/named").iterdir()):
        if path.stem not in GARBAGE:
            yield json.loads(path.read_text())
    with gzip.open(HERE / "corpus/random.jsonl.gz", "rt") as file:
        yield from map(json.loads, file)


def use_reference():
    """Makes programs use the reference under the name of asyncio."""
    import reference

    class Loop(reference.Loop):
        def __init__(self):
            super().__init__(interpreter.report)
            self.generators = interpreter.OrderedWeakSet()

        def run_forever(self):
            # CPython's own locks and queues ask it which loop runs.
            asyncio._set_running_loop(self)
            try:
                super().run_forever()
            finally:
                asyncio._set_running_loop(None)

    module = types.ModuleType("asyncio")
    vars(module).update(vars(asyncio))
    vars(module).update({name: getattr(reference, name) for name in reference.__all__})
    interpreter.asyncio = module
    interpreter.TaskGroup = reference.TaskGroup
    interpreter.Deadlock = reference.Deadlock
    interpreter.Loop = Loop


def refusal(program, trace, code=None):
    """The first line that the reference refuses: its number, what the reference gives there, and what the trace has."""
    expected = interpreter.run(program, code).splitlines()
    for number in range(max(len(expected), len(trace))):
        lines = [lines[number] if number < len(lines) else None for lines in (expected, trace)]
        if lines[0] != lines[1]:
            return number, *lines
    return None


def check_corpus():
    checked = lines = 0
    for entry in entries():
        program, trace = entry["program"], entry["trace"]
        if refused := refusal(program, trace):
            number, expected, found = refused
            print(json.dumps(program), *trace[:number], sep="\n")
            sys.exit(f"the reference refuses line {number + 1} of this trace: {found!r}, it would give {expected!r}")
        checked += 1
        lines += len(trace)
    print(f"{checked} traces are accepted, {lines} lines")


def check_alterations():
    counts = dict.fromkeys(alterations.KINDS, 0)
    for number, entry in enumerate(entries()):
        program, trace = entry["program"], entry["trace"]
        code = interpreter.compiled(program)
        for name, alter in alterations.KINDS.items():
            altered = alter(trace, number)
            if altered is None:
                continue
            first = alterations.first_difference(trace, altered)
            refused = refusal(program, altered, code)
            if refused is None or refused[0] != first:
                print(json.dumps(program), *altered, sep="\n")
                sys.exit(f"{name}: line {first + 1} of this trace is altered, and the reference says {refused}")
            counts[name] += 1
    for name, count in counts.items():
        print(f"{count:>6} refused: {name}")
        if count < 100:
            sys.exit("this was tried too seldom")


def main():
    use_reference()
    if "--programs" in sys.argv:
        return interpreter.main()
    interpreter.be_quiet()
    check_corpus()
    if "--alterations" in sys.argv:
        check_alterations()


if __name__ == "__main__":
    main()
