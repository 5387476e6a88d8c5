"""Lists the public names of CPython's asyncio, and the methods of its loop, that README.md or NOT-HERE.md has to place.

    python3.13 names.py > names.txt
"""

import asyncio
import platform

print(f"# The public names of asyncio in CPython {platform.python_version()}, and the methods of its loop, listed by names.py.")
for name in sorted(asyncio.__all__):
    # A name with an underscore is for those who write a loop in C.
    if not name.startswith("_"):
        print(name)
for name in sorted(vars(asyncio.AbstractEventLoop)):
    if not name.startswith("_"):
        print(f"loop.{name}")
