"""Asks several sites at once and reports each as soon as it has answered."""

import asyncio
from urllib.parse import urlsplit


# ANCHOR: server
async def site(reader, writer):
    """Answers `GET /?seconds=2` after that time, and repeats the target."""
    request = (await reader.readuntil(b"\r\n\r\n")).decode()
    target = request.split(" ")[1]
    await asyncio.sleep(float(target.rsplit("=")[-1]) if "=" in target else 0.0)
    body = f"you asked for\n\n{target}".encode()
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    writer.writelines([head, body])
    await writer.drain()
    writer.close()
# ANCHOR_END: server


# ANCHOR: ask
async def ask(url):
    url = urlsplit(url)
    reader, writer = await asyncio.open_connection(url.hostname, url.port or 80)
    # The target: the path with the query, and `/` if the path is empty.
    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    writer.write(f"GET {target} HTTP/1.1\r\nHost: {url.hostname}\r\n\r\n".encode())

    status = (await reader.readline()).decode().strip()
    length = 0
    while header := (await reader.readline()).decode().strip():
        name, _, value = header.partition(": ")
        if name == "Content-Length":
            length = int(value)
    # The body has an empty line of its own: only its length says where it ends.
    body = (await reader.readexactly(length)).decode()
    writer.close()
    return status, body.splitlines()[-1]
# ANCHOR_END: ask


# ANCHOR: program
async def main():
    server = await asyncio.start_server(site, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    urls = ["/?seconds=3", "/?seconds=1", "", "/a/page?seconds=2"]
    asking = [ask(f"http://127.0.0.1:{port}{url}") for url in urls]
    for next_one in asyncio.as_completed(asking):
        status, target = await next_one
        print(f"{status} for {target}")
    server.close()
# ANCHOR_END: program


asyncio.run(main())
