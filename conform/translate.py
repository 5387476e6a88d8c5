"""Translates programs into Python: each method of `Translator` gives the lines that a step stands for.

The lines call what `interpreter.py` defines. A method is named after its step, with an underscore if that is a keyword.
"""
import keyword

ERRORS = {"CancelledError": "asyncio.CancelledError"}


class Translator:
    def __init__(self, program):
        self.program = program
        self.limits = self.stacks = self.loops = 0

    def source(self):
        lines = []
        for i, body in enumerate(self.program.get("callbacks", [])):
            lines += [f"def c{i}(_=None):", *self.wrapped(f"c{i}", body, again=False)]
        for i, body in enumerate(self.program["functions"]):
            lines += [f"async def f{i}():", *self.wrapped(f"f{i}", body)]
        for i, body in enumerate(self.program.get("generators", [])):
            lines += [f"async def g{i}():", *self.wrapped(f"g{i}", body, end="yield")]
        for i, manager in enumerate(self.program.get("managers", [])):
            lines += self.manager(i, **manager)
        return "\n".join(lines) + "\n"

    def wrapped(self, name, body, again=True, end=None):
        self.limits = self.stacks = self.loops = 0
        self.generator = end is not None
        return indent([
            f"if not may_begin({name!r}): return",
            "tokens = []",
            "try:",
            *indent([*self.body(body), f"log({name + ' ends'!r})"]),
            "except BaseException as e:",
            *indent([f"log({name + ' raised'!r}, e)"] + ["raise"] * again),
        ] + ["return", end] * bool(end))

    def manager(self, i, enter, exit, generator=False, suppress=False, again=False):
        self.limits = self.stacks = self.loops = 0
        self.generator = generator
        enter = [f"log('m{i} enters')", "tokens = []", *self.body(enter)]
        exit = [f"log('m{i} exits', e)", *self.body(exit)]
        if generator:
            exit += ["yield"] * again
            failed = exit if suppress else [*exit, "raise"]
            return ["@contextlib.asynccontextmanager", f"async def m{i}():", *indent([
                *enter,
                "try:", *indent(["yield"]),
                "except BaseException as e:", *indent(failed),
                "else:", *indent(["e = None", *exit])])]
        return [f"class m{i}:", *indent([
            "async def __aenter__(self):", *indent(enter),
            "async def __aexit__(self, kind, e, traceback):",
            *indent(["tokens = []", *exit, f"return {suppress}"])])]

    def body(self, steps):
        return [line for step in steps for line in self.step(step)] or ["pass"]

    def step(self, step):
        (name, arguments), = step.items()
        arguments = {escaped(key): value for key, value in arguments.items()}
        return getattr(self, escaped(name))(**arguments)

    def block(self, head, body):
        return [head, *indent(self.body(body))]

    def item(self, item):
        (kind, argument), = item.items()
        match kind:
            case "slot":
                return f"slot({argument})"
            case "call":
                return f"f{argument}()"
            case "sleep":
                return f"asyncio.sleep({argument}, 'slept')"
            case "current":
                return "asyncio.current_task()"

    def items(self, items):
        return ", ".join(map(self.item, items))

    def error(self, kind, text=""):
        return f"{ERRORS.get(kind, kind)}({repr(text) if text else ''})"

    # The language itself.

    def log(self, text):
        return [f"log({text!r})"]

    def raise_(self, error):
        return [f"raise {self.error(**error)}"]

    def return_(self, value):
        return ["log('return')", "return" if self.generator else f"return {value}"]

    def repeat(self, times, body):
        return self.block(f"for _ in range({times}):", body)

    def try_(self, body, handlers=(), otherwise=(), finally_=()):
        lines = self.block("try:", body)
        for handler in handlers:
            kind = handler["kind"]
            lines += [f"except {ERRORS.get(kind, kind)} as e:", *indent([
                "log('except', e)", *self.body(handler.get("body", [])), *["raise"] * handler.get("again", False)])]
        if otherwise and handlers:
            lines += self.block("else:", otherwise)
        if finally_ or not handlers:
            lines += ["finally:", *indent(["log('finally')", *self.body(finally_)])]
        return lines

    # Tasks and futures.

    def spawn(self, function, slot, eager=False):
        return [f"spawn({slot}, f{function}(), {eager})"]

    def future(self, slot):
        return [f"world.slots[{slot}] = asyncio.get_running_loop().create_future()"]

    def set_result(self, slot, value):
        return [f"log('set_result', slot({slot}).set_result({value}))"]

    def set_exception(self, slot, error):
        return [f"log('set_exception', slot({slot}).set_exception({self.error(**error)}))"]

    def ask(self, slot, question):
        return [f"log({question!r}, slot({slot}).{question}())"]

    def cancel(self, slot, message=None):
        return [f"log('cancel', slot({slot}).cancel({message!r}))"]

    def cancel_self(self, message=None):
        return [f"log('cancel_self', asyncio.current_task().cancel({message!r}))"]

    def uncancel(self):
        return ["log('uncancel', asyncio.current_task().uncancel())"]

    def cancelling(self):
        return ["log('cancelling', asyncio.current_task().cancelling())"]

    # Waiting.

    def await_(self, item):
        return [f"log('await', await {self.item(item)})"]

    def ticks(self, times):
        return [f"for i in range({times}):", *indent(["await asyncio.sleep(0)", "log('tick', i)"])]

    def kept(self, name, call, slot):
        if slot is None:
            return [f"log({name!r}, await {call})"]
        return [f"world.slots[{slot}] = {call}", f"log({name!r})"]

    def gather(self, items, return_exceptions=False, slot=None):
        return self.kept("gather", f"asyncio.gather({self.items(items)}{', ' * bool(items)}return_exceptions={return_exceptions})", slot)

    def crowd(self, sleeps, delay, slot=None):
        naps = f"asyncio.sleep({delay} * (1 + i % 3), i) for i in range({sleeps})"
        return self.kept("crowd", f"asyncio.gather(*({naps}))", slot)

    def shield(self, item, slot=None):
        return self.kept("shield", f"asyncio.shield({self.item(item)})", slot)

    def wait(self, slots, when, timeout=None):
        futures = ", ".join(f"slot({i})" for i in slots)
        return [f"await wait([{futures}], {timeout}, {when!r})"]

    def wait_for(self, item, timeout=None):
        return [f"log('wait_for', await asyncio.wait_for({self.item(item)}, {timeout}))"]

    def as_completed(self, items, timeout=None, asynchronous=False):
        return [f"await as_completed{'_async' * asynchronous}([{self.items(items)}], {timeout})",
                "log('as_completed')"]

    def timeout(self, body, delay=None, key=None):
        self.limits += 1
        limit = f"limit{self.limits}"
        lines = self.block(f"async with asyncio.timeout({delay}) as {limit}:", body)
        if key is not None:
            lines = [f"world.limits[{key}] = asyncio.timeout({delay})", *self.block(f"async with world.limits[{key}] as {limit}:", body)]
        self.limits -= 1
        return [*lines, f"log('timeout', {limit}.expired())"]

    def new_timeout(self, key, delay=None):
        return [f"world.limits[{key}] = asyncio.timeout({delay})"]

    def enter_timeout(self, key, body):
        self.limits += 1
        limit = f"limit{self.limits}"
        lines = self.block(f"async with fetch(world.limits, {key}) as {limit}:", body)
        self.limits -= 1
        return [*lines, f"log('timeout', {limit}.expired())"]

    def reschedule(self, delay=None):
        if not self.limits:
            return ["pass"]
        when = None if delay is None else f"asyncio.get_running_loop().time() + {delay}"
        return [f"log('reschedule', limit{self.limits}.reschedule({when}))"]

    def reschedule_kept(self, key, delay=None):
        when = None if delay is None else f"asyncio.get_running_loop().time() + {delay}"
        return [f"fetch(world.limits, {key}).reschedule({when})", f"log('reschedule_kept', world.limits[{key}].expired())"]

    def group(self, group, body, cancelled=False):
        if cancelled:
            made = ["group = TaskGroup()", "group.cancel()"]
            return [*made, f"async with group as world.groups[{group}]:", *indent(self.body(body)), "log('group')"]
        return [f"async with TaskGroup() as world.groups[{group}]:", *indent(self.body(body)), "log('group')"]

    def new_group(self, group):
        return [f"world.groups[{group}] = TaskGroup()"]

    def enter_group(self, group, body):
        return [*self.block(f"async with fetch(world.groups, {group}):", body), "log('group')"]

    def group_spawn(self, group, function, slot, eager=False):
        return [f"group_spawn({group}, {slot}, f{function}(){', eager_start=True' * eager})"]

    def cancel_group(self, group):
        return [f"log('cancel_group', fetch(world.groups, {group}).cancel())"]

    # Callbacks.

    def add_callback(self, slot, callback, key):
        return [f"add_callback(slot({slot}), c{callback}, {key})"]

    def remove_callback(self, slot, key):
        return [f"log('remove_callback', slot({slot}).remove_done_callback(fetch(world.callbacks, {key})))"]

    def call_soon(self, callback, key):
        return [f"world.handles[{key}] = asyncio.get_running_loop().call_soon(c{callback})"]

    def call_later(self, delay, callback, key):
        return [f"world.handles[{key}] = asyncio.get_running_loop().call_later({delay}, c{callback})"]

    def cancel_handle(self, key):
        return [f"log('cancel_handle', fetch(world.handles, {key}).cancel())"]

    def stop_loop(self):
        return ["log('stop_loop', asyncio.get_running_loop().stop())"]

    def close_loop(self):
        return ["log('close_loop', asyncio.get_running_loop().close())"]

    # Shared objects.

    def operate(self, object, operation, argument=None):
        kind = self.program["objects"][object]["kind"]
        awaited = operation in ("acquire", "wait", "wait_for", "put", "get", "join", "abort") or (kind, operation) == ("Barrier", "reset")
        if operation.startswith("put"):
            argument = f"Item({argument})"
        if operation == "wait_for":
            argument = f"countdown({argument})"
        call = f"{'await ' * awaited}o({object}).{operation}({'' if argument is None else argument})"
        if operation in ("get", "get_nowait") or (kind, operation) == ("Barrier", "wait"):
            return [f"log({operation!r}, {call}, o({object}))"]
        return [call, f"log({operation!r}, o({object}))"]

    def hold(self, object, body):
        return [*self.block(f"async with o({object}):", body), f"log('hold', o({object}))"]

    # Context variables.

    def set_var(self, var, value):
        return [f"tokens.append((world.vars[{var}], world.vars[{var}].set({value})))"]

    def get_var(self, var):
        return [f"log('get_var', world.vars[{var}].get(None))"]

    def reset_var(self):
        return ["if tokens:", "    var, token = tokens.pop()", "    var.reset(token)"]

    # Asynchronous generators.

    def new_generator(self, generator, slot):
        return [f"world.generators[{slot}] = g{generator}()"]

    def drive(self, slot, how):
        (method, argument), = how.items()
        call = {
            "anext": lambda: "__anext__()",
            "asend": lambda: f"asend({argument})",
            "athrow": lambda: f"athrow({self.error(**argument)})",
            "aclose": lambda: "aclose()",
        }[method]()
        return ["try:", *indent([f"log('drive', await fetch(world.generators, {slot}).{call})"]),
                "except StopAsyncIteration:", *indent(["log('drive', None)"])]

    def drop_generator(self, slot):
        return [f"world.generators[{slot}] = None", "log('drop_generator')"]

    def aclosing(self, slot, body):
        head = f"async with aclosing({slot}):"
        return [*self.block(head, body), "log('aclosing')"]

    def for_each(self, generator, most, body):
        self.loops += 1
        count = f"count{self.loops}"
        lines = [f"{count} = 0", f"async for item in g{generator}():", *indent([
            "log('item', item)", *self.body(body), f"{count} += 1", f"if {count} == {most}: break"]), "log('for_each')"]
        self.loops -= 1
        return lines

    def yield_(self, value):
        return [f"log('sent', (yield {value}))"]

    # Context managers.

    def with_(self, manager, body):
        return [*self.block(f"async with m{manager}():", body), "log('with')"]

    def stack(self, body):
        self.stacks += 1
        lines = self.block(f"async with contextlib.AsyncExitStack() as stack{self.stacks}:", body)
        self.stacks -= 1
        return [*lines, "log('stack')"]

    def on_stack(self, call):
        return [call.replace("stack.", f"stack{self.stacks}.")] if self.stacks else ["pass"]

    def stack_enter(self, manager):
        return self.on_stack(f"await stack.enter_async_context(m{manager}())")

    def stack_call(self, function):
        return self.on_stack(f"stack.push_async_callback(f{function})")

    def stack_callback(self, callback):
        return self.on_stack(f"stack.callback(c{callback})")

    def stack_push(self, callback, suppress=False):
        return self.on_stack(f"stack.push(exit_of(c{callback}, {suppress}))")

    def stack_push_async(self, function, suppress=False):
        return self.on_stack(f"stack.push_async_exit(async_exit_of(f{function}, {suppress}))")

    def stack_pop(self):
        return self.on_stack("log('stack_pop', await stack.pop_all().aclose())")

    def stack_close(self):
        return self.on_stack("log('stack_close', await stack.aclose())")


def escaped(name):
    return name + "_" if keyword.iskeyword(name) else name


def indent(lines):
    return ["    " + line for line in lines]
