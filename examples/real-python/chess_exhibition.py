"""A chess master plays 24 amateurs, board by board or in turn: thirteen hours,
unless the clock is virtual."""

import asyncio
import time
from time import perf_counter

OPPONENTS = 24
OWN_MOVE = 5
REPLY = 55
PAIRS_OF_MOVES = 30


# ANCHOR: game
async def game():
    """Plays one game and tells when the master made each of her moves."""
    moves = []
    for _ in range(PAIRS_OF_MOVES):
        time.sleep(OWN_MOVE)
        moves.append(perf_counter())
        await asyncio.sleep(REPLY)
    return moves
# ANCHOR_END: game


# ANCHOR: program
async def one_game_after_the_other():
    start = perf_counter()
    await game()
    print(f"one game: {perf_counter() - start:g} seconds")
    for _ in range(1, OPPONENTS):
        await game()
    minutes = (perf_counter() - start) / 60
    hours = minutes / 60
    print(f"all games, one after the other: {minutes:g} minutes, {hours:g} hours")


async def one_move_at_each_board_in_turn():
    start = perf_counter()
    games = await asyncio.gather(*(game() for _ in range(OPPONENTS)))
    ends = [max(moves) - start for moves in zip(*games)]
    print(f"one move at every board: {ends[0]:g} seconds")
    end, hours = ends[-1], ends[-1] / 3600
    print(f"all moves, board by board in turn: {end:g} seconds, {hours:g} hour")


print(
    f"{OPPONENTS} opponents, {OWN_MOVE} s per own move, "
    f"{REPLY} s per opposing move, {PAIRS_OF_MOVES} pairs of moves per game"
)
with asyncio.Runner() as hall:
    hall.run(one_game_after_the_other())
    hall.run(one_move_at_each_board_in_turn())
# ANCHOR_END: program
