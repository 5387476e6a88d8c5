"""Lists the public names of CPython's asyncio, and the methods of its classes, that README.md or NOT-HERE.md has to place.

    python3.15 names.py > names.txt
"""

import asyncio
import asyncio.subprocess
import platform

# Those whose methods are listed; the loop's are those that any loop has.
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
    """What a user calls or reads, that of its base classes included."""
    return {name for name in dir(cls) if not name.startswith("_") and not hasattr(object, name)}


print(f"# The public names of asyncio in CPython {platform.python_version()}, and the methods of its classes, listed by names.py.")
for name in sorted(asyncio.__all__):
    # A name with an underscore is for those who write a loop in C.
    if not name.startswith("_"):
        print(name)
for name, cls in sorted(CLASSES.items()):
    for method in sorted(methods(cls)):
        print(f"{name}.{method}")
