"""Processes compute, the loop waits for them."""

import asyncio


# ANCHOR: program
async def score(width, height, processors):
    async with processors:
        formula = f"echo $(( {width} * (12 - {width}) + {height} ))"
        process = await asyncio.create_subprocess_exec(
            "sh", "-c", formula, stdout=asyncio.subprocess.PIPE
        )
        output, _ = await process.communicate()
    return int(output)


async def main():
    processors = asyncio.Semaphore(2)
    grid = [(width, height) for width in range(4, 8) for height in range(1, 4)]
    scores = await asyncio.gather(*(score(*cell, processors) for cell in grid))
    best = max(zip(scores, grid))
    print(f"{len(grid)} cells, best score {best[0]} at {best[1]}")
# ANCHOR_END: program


asyncio.run(main())
