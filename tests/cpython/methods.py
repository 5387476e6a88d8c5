"""Lists the test methods of CPython's asyncio suite, each under the class that defines it.

    python3.13 methods.py > methods.txt

A method counts once: where a base class is run for the C and the Python implementation, or for several kinds of
futures, the name of the base class is the one that stands here.
"""

import inspect
import platform
import unittest

MODULES = """
    test_asyncio.test_tasks test_asyncio.test_futures test_asyncio.test_futures2 test_asyncio.test_eager_task_factory
    test_asyncio.test_free_threading test_asyncio.test_timeouts test_asyncio.test_waitfor test_asyncio.test_taskgroups
    test_asyncio.test_locks test_asyncio.test_queues test_asyncio.test_runners test_asyncio.test_threads
    test_asyncio.test_context test_context test_asyncgen test_contextlib_async test_asyncio.test_base_events
    test_asyncio.test_streams test_asyncio.test_subprocess test_asyncio.test_server
""".split()


def cases(suite):
    for case in suite:
        yield from cases(case) if isinstance(case, unittest.TestSuite) else [case]


def place(case):
    """The module, class and name of a method where it is defined, and its line there."""
    method = inspect.unwrap(getattr(type(case), case._testMethodName))
    name = f'{method.__module__.split(".")[-1]}.{method.__qualname__.replace(".<locals>", "")}'
    return name, method.__code__.co_firstlineno


print(f'# The test methods of CPython {platform.python_version()}, listed by methods.py.')
for module in MODULES:
    try:
        suite = unittest.defaultTestLoader.loadTestsFromName(f'test.{module}')
        listed = {place(case) for case in cases(suite)}
    except AttributeError:
        continue  # a later CPython has this module
    # In the order of the sources; what comes from another module stands first.
    print(*dict.fromkeys(name for name, _ in sorted(listed, key=lambda found: (found[0].split('.')[0], found[1]))), sep='\n')
