"""The system refuses to watch a file: it is read in a thread."""

import asyncio
import os
import pathlib
import tempfile


# ANCHOR: program
async def main():
    path = pathlib.Path(tempfile.gettempdir(), f"asyncio-note-{os.getpid()}")
    path.write_text("milk, bread, tea")

    with path.open() as file:
        try:
            asyncio.get_running_loop().add_reader(file, print)
            print("the file is watched")
        except PermissionError:
            print("the system does not watch a file")

    text = await asyncio.to_thread(path.read_text)
    print(f"a thread has read: {text}")
    path.unlink()
# ANCHOR_END: program


asyncio.run(main())
