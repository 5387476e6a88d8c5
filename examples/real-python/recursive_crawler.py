"""A crawler that follows the links it finds, and never visits a page twice."""

import asyncio

WEB = {
    "/": ["/books", "/about"],
    "/books": ["/", "/books/1", "/books/2"],
    "/books/1": ["/books", "/books/2"],
    "/books/2": ["/books", "/about"],
    "/about": ["/"],
}


async def fetch_links(page):
    """Stands for a request: takes a while and returns the links of a page."""
    await asyncio.sleep(0.1)
    return WEB.get(page, [])


# ANCHOR: crawl
class Crawl:
    def __init__(self):
        self.visited = set()
        self.graph = {}

    async def visit(self, page, depth):
        # There is no await between these two, so no page is visited twice.
        if depth == 0 or page in self.visited:
            return
        self.visited.add(page)
        links = await fetch_links(page)
        self.graph[page] = links
        await asyncio.gather(*(self.visit(link, depth - 1) for link in links))
# ANCHOR_END: crawl


# ANCHOR: program
async def main():
    for depth in [2, 9]:
        crawl = Crawl()
        await crawl.visit("/", depth)
        print(f"depth {depth}:")
        for page, links in sorted(crawl.graph.items()):
            print(f"  {page} -> {' '.join(links)}")
# ANCHOR_END: program


asyncio.run(main())
