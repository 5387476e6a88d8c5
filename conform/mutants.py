"""Wrong versions of `reference`, each of which a recorded trace must refuse: python3.15 mutants.py

A mutant is the reference with one syntactic change: a condition negated, a comparison moved by one, a call or an assignment
left out, two statements exchanged that both act, or a constant replaced. If a mutant accepts all traces, then no program shows
the rule that it changed, or there is none: such mutants are listed in `SURVIVORS`, with the reason.

`mutants.py EVERY` takes one mutant in EVERY.
"""
import ast
import copy
import os
import pathlib
import signal
import sys
import time
import types

import accepts
import interpreter

# Ordered so that each imports only earlier ones.
MODULES = ["events", "futures", "tasks", "timeouts", "waiting", "taskgroups", "base_events", "runners", "__init__"]
FOLDER = pathlib.Path(__file__).parent / "reference"
# In seconds of processor time; a program takes thousandths.
LONGEST = 1.0

# Changes that no trace shows, and why.
SURVIVORS = {
    "events: Handle.__lt__: (self.when, self.number) < (other.when, other.number) → (self.when, self.number) <= (other.when, other.number)":
        "no two handles have the same number",
    "events: get_running_loop: without: if running_loop is None:":
        "programs ask only while a loop runs",
    "events: get_running_loop: without: raise RuntimeError('no running event loop')":
        "programs ask only while a loop runs",
    "futures: Future.add_done_callback: self.loop.call_soon(callback, self, context=context) → self.loop.call_soon(callback, self)":
        "the loop copies the context at the same moment",
    "futures: Future.exception: exchanged: if self.cancelled(): | if not self.done():":
        "a cancelled future is done",
    "tasks: Task.step: without: self.waiting_for = None":
        "what it has waited for is done, and refuses to be cancelled",
    "timeouts: Timeout.__aexit__: exchanged: self.stop_timer() | if self.state == 'active':":
        "where the second one raises, the timer has fired",
    "timeouts: Timeout.reschedule: exchanged: if self.state != 'active': | self.stop_timer()":
        "where the first one raises, the timer has fired or was stopped",
    "waiting: gather: False → True":
        "programs always say whether exceptions are returned",
    "waiting: shield: exchanged: inner.add_done_callback(inner_done) | outer.add_done_callback(outer_done)":
        "these are callbacks of two futures",
    "waiting: wait: without: for future in futures:":
        "a callback that is left finds that the wait is over",
    "waiting: wait: without: future.remove_done_callback(one_done)":
        "a callback that is left finds that the wait is over",
    "waiting: wait: exchanged: if timer is not None: | for future in futures:":
        "neither looks at what the other one does",
    "waiting: wait: without: futures = list(dict.fromkeys(futures))":
        "a future that is given twice is counted twice, and calls twice",
    "waiting: cancel_and_wait: without: future.remove_done_callback(done)":
        "a callback that is left finds that the wait is over",
    "taskgroups: TaskGroup.create_task: without: coroutine.close()":
        "only a warning tells of a coroutine that is dropped",
    "taskgroups: TaskGroup.create_task: exchanged: coroutine.close() | raise RuntimeError(f'TaskGroup {self!r} {why}')":
        "only a warning tells of a coroutine that is dropped",
    "taskgroups: TaskGroup.task_done: exchanged: self.errors.append(task.exception()) | if not self.aborting:":
        "a request to cancel runs nothing",
    "base_events: Loop.run_once: not self.ready and (not self.stopping) → not self.ready":
        "programs stop the loop only while it runs",
    "base_events: Loop.run_once: exchanged: if not self.ready and (not self.stopping): | while self.timers and self.timers[0].when < self.now + CLOCK_RESOLUTION:":
        "a pass in which nothing runs leaves no line",
    "base_events: Loop.run_once: self.timers[0].when < self.now + CLOCK_RESOLUTION → self.timers[0].when <= self.now + CLOCK_RESOLUTION":
        "no two timers of a program are due a billionth of a second after each other",
    "base_events: Loop.run_forever: without: sys.set_asyncgen_hooks(*hooks)":
        "no generator begins between two runs",
    "base_events: Loop.shutdown_asyncgens: without: self.generators.clear()":
        "a loop shuts its generators down once",
    "taskgroups: TaskGroup.leave: without: self.all_done = None":
        "the next wait makes a new one",
    "taskgroups: TaskGroup.leave: exchanged: self.parent.uncancel() | self.parent.cancel()":
        "the count is the same, and the request stays",
    "base_events: Loop.run_forever: exchanged: events.set_running_loop(None) | sys.set_asyncgen_hooks(*hooks)":
        "neither looks at what the other one does",
    "base_events: Loop.close_generator: without: self.generators.discard(generator)":
        "the task that closes it is over before the loop closes the others",
    "base_events: Loop.shutdown_asyncgens: without: if not closing:":
        "a gather of nothing does not suspend",
    "base_events: Loop.shutdown_asyncgens: without: return":
        "a gather of nothing does not suspend",
    "base_events: Loop.close_generator: exchanged: self.generators.discard(generator) | self.call_soon(self.create_task, generator.aclose())":
        "neither looks at what the other one does",
    "taskgroups: TaskGroup.create_task: exchanged: task.add_done_callback(self.task_done) | if self.aborting:":
        "a request to cancel runs nothing",
}

# Functions and methods that only read something, or make something new.
LOOKS = {
    "cancelled", "cancelling", "copy_context", "create_future", "current_task", "done", "exception", "expired", "fromkeys",
    "get_asyncgen_hooks", "get_running_loop", "isinstance", "len", "list", "next", "set", "time",
}

COMPARISONS = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.In: ast.NotIn, ast.NotIn: ast.In,
}


def changed(node, **fields):
    node = copy.copy(node)
    for name, value in fields.items():
        setattr(node, name, value)
    return node


def changes_of(node):
    """Replacements for an expression."""
    match node:
        case ast.Compare(ops=[operator]):
            yield changed(node, ops=[COMPARISONS[type(operator)]()])
        case ast.BoolOp():
            yield changed(node, op=ast.Or() if isinstance(node.op, ast.And) else ast.And())
            for value in node.values:
                yield value
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.IfExp():
            yield changed(node, body=node.orelse, orelse=node.body)
        case ast.BinOp(op=ast.Add()):
            yield changed(node, op=ast.Sub())
        case ast.Constant(value=bool(value)):
            yield ast.Constant(not value)
        case ast.Constant(value=int(value) | float(value)):
            yield ast.Constant(value + 1)
        case ast.Call(keywords=[_, *_]):
            for i in range(len(node.keywords)):
                yield changed(node, keywords=[*node.keywords[:i], *node.keywords[i + 1:]])


def changes_of_body(body):
    """What could stand in the place of a block, and what that is: without a statement, two exchanged, a condition turned."""
    for i, statement in enumerate(body):
        before, after = body[:i], body[i + 1:]
        match statement:
            case ast.Expr(value=ast.Constant()) | ast.Pass() | ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                continue
            case ast.If(test=test) | ast.While(test=test):
                if not isinstance(test, ast.Constant):
                    turned = changed(statement, test=ast.UnaryOp(ast.Not(), test))
                    yield f"turned: {first_line(statement)}", [*before, turned, *after]
        yield f"without: {first_line(statement)}", [*before, *after] or [ast.Pass()]
        if after and acts(statement) and acts(after[0]):
            exchanged = [*before, after[0], statement, *after[1:]]
            yield f"exchanged: {first_line(statement)} | {first_line(after[0])}", exchanged


def acts(statement):
    """Does it call something that does more than read?"""
    if isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
        return False
    called = [node.func for node in ast.walk(statement) if isinstance(node, ast.Call)]
    return any(getattr(function, "attr", getattr(function, "id", "")) not in LOOKS for function in called)


def mutants_of(tree):
    """Yields a description of each change while the tree is changed, and then restores the tree."""
    for where, node in named_nodes(tree):
        for name, value in ast.iter_fields(node):
            if name in ("body", "orelse", "finalbody") and isinstance(value, list):
                candidates = list(changes_of_body(value)) if where else []
            elif isinstance(value, ast.expr):
                candidates = [(replaced(value, new), new) for new in changes_of(value)]
            else:
                candidates = []
            for change, new in candidates:
                setattr(node, name, new)
                yield f"{where}: {change}"
                setattr(node, name, value)
            if isinstance(value, list) and value and all(isinstance(part, ast.expr) for part in value):
                for i, part in enumerate(value):
                    for new in changes_of(part):
                        value[i] = new
                        yield f"{where}: {replaced(part, new)}"
                        value[i] = part


def named_nodes(node, where=""):
    """All nodes, each with the name of its function."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        where = f"{where}.{node.name}" if where else node.name
    if isinstance(node, ast.ClassDef):
        for child in ast.iter_child_nodes(node):
            yield from named_nodes(child, where)
        return
    yield where, node
    for child in ast.iter_child_nodes(node):
        # Left out: only a reader sees it.
        if where.split(".")[-1] not in ("__repr__",):
            yield from named_nodes(child, where)


def first_line(statement):
    return ast.unparse(statement).splitlines()[0]


def replaced(old, new):
    return f"{ast.unparse(old)} → {ast.unparse(new)}"


def load(trees):
    """Makes the package of these trees the reference."""
    package = types.ModuleType("reference")
    package.__path__ = [str(FOLDER)]
    sys.modules["reference"] = package
    for name in MODULES:
        module = package
        if name != "__init__":
            module = sys.modules[f"reference.{name}"] = types.ModuleType(f"reference.{name}")
            setattr(package, name, module)
        module.__package__ = "reference"
        exec(compile(trees[name], f"reference/{name}.py", "exec"), vars(module))


def killer(trees, programs, order):
    """The first program whose trace this reference refuses, as a number, or None. Runs in a separate process."""
    end, start = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(end)
        found = -1
        try:
            load(trees)
            accepts.use_reference()
            for number in order:
                os.write(start, f"{number}\n".encode())
                signal.setitimer(signal.ITIMER_VIRTUAL, LONGEST)
                if accepts.refusal(*programs[number]):
                    os._exit(1)
            os._exit(0)
        except BaseException:
            # It cannot even be imported, or fails where no program would notice.
            os._exit(1)
    os.close(start)
    # Read to the end, because a pipe could not hold all that a child writes.
    with os.fdopen(end) as numbers:
        last = None
        for last in numbers:
            pass
    _, status = os.waitpid(child, 0)
    return None if status == 0 else int(last or -1)


def main():
    every = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    programs = [(entry["program"], entry["trace"], interpreter.compiled(entry["program"])) for entry in accepts.entries()]
    # Only now, so that garbage collection after each program does not visit all programs.
    interpreter.be_quiet()
    # Programs that have refused a mutant move to the front, because a few programs refuse most mutants.
    order = list(range(len(programs)))
    trees = {name: ast.parse((FOLDER / f"{name}.py").read_text()) for name in MODULES}
    if killer(trees, programs, order) is not None:
        sys.exit("the reference itself refuses a trace")
    start, count, killed, survivors = time.monotonic(), 0, 0, {}
    for name in MODULES[:-1]:
        for change in mutants_of(trees[name]):
            count += 1
            if count % every:
                continue
            ast.fix_missing_locations(trees[name])
            found = killer(trees, programs, order)
            if found is None:
                survivor = f"{name}: {change}"
                survivors[survivor] = SURVIVORS.get(survivor)
                print(f"accepts all traces: {survivor} ({survivors[survivor] or 'why?'})", flush=True)
                continue
            killed += 1
            if found >= 0:
                order.remove(found)
                order.insert(0, found)
    print(f"{killed + len(survivors)} mutants in {time.monotonic() - start:.0f} s: {killed} refuse a trace, {len(survivors)} do not")
    if any(reason is None for reason in survivors.values()):
        sys.exit("a mutant accepts all traces, and it is not in SURVIVORS")


if __name__ == "__main__":
    main()
