"""A task runs in a copy of the context in which it was created; an awaited
coroutine in the context of its caller."""

import asyncio
from contextvars import ContextVar

language = ContextVar("language")


async def switch_to(tongue):
    print(f"it was {language.get()}")
    language.set(tongue)
    print(f"it is {language.get()}")


async def main():
    language.set("English")
    await asyncio.create_task(switch_to("Welsh"))
    print(f"after the task: {language.get()}")
    await switch_to("Breton")
    print(f"after the await: {language.get()}")


asyncio.run(main())
