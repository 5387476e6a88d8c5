"""A connection opens as a reader and a writer, which carry bytes and nothing else.
"""

import asyncio


# ANCHOR: server
async def dictionary(reader, writer):
    word = (await reader.readline()).decode()
    match word.strip():
        case "coroutine":
            meaning = "a function that can pause"
        case "task":
            meaning = "a coroutine that the loop runs"
        case _:
            meaning = "not in this dictionary"
    writer.write(f"{meaning}\n".encode())
    await writer.drain()
    writer.close()
# ANCHOR_END: server


# ANCHOR: client
async def look_up(word, port):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(f"{word}\n".encode())
    await writer.drain()
    meaning = (await reader.readline()).decode()
    writer.close()
    await writer.wait_closed()
    return meaning.strip()
# ANCHOR_END: client


async def program():
    server = await asyncio.start_server(dictionary, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    for word in ["coroutine", "task", "thread"]:
        print(f"{word}: {await look_up(word, port)}")
    server.close()
    # ANCHOR: refused
    # Nothing listens on port 1.
    try:
        await asyncio.open_connection("127.0.0.1", 1)
    except ConnectionRefusedError as error:
        print(f"refused: {error}")
    # ANCHOR_END: refused


asyncio.run(program())
