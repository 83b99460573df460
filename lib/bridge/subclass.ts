// lib/bridge/subclass.ts: classes in JavaScript that extend one of Python's.
//
// For each there is a class in Python with the same methods, whose `self` is `this`; instances are
// Python objects of that class.
import { isAsyncFunction } from "./js-objects.js";
import { handleFor, python, type Target, targetOf } from "./target.js";

type Method = (...args: unknown[]) => unknown;
type Constructor = abstract new (...args: never[]) => object;

/** From a class in JavaScript to the proxy of its Python one. */
const classes = new WeakMap<object, object>();
const prototypes = new WeakMap<Target, object>();

/** `new Derived(...)`, where Derived extends the class of `base`, at whatever distance. */
export function makeInstance(base: Target, args: unknown[], derived: object): unknown {
  const type = targetOf(classOf(base, derived)) as Target;
  return base.crossing.call(handleFor(type), args);
}

/** Of `value instanceof Class`: the class is Python's, or in JavaScript and extends it. */
export function isInstance(base: Target, type: object, value: unknown): boolean {
  const target = targetOf(value);
  if (target === undefined) return false;
  const known = type === base.proxy ? base.proxy : classes.get(type);
  return known !== undefined && base.crossing.python("is_instance", target.proxy, known) === true;
}

function classOf(base: Target, derived: object): object {
  const known = classes.get(derived);
  if (known !== undefined) return known;
  if (typeof derived !== "function") throw new TypeError("new.target is no class");
  const above = Object.getPrototypeOf(derived) as object;
  const parent = targetOf(above)?.proxy ?? classOf(base, above);
  const { methods, getters, setters } = membersOf(derived as Constructor);
  const made = base.crossing.python(
    "make_class",
    derived.name,
    parent,
    base.crossing.toPython(methods, 1),
    base.crossing.toPython(getters, 1),
    base.crossing.toPython(setters, 1),
  ) as object;
  classes.set(derived, made);
  return made;
}

interface Members {
  readonly methods: Map<string, Method>;
  readonly getters: Map<string, Method>;
  readonly setters: Map<string, Method>;
}

function membersOf(type: Constructor): Members {
  const members: Members = {
    methods: new Map(),
    getters: new Map([["constructor", () => type]]),
    setters: new Map(),
  };
  const prototype = type.prototype as object;
  for (const name of Object.getOwnPropertyNames(prototype)) {
    const found = Object.getOwnPropertyDescriptor(prototype, name);
    if (name === "constructor" || found === undefined) continue;
    if (typeof found.value === "function") members.methods.set(name, withSelf(found.value));
    if (found.get) members.getters.set(name, withSelf(found.get));
    if (found.set) members.setters.set(name, withSelf(found.set));
  }
  return members;
}

/** A function that takes what is `this` to the method first, as Python's do. */
function withSelf(method: unknown): Method {
  const call: Method = (self, ...args) => Reflect.apply(method as Method, self, args);
  return isAsyncFunction(method) ? async (...args) => call(...args) : call;
}

/** What `super.method()` looks at: the class's own methods, bound to `this`. */
export function prototypeOf(target: Target): object {
  const known = prototypes.get(target);
  if (known !== undefined) return known;
  const made = new Proxy(
    {},
    {
      get(_, key, receiver) {
        if (typeof key === "symbol" || key === "then" || key === "constructor") return undefined;
        const self = targetOf(receiver);
        if (self === undefined) return target.crossing.getAttribute(handleFor(target), key);
        const found = python(target, "of_super", self.proxy, key) as [unknown?];
        return found[0];
      },
      // An assignment to an instance's member comes here through the chain of prototypes.
      set: (_, key, value, receiver) =>
        Reflect.defineProperty(receiver as object, key, {
          value,
          writable: true,
          enumerable: true,
          configurable: true,
        }),
      has: (_, key) => typeof key === "string" && python(target, "has_attribute", key) === true,
    },
  );
  prototypes.set(target, made);
  return made;
}
