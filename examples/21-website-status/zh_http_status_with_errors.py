"""同时查询多个网站的状态；一个网站失败，只影响它自己的那一行。"""

import argparse
import asyncio
from urllib.parse import urlsplit

SITES = [
    "https://www.baidu.com/",
    "https://www.bilibili.com/",
    "https://www.weibo.com/",
    "https://www.douyin.com/",
    "https://www.zhihu.com/",
    "https://www.taobao.com/",
    "https://www.sohu.com/",
    "https://www.tmall.com/",
    "https://www.xinhuanet.com/",
    "https://www.163.com/",
]


# ANCHOR: get_status
async def get_status(url, timeout):
    url_parsed = urlsplit(url)
    try:
        async with asyncio.timeout(timeout):
            if url_parsed.scheme == "https":
                reader, writer = await asyncio.open_connection(
                    url_parsed.hostname, url_parsed.port or 443, ssl=True
                )
            else:
                reader, writer = await asyncio.open_connection(
                    url_parsed.hostname, url_parsed.port or 80
                )
            query = (
                f"GET {url_parsed.path} HTTP/1.1\r\n"
                f"Host: {url_parsed.hostname}\r\n\r\n"
            )
            writer.write(query.encode())
            await writer.drain()
            response = await reader.readline()
            if not response:
                raise Exception("closed without an answer")
            return response.decode().strip()
    except TimeoutError:
        print(f"Error fetching {url}: no answer within {timeout:g} seconds")
        return None
    except Exception as error:
        print(f"Error fetching {url}: {error}")
        return None
    finally:
        # 如果连接没有建立，这里的 writer 还没有值。
        writer.close()
        await writer.wait_closed()
        reader.feed_eof()
# ANCHOR_END: get_status


# ANCHOR: program
async def program(arguments):
    coroutines = [get_status(url, arguments.timeout) for url in arguments.urls]
    results = await asyncio.gather(*coroutines, return_exceptions=True)
    for url, status in zip(arguments.urls, results):
        print(f"{url:30}:\t{'Error' if status is None else status}")


parser = argparse.ArgumentParser()
parser.add_argument("urls", nargs="*", default=SITES, help="要查询的网址")
parser.add_argument(
    "--timeout", type=float, default=10, help="每个网站最多等待的秒数"
)
asyncio.run(program(parser.parse_args()))
# ANCHOR_END: program
