"""Lists the test methods of CPython's asyncio suite, each under the class that defines it.

    python3.15 methods.py > methods.txt

The first part has every module of `test.test_asyncio`. The second has modules of the language's own tests, of what
asyncio stands on. A method counts once: where a base class is run for the C and the Python implementation, or for
several kinds of futures, the name of the base class is the one that stands here. Classes that only another operating
system defines or runs (kqueue, the completion ports of Windows) are listed too, from the source.
"""

import ast
import inspect
import pathlib
import platform
import unittest

import test.test_asyncio

ASYNCIO = sorted(f'test_asyncio.{path.stem}' for path in pathlib.Path(test.test_asyncio.__path__[0]).glob('test_*.py'))
LANGUAGE = ['test_context', 'test_asyncgen', 'test_contextlib_async']


def cases(suite):
    for case in suite:
        yield from cases(case) if isinstance(case, unittest.TestSuite) else [case]


def place(case):
    """The module, class and name of a method where it is defined, and its line there."""
    method = inspect.unwrap(getattr(type(case), case._testMethodName))
    name = f'{method.__module__.split(".")[-1]}.{method.__qualname__.replace(".<locals>", "")}'
    return name, method.__code__.co_firstlineno


def written(node, path):
    """The test methods in a source, each with its line, also in classes that are not defined here."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef) and child.name.startswith('test'):
            yield f'{path}.{child.name}', child.lineno
        elif hasattr(child, 'name'):
            yield from written(child, f'{path}.{child.name}')
        else:
            yield from written(child, path)


def methods(module):
    """The methods of a module, or none if it is for another operating system."""
    try:
        suite = unittest.defaultTestLoader.loadTestsFromName(f'test.{module}')
    except unittest.SkipTest:
        return []
    listed = {place(case) for case in cases(suite)}
    if module in ASYNCIO:
        name = module.split('.')[-1]
        source = pathlib.Path(test.test_asyncio.__path__[0], f'{name}.py').read_text()
        names = {name for name, _ in listed}
        listed |= {found for found in written(ast.parse(source), name) if found[0] not in names}
    # In the order of the sources; methods from other modules come first.
    return dict.fromkeys(name for name, _ in sorted(listed, key=lambda found: (found[0].split('.')[0], found[1])))


print(f'# The test methods of CPython {platform.python_version()}, listed by methods.py.')
seen = set()
for title, modules in ('asyncio', ASYNCIO), ('language', LANGUAGE):
    print(f'# {title}')
    for module in modules:
        for name in methods(module):
            if name not in seen:
                seen.add(name)
                print(name)
