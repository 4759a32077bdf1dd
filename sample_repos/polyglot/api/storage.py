"""Where orders are kept: SQLite, one row an order."""

import json
import sqlite3

SCHEMA = "CREATE TABLE IF NOT EXISTS orders (number INTEGER PRIMARY KEY, customer TEXT, body TEXT)"


class OrderStore:
    """All orders of one shop."""

    def __init__(self, path=":memory:"):
        self._db = sqlite3.connect(path)
        self._db.execute(SCHEMA)
        self._reserved = {}

    def save(self, order):
        body = json.dumps([vars(line) for line in order.lines])
        cursor = self._db.execute(
            "INSERT INTO orders (customer, body) VALUES (?, ?)", (order.customer, body)
        )
        self._db.commit()
        return cursor.lastrowid

    def reserve(self, sku, quantity):
        self._reserved[sku] = self._reserved.get(sku, 0) + quantity

    def reserved(self, sku):
        return self._reserved.get(sku, 0)
