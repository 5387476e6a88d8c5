"""`echo`, started by its name, prints beside this program; the process prints as
`<Process 50249>`."""

import asyncio


# ANCHOR: program
async def main():
    process = await asyncio.create_subprocess_exec("echo", "Hello World")
    print(f"subprocess: {process}")
    # When the loop closes it kills the children that are still running.
    await process.wait()
# ANCHOR_END: program


asyncio.run(main())
