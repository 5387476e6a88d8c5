"""What the awaited task raises comes out of `wait_for` unchanged, beside the
`TimeoutError` of the wait itself."""

import asyncio


async def read_meter(text):
    await asyncio.sleep(1)
    if not text.isdigit():
        raise ValueError(f"not a number: {text}")
    return int(text)


async def report(text):
    task = asyncio.create_task(read_meter(text))
    try:
        print(f"the meter shows {await asyncio.wait_for(task, 2)}")
    except TimeoutError:
        print("the meter does not answer")
    except ValueError as error:
        print(f"the meter is broken: {error}")


async def main():
    await report("1024")
    await report("1O24")


asyncio.run(main())
