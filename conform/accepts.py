"""Runs the recorded programs on `reference.py` and compares the traces: python3.15 accepts.py

Only programs of which `reference.py` has every step are run. Each trace must be accepted, and refused when two neighbouring
lines of it are exchanged.
"""
import asyncio
import gzip
import json
import pathlib
import sys
import types

import interpreter
import reference

HERE = pathlib.Path(__file__).parent
# The steps of which the reference knows nothing.
WITHOUT = {
    "gather", "shield", "wait", "wait_for", "as_completed", "operate", "hold", "new_generator", "drive", "drop_generator",
    "for_each", "yield", "with", "stack", "stack_enter", "stack_call", "stack_callback", "stack_close",
}


def steps(thing):
    """The names of everything in a program."""
    match thing:
        case dict():
            yield from thing
            for value in thing.values():
                yield from steps(value)
        case list():
            for value in thing:
                yield from steps(value)


def entries():
    for path in sorted((HERE / "corpus/named").iterdir()):
        yield json.loads(path.read_text())
    with gzip.open(HERE / "corpus/random.jsonl.gz", "rt") as file:
        yield from map(json.loads, file)


def use_reference():
    """From now on the programs find the reference under the name of asyncio."""
    module = types.ModuleType("asyncio")
    vars(module).update(vars(asyncio))
    vars(module).update({name: value for name, value in vars(reference).items() if not name.startswith("_")})
    module.events = types.SimpleNamespace(_get_running_loop=lambda: reference.running)
    interpreter.asyncio = module
    interpreter.TaskGroup = reference.TaskGroup
    interpreter.Deadlock = reference.Deadlock
    interpreter.Loop = lambda: reference.Loop(interpreter.report)


def accepts(program, trace):
    return interpreter.run(program).splitlines() == trace


def altered(trace, place):
    """The trace with two neighbours exchanged, from this place on the first that are not the same."""
    for i in (*range(place, len(trace) - 1), *range(place)):
        if trace[i] != trace[i + 1]:
            return [*trace[:i], trace[i + 1], trace[i], *trace[i + 2:]]
    return [*trace, "- one line more"]


def main():
    use_reference()
    interpreter.be_quiet()
    checked = 0
    for entry in entries():
        program, trace = entry["program"], entry["trace"]
        if WITHOUT & set(steps(program)):
            continue
        if not accepts(program, trace):
            print(json.dumps(program), *trace, "", interpreter.run(program), sep="\n")
            sys.exit("the reference refuses this trace")
        other = altered(trace, checked % len(trace))
        if accepts(program, other):
            print(json.dumps(program), *other, sep="\n")
            sys.exit("the reference accepts this trace, in which two lines were exchanged")
        checked += 1
    print(f"{checked} traces are accepted, and refused when two lines are exchanged")


main()
