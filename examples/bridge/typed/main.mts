// examples/bridge/typed/main.mts: Python's functions and classes with the types that they are annotated with.
import { kwargs, type PyList, start } from "inmem-python";
import type { Item } from "./shop.js";

const py = await start({ bundles: process.argv[2] ?? "typed.pyz" });
const shop = py.pyimport<typeof import("./shop.js")>("shop");

const tea: Item = shop.Item("tea", 4.5, py.toPy(["green"]) as PyList<string>);
const mug = new shop.Item("mug", 9, py.toPy([]) as PyList<string>);
const price: number = tea.discounted(20);
console.log(tea.name, price, mug.discounted(kwargs({ digits: 0 })));

const found: Item | null = shop.cheapest(py.toPy([mug, tea]) as PyList<Item>);
console.log("cheapest:", found?.name, String(found?.tags));

for await (const [name, count] of shop.stock(py.toPy(["tea", "mug"]) as PyList<string>)) {
  console.log(name, count);
}

/** What the compiler refuses. */
export function mistakes(): void {
  // @ts-expect-error: a number is no list of Items
  shop.cheapest(5);
  // @ts-expect-error: there is no such attribute
  tea.colour;
  // @ts-expect-error: no such keyword
  tea.discounted.callKwargs({ digit: 1 });
}
