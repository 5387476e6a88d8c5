"""A regular expression finds the link in a piece of HTML."""

import re

# ANCHOR: search
HREF_RE = re.compile(r'href="(.*?)"')
print(HREF_RE.search('Go to <a href="https://realpython.com/">Real Python</a>'))
# ANCHOR_END: search
