"""The three ways to have a coroutine executed: `run`, `await` and `create_task`."""

import asyncio


async def brew(drink):
    print(f"brewing {drink}")
    await asyncio.sleep(1)
    print(f"{drink} is ready")


async def breakfast():
    # Awaited: breakfast goes on when the coffee is ready.
    await brew("coffee")
    # As a task: breakfast goes on at once, and the tea begins when it waits.
    tea = asyncio.create_task(brew("tea"))
    print("buttering toast")
    await tea


# Outside of any coroutine: a loop is made, and it runs until breakfast is over.
asyncio.run(breakfast())
