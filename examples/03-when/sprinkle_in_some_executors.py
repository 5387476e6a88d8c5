"""An ordinary program that needs asynchrony in one place only."""

import time
from concurrent.futures import ThreadPoolExecutor


# ANCHOR: program
def load_prices():
    time.sleep(0.2)
    return [3, 5, 8]


def load_stock():
    time.sleep(0.2)
    return [10, 0, 2]


with ThreadPoolExecutor(2) as pool:
    prices = pool.submit(load_prices)
    stock = pool.submit(load_stock)
    print("Inventory")
    print("---------")
    lines = zip(prices.result(), stock.result())
    total = sum(price * pieces for price, pieces in lines)
    print(f"worth {total}")
# ANCHOR_END: program
