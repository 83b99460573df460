# examples/bridge/typed/shop.py: a module with annotations; shop.d.ts is made of it.
from collections.abc import AsyncIterator
from dataclasses import dataclass


@dataclass
class Item:
    """Something to sell."""

    name: str
    price: float
    tags: list[str]

    def discounted(self, percent: float = 10, *, digits: int = 2) -> float:
        return round(self.price * (1 - percent / 100), digits)


def cheapest(items: list[Item]) -> Item | None:
    """The one with the lowest price."""
    return min(items, key=lambda item: item.price, default=None)


async def stock(names: list[str]) -> AsyncIterator[tuple[str, int]]:
    for name in names:
        yield name, len(name)
