# test/wheels/pydantic-core/main.py: pydantic's core in Rust: validation, errors, JSON
import datetime
import decimal
import hashlib
import json
from typing import Annotated, Literal

import pydantic
import pydantic_core
from pydantic import BaseModel, Field, TypeAdapter, ValidationError, field_validator


class Item(BaseModel):
    name: Annotated[str, Field(min_length=2, pattern=r"^[a-z]+ \d+$")]
    price: decimal.Decimal = Field(gt=0, max_digits=8, decimal_places=2)
    kind: Literal["a", "b"] = "a"


class Order(BaseModel):
    number: int
    when: datetime.datetime
    items: list[Item]
    address: str | None = None
    parent: "Order | None" = None

    @field_validator("address")
    @classmethod
    def tidy(cls, value: str | None) -> str | None:
        return value and value.strip().title()


text = json.dumps(
    {
        "number": "17",
        "when": "2026-11-21T12:00:00Z",
        "items": [{"name": f"item {i}", "price": f"{i + 1}.25"} for i in range(2000)],
        "address": "  some street 1 ",
        "parent": {"number": 16, "when": 1_790_000_000, "items": []},
    }
)
order = Order.model_validate_json(text)
back = order.model_dump_json()
assert Order.model_validate_json(back) == order

try:
    Order.model_validate({"number": "x", "when": "?", "items": [{"name": "X", "price": -1}]})
    errors = []
except ValidationError as error:
    errors = [[".".join(map(str, one["loc"])), one["type"], one["msg"]] for one in error.errors()]

adapter = TypeAdapter(dict[str, tuple[int, float]])
print(
    json.dumps(
        {
            "versions": [pydantic.VERSION, pydantic_core.__version__],
            "total": str(sum(item.price for item in order.items)),
            "address": order.address,
            "json": hashlib.sha256(back.encode()).hexdigest(),
            "errors": errors,
            "adapter": adapter.validate_json('{"a": [1, "2.5"]}'),
            "schema": hashlib.sha256(
                json.dumps(Order.model_json_schema(), sort_keys=True).encode()
            ).hexdigest(),
        }
    )
)
