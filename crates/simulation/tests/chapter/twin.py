"""The faulty program of the chapter *Find the order that breaks it*, for CPython:
its token must repeat the failure there, too. `tests/tests/schedules.rs` looks."""

import asyncio

tickets = 1


async def buy(minutes):
    global tickets
    for _ in range(minutes):
        await asyncio.sleep(0)  # walks to the box office
    if tickets > 0:
        await asyncio.sleep(0)  # pays
        assert tickets > 0, "attempt to subtract with overflow"
        tickets -= 1


async def sell_the_last_ticket():
    await asyncio.gather(buy(0), buy(1))
    assert tickets == 0


asyncio.run(sell_the_last_ticket())
