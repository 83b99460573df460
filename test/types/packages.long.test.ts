// test/types/packages.long.test.ts: declarations of numpy and of typed packages of size, as TypeScript takes them.
import { describe, expect, it } from "vitest";
import { api } from "../helpers/python.js";
import { wheelBundle } from "../helpers/wheel-bundle.js";
import { misjudged } from "./support.js";

interface Case {
  readonly requirements: string[];
  readonly files?: Record<string, string>;
  readonly module: string;
  readonly right: string[];
  readonly wrong: string[];
}

const numpy: Case = {
  requirements: ["numpy==2.3.4"],
  module: "numpy",
  right: [
    "const a: t.ndarray<[number, number], t.dtype<t.float64>> = m.zeros([2, 3]); a;",
    "const [rows, columns] = m.zeros([2, 3]).shape; rows + columns;",
    "const c = m.zeros([2]).$copy(); const p: typeof c = c.copy(); p.getBuffer;",
    "const n: number = m.linalg.norm([1, 2]); const pi: number = m.pi; n + pi;",
    "m.arange(10).reshape([2, 5]).tolist(); m.linspace(0, 1, 10).sum();",
    "m.zeros.callKwargs([2], { dtype: m.float32 }); m.zeros.callKwargs({ shape: 3 });",
    "m.array([1, 2, 3]); m.array([[1, 2], [3, 4]]); m.array(m.ones(3)); m.asarray(new Float64Array(3));",
    "const x: number = m.random.default_rng(1).normal(0, 1); x.toFixed(2);",
    "m.where(m.zeros(3), 1, 2); m.concatenate([m.zeros(3), m.ones(2)]); m.abs(-1);",
    "m.mean.callKwargs(m.zeros([2, 2]), { axis: 0 }); m.sum(m.ones(3));",
    "const b: t.$Modules['numpy']['zeros'] = m.zeros; b(3); m.dtype('float32'); m.abs(m.zeros(2));",
    "m.fft.fft([1, 2, 3]); m.linalg.solve([[1]], [1]); m.random.seed(1);",
    "const length: number = m.zeros(3).length; length;",
  ],
  wrong: [
    "m.absent;",
    "m.zeros();",
    "m.zeros(() => 1);",
    "m.zeros.callKwargs([2], { order: 'X' });",
    "m.zeros.callKwargs([2], { dtpe: 'f4' });",
    "m.linspace('a', 'b');",
    "m.linspace.callKwargs(0, 1, { nam: 3 });",
    "m.zeros([2]).absent();",
    "m.zeros([2]).shape = 'x';",
    "m.random.default_rng(1).normal('x');",
    "const s: string = m.linalg.norm([1, 2]); s;",
    "const s: string = m.pi; s;",
    "const a: t.dtype = m.zeros(3); a;",
  ],
};

// Its functions have up to 20 overloads, generic ones, of classes that name each other: TypeScript
// gave up at the first call (TS2589) and took minutes where it had to compare arrays itself.
const newestNumpy: Case = {
  requirements: ["numpy==2.5.5"],
  module: "numpy",
  right: [
    "const a: t.ndarray = m.arange(6); a.reshape([2, 3]).tolist(); m.sum(m.ones(3));",
    "const a: t.ndarray = m.arange(6).reshape([2, 3]); m.concatenate([a, a]); m.zeros(3).$copy();",
    "const a: t.ndarray = m.zeros([2, 3]); a.T; m.add(a, 1); m.linalg.inv([[1, 2], [3, 4]]);",
    "const a: t.ndarray = m.zeros_like(m.zeros(3), kwargs({ dtype: m.float32 })); a;",
    "const a: t.ndarray = await m.sort.callAsync(m.zeros(3), kwargs({ axis: 0 })); a;",
    "m.ma.array([1]).mask; m.where(m.zeros(3), 1, 2);",
  ],
  wrong: [
    "m.arange();",
    "m.zeros([2, 3]).absent;",
    "m.sort.callAsync(m.zeros(3), kwargs({ axes: 0 }));",
    "const a: t.ndarray<[number], t.dtype<t.float32>> = m.zeros(3); a;",
  ],
};

const models = `import attrs
import pydantic

class Address(pydantic.BaseModel):
    street: str
    zip: str | None = None

class Person(pydantic.BaseModel):
    name: str
    age: int = pydantic.Field(default=3, ge=0)
    tags: list[str] = pydantic.Field(default_factory=list)
    address: Address

@attrs.define
class Shape:
    sides: int
    color: str = "red"
    inside: int = attrs.field(kw_only=True)

@attrs.frozen
class Fixed:
    x: int

def older(person: Person, by: int = 1) -> Person: ...
`;

const pydantic: Case = {
  requirements: [
    "attrs==25.4.0",
    "pydantic==2.12.4",
    "pydantic-core==2.41.5",
    "annotated-types==0.7.0",
    "typing-extensions==4.15.0",
    "typing-inspection==0.4.2",
  ],
  files: { "models.py": models },
  module: "models",
  right: [
    "const a = m.Address.callKwargs({ street: 's' }); const z: string | null = a.zip; z;",
    "const a = m.Address.callKwargs({ street: 's', zip: null }); m.Person.callKwargs({ name: 'n', address: a });",
    "const p: t.Person = m.Person.model_validate({}); m.older(p, 2).age; p.tags.append('x');",
    "const p: t.Person = m.Person.model_validate({}).model_copy.callKwargs({ deep: true }); p;",
    "const s: string = m.Person.model_validate({}).model_dump_json(); s;",
    "const s: t.Shape = m.Shape.callKwargs(3, { inside: 1 }); const c: string = s.color; c;",
    "const f: t.Fixed = m.Fixed(1); const x: number | bigint = f.x; x;",
  ],
  wrong: [
    "m.Address.callKwargs({});",
    "m.Address('street');",
    "m.Address.callKwargs({ stret: 's' });",
    "m.Person.callKwargs({ name: 'n', address: 'a' });",
    "m.Person.callKwargs({ name: 1, address: m.Address.callKwargs({ street: 's' }) });",
    "m.older(m.Address.callKwargs({ street: 's' }));",
    "m.Shape(3);",
    "m.Shape.callKwargs('3', { inside: 1 });",
    "m.Fixed(1).x = 2;",
  ],
};

const httpx: Case = {
  requirements: [
    "httpx==0.28.1",
    "anyio==4.11.0",
    "certifi==2025.10.5",
    "h11==0.16.0",
    "httpcore==1.0.9",
    "idna==3.11",
    "sniffio==1.3.1",
  ],
  module: "httpx",
  right: [
    "const r: t.Response = m.get('http://x'); const s: string = r.text; r.content.subarray(1); s;",
    "m.get.callKwargs('http://x', { params: new Map([['a', 'b']]), follow_redirects: true });",
    "const c = m.Client.callKwargs({ base_url: 'http://x', timeout: 3 }); c.get('/').json();",
    "const c = m.AsyncClient(); const r: t.Response = await c.get('/'); r.status_code;",
    "const c = m.AsyncClient(); for await (const b of (await c.get('/')).aiter_bytes()) b.length;",
    "const u: t.URL = m.URL('http://x').join('/y'); const h: string = u.host; h;",
    "for (const line of m.get('http://x').iter_lines()) line.charAt(0);",
    "const e: t.HTTPError = m.ConnectError('x'); e.request;",
  ],
  wrong: [
    "m.get();",
    "m.get.callKwargs('http://x', { folow_redirects: true });",
    "m.get.callKwargs('http://x', { follow_redirects: 'yes' });",
    "m.Client('http://x');",
    "m.AsyncClient().get('/').status_code;",
    "const s: string = m.get('http://x').status_code; s;",
    "m.get('http://x').text = 'y';",
  ],
};

describe.each([numpy, newestNumpy, pydantic, httpx])(
  "$requirements.0",
  ({ requirements, files, module, right, wrong }) => {
    it("is judged by TypeScript as Python would judge it", async () => {
      const bundle = await wheelBundle(requirements, files ?? {});
      const { types, warnings, names } = await api.types({ bundle, modules: [module] });
      expect(warnings).toEqual([]);
      expect(names).toBeGreaterThan(4);
      const code = types.replaceAll(/\/\*[\s\S]*?\*\/|"[^"]*"/g, "");
      expect(code).not.toMatch(/[:<,|] any\b/);
      const judged = misjudged(types, { right, wrong });
      expect(judged).toEqual({ refused: [], taken: [], elsewhere: [] });
    });
  },
);
