"""The first program of a new project: two coroutines side by side."""

# ANCHOR: program
import asyncio


async def greet(name, seconds):
    await asyncio.sleep(seconds)
    return f"Hello, {name}!"


async def main():
    greetings = await asyncio.gather(greet("world", 1.0), greet("asyncio", 0.5))
    for greeting in greetings:
        print(greeting)


asyncio.run(main())
# ANCHOR_END: program
