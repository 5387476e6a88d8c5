"""`create_subprocess_shell` hands a whole command line to the shell, with all it
can do, and all it can do wrong."""

import asyncio
import os
import shlex
from asyncio.subprocess import PIPE


# ANCHOR: start
async def start():
    process = await asyncio.create_subprocess_shell("sleep 2 && exit 4")
    print(f"the shell has started: {process.returncode}")
    print(f"the shell has ended: {await process.wait()}")
    # No error of the call: it is the shell that does not find the command.
    process = await asyncio.create_subprocess_shell("brew-coffee 2>/dev/null")
    print(f"a command that is not there: {await process.wait()}")
# ANCHOR_END: start


async def output(command, **options):
    process = await asyncio.create_subprocess_shell(command, stdout=PIPE, **options)
    stdout, _ = await process.communicate()
    return stdout.decode().strip()


# ANCHOR: features
async def features():
    pipe = (
        r"file=$(mktemp); printf 'one\ntwo\nthree\n' > $file; "
        "cat $file | wc -l; rm $file"
    )
    print(f"lines of the file: {await output(pipe)}")
    variable = await output(
        "echo $GREETING", env=os.environ | {"GREETING": "good evening"}
    )
    print(f"a variable: {variable}")
    wildcard = "cd $(mktemp -d); touch b.txt a.txt c.log; echo *.txt; rm *.*"
    print(f"a wildcard: {await output(wildcard)}")
# ANCHOR_END: features


# ANCHOR: danger
async def danger():
    name = "Robert; echo the table is dropped"
    pasted = await output(f"echo hello {name}")
    print(f"pasted: {pasted.splitlines()}")
    # Quoted, it is never read as a part of the command.
    quoted = await output(f"echo hello {shlex.quote(name)}")
    print(f"as an argument: {quoted.splitlines()}")
# ANCHOR_END: danger


async def main():
    await start()
    await features()
    await danger()


asyncio.run(main())
