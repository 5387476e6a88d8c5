"""One transfer, written with callbacks and as a coroutine."""

import asyncio


# ANCHOR: callbacks
def balance_then(event_loop, then):
    event_loop.call_later(1, then, 100)


def pay_then(event_loop, then):
    event_loop.call_later(1, then)


def transfer_then(event_loop, amount, done):
    def with_balance(balance):
        if balance < amount:
            done.set_exception(ValueError("not enough"))
            return

        def paid():
            done.set_result(balance - amount)

        pay_then(event_loop, paid)

    balance_then(event_loop, with_balance)
# ANCHOR_END: callbacks


# ANCHOR: coroutine
async def balance():
    await asyncio.sleep(1)
    return 100


async def pay():
    await asyncio.sleep(1)


async def transfer(amount):
    available = await balance()
    if available < amount:
        raise ValueError("not enough")
    await pay()
    return available - amount
# ANCHOR_END: coroutine


async def main():
    event_loop = asyncio.get_running_loop()
    for amount in [30, 300]:
        left = event_loop.create_future()
        transfer_then(event_loop, amount, left)
        try:
            print(f"callbacks: {await left} left")
        except ValueError as error:
            print(f"callbacks: {error}")
        try:
            print(f"coroutine: {await transfer(amount)} left")
        except ValueError as error:
            print(f"coroutine: {error}")


asyncio.run(main())
