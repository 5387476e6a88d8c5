"""Asks web sites for their status, all at the same time."""

import argparse
import asyncio
from urllib.parse import urlsplit

SITES = [
    "https://www.google.com/",
    "https://www.youtube.com/",
    "https://www.facebook.com/",
    "https://twitter.com/",
    "https://www.instagram.com/",
    "https://www.baidu.com/",
    "https://www.wikipedia.org/",
    "https://yandex.ru/",
    "https://yahoo.com/",
    "https://www.whatsapp.com/",
]


# ANCHOR: get_status
async def get_status(url):
    url = urlsplit(url)
    if not url.hostname:
        raise ValueError("the URL names no host")
    if url.scheme == "https":
        reader, writer = await asyncio.open_connection(
            url.hostname, url.port or 443, ssl=True
        )
    else:
        reader, writer = await asyncio.open_connection(url.hostname, url.port or 80)

    target = (url.path or "/") + (f"?{url.query}" if url.query else "")
    query = f"GET {target} HTTP/1.1\r\nHost: {url.hostname}\r\n\r\n"
    writer.write(query.encode())
    await writer.drain()

    response = await reader.readline()
    writer.close()
    if not response:
        raise Exception("closed without an answer")
    return response.decode().strip()
# ANCHOR_END: get_status


# ANCHOR: check
async def check(url, timeout):
    """The status, or why there is none: only a cancellation goes on to the caller.
    """
    try:
        return await asyncio.wait_for(get_status(url), timeout)
    except TimeoutError:
        return f"no answer within {timeout:g} seconds"
    except Exception as error:
        return str(error)
# ANCHOR_END: check


# ANCHOR: program
async def program(arguments):
    coroutines = [check(url, arguments.timeout) for url in arguments.urls]
    statuses = await asyncio.gather(*coroutines)
    for url, status in zip(arguments.urls, statuses):
        print(f"{url:30}:\t{status}")


parser = argparse.ArgumentParser()
parser.add_argument("urls", nargs="*", default=SITES, help="the sites to ask")
parser.add_argument(
    "--timeout", type=float, default=10, help="how many seconds a site may take"
)
asyncio.run(program(parser.parse_args()))
# ANCHOR_END: program
