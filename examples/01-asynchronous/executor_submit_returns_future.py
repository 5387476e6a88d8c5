"""A pool of threads is asynchronous too: `submit` gives the future of what a
function will return."""

import queue
import time
from concurrent.futures import ThreadPoolExecutor


# ANCHOR: submit
def count_words(text):
    time.sleep(0.1)
    return len(text.split())


def count_two_texts(pool):
    poem = pool.submit(count_words, "so much depends upon")
    saying = pool.submit(count_words, "festina lente")
    print(f"poem: {poem.result()} words, done: {poem.done()}")
    print(f"saying: {saying.result()} words, done: {saying.done()}")
# ANCHOR_END: submit


# ANCHOR: limit
def lose_patience(pool):
    answer = queue.Queue()
    answered = pool.submit(answer.get)
    try:
        print(answered.result(timeout=0.1))
    except TimeoutError:
        print(f"no answer yet, done: {answered.done()}")
    answer.put("forty-two")
    print(f"answer: {answered.result()}")
# ANCHOR_END: limit


with ThreadPoolExecutor(2) as pool:
    count_two_texts(pool)
    lose_patience(pool)
