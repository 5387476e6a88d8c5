"""Lists the public names of CPython's asyncio, and the methods of its classes, that README.md or NOT-HERE.md must list.

    python3.15 names.py > names.txt
"""

import asyncio
import asyncio.subprocess
import platform

# The classes whose methods are listed; the methods of the loop are those that every loop has.
CLASSES = {
    "loop": asyncio.AbstractEventLoop,
    **{
        name: getattr(asyncio, name)
        for name in (
            "Future Task Handle TimerHandle Runner Timeout TaskGroup Server StreamReader StreamWriter Lock Event Condition"
            " Semaphore BoundedSemaphore Barrier Queue LifoQueue PriorityQueue"
        ).split()
    },
    "Process": asyncio.subprocess.Process,
}


def methods(cls):
    """Methods and attributes that users can access, including those of base classes."""
    return {name for name in dir(cls) if not name.startswith("_") and not hasattr(object, name)}


print(f"# The public names of asyncio in CPython {platform.python_version()}, and the methods of its classes, listed by names.py.")
for name in sorted(asyncio.__all__):
    # Names with an underscore are for loops written in C.
    if not name.startswith("_"):
        print(name)
for name, cls in sorted(CLASSES.items()):
    for method in sorted(methods(cls)):
        print(f"{name}.{method}")
