// lib/bridge/wrapped.ts: what our own code gives Python otherwise than a program's values cross.

/** A tuple of Python's. */
export class Tuple {
  constructor(readonly items: readonly unknown[]) {}
}

/** A frozenset of Python's. */
export class FrozenSet {
  constructor(readonly items: Tuple) {}
}

/** bytes of Python's: a copy. */
export class Bytes {
  constructor(readonly content: Uint8Array) {}
}

/** The object itself, by reference, also where it is a proxy of a Python object. */
export class ByReference {
  constructor(readonly object: object) {}
}

/** A copy in Python's own types, as toPy() makes it. */
export class ByValue {
  constructor(readonly value: unknown) {}
}
