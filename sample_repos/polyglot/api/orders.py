"""Orders: what a customer wants, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone

from .storage import OrderStore


class OrderError(ValueError):
    """The order cannot be accepted as it is."""


@dataclass
class OrderLine:
    """One product and how many of it."""

    sku: str
    quantity: int
    price_cents: int

    def total(self) -> int:
        return self.quantity * self.price_cents


@dataclass
class Order:
    """A customer's order; it is open until it is placed."""

    customer: str
    lines: list[OrderLine] = field(default_factory=list)
    placed_at: datetime | None = None

    def add(self, line: OrderLine) -> None:
        if line.quantity <= 0:
            raise OrderError(f"quantity of {line.sku} must be positive")
        self.lines.append(line)

    def total(self) -> int:
        return sum(line.total() for line in self.lines)


def place_order(order: Order, store: OrderStore) -> int:
    """Check the order, keep it, and give back its number."""
    if not order.lines:
        raise OrderError("an order needs at least one line")
    order.placed_at = datetime.now(timezone.utc)
    number = store.save(order)
    for line in order.lines:
        store.reserve(line.sku, line.quantity)
    return number
