// lib/bridge/native.ts: what native/bridge gives and the numbers that both sides know.

/** native/bridge/operations.cc. What a result is stands in the registers. */
export interface NativeBridge {
  /** The register `handles` tells which values are numbers of Python objects. */
  call(handle: number, ...values: unknown[]): unknown;
  /** Arguments and keyword arguments on a tape. */
  callTape(handle: number, extras: TapeExtras): unknown;
  /** The one value of a tape, as a Python object of its own. */
  toPython(extras: TapeExtras): unknown;
  intern(name: string): number;
  /** undefined, of kind `value`, where there is no such attribute. */
  getAttribute(handle: number, name: number | string): unknown;
  /** The object's value on a tape; `depth` -1: all levels. `oneLevel`: what is in it by reference. */
  toJs(handle: number, depth: number, oneLevel: boolean): unknown;
  /** Pairs: number, how often it was sent. Never waits. */
  release(pairs: Uint32Array): void;
  /** What was released goes soon; never waits. `trim`: then malloc gives back what it keeps. */
  drain(trim: boolean): void;
  takeReleased(): Uint32Array;
  /** Calls on a thread of Python's; the answer comes by JsOp.settle, with `number`. */
  callAsync(handle: number, number: number, extras: TapeExtras, milliseconds: number): void;
  /** Of what Python awaits: the value, or with kind `error` or `thrown` what was thrown. */
  answerPromise(number: number, kind: number, extras: TapeExtras): void;
  /** Awaits the object on asyncio's thread; the answer comes likewise. */
  awaitAsync(handle: number, number: number, milliseconds: number): void;
  /** A call that JavaScript waits for may take so long (-1: any time), until unlimit(). */
  limit(number: number, milliseconds: number): void;
  /** Gives why it was ended: End. */
  unlimit(number: number): number;
  /** Ends any call, of either kind: End says why. */
  endCall(number: number, why: number): void;
  /** Ends all calls of the environment by KeyboardInterrupt. */
  interrupt(): void;
  /** Memory of the object, of kind `value`; lib/bridge/buffers.ts has the modes. */
  getBuffer(handle: number, mode: number, most: number, letter: number): unknown;
  /** Detaches an ArrayBuffer over Python's memory. */
  releaseBuffer(buffer: ArrayBuffer): void;
  /** Holds `bytes`, which lie in `buffer`, for js_memory() of `_inmem_bridge`. */
  holdMemory(
    bytes: Uint8Array,
    buffer: ArrayBufferLike,
    mayShare: boolean,
    letter: number,
    itemsize: number,
  ): number;
  setTape(number: number, tags: Uint8Array, words: Float64Array): void;
  hasRoom(bytes: number): boolean;
  /** inmem._bridge. */
  module(): unknown;
  /** How many Python objects JavaScript holds. */
  held(): number;
  /** The process is ending: Python's threads get errors instead of JavaScript's time. */
  refuse(): void;
  /**
   * Ends an interpreter of its own, and calls back when it has ended: gives a Closing. Where that is
   * Closing.begun, no other function may be called any more; else nothing has changed.
   */
  close(done: () => void): number;
}

/** What getBuffer() gives: start and strides are in bytes. */
export type NativeBuffer = [
  buffer: ArrayBuffer,
  start: number,
  flags: number,
  itemsize: number,
  format: string,
  shape: number[],
  strides: number[],
  letter: number,
];

/** Text and blobs of a tape that JavaScript wrote. */
export type TapeExtras = undefined | string | [text: string, ...blobs: Uint8Array[]];

/** native/bridge/protocol.h: Kind. */
export const Kind = {
  value: 0,
  handle: 1,
  object: 2,
  tape: 3,
  error: 4,
  thrown: 5,
} as const;

/** native/bridge/protocol.h: Register. */
export const Register = {
  kind: 0,
  traits: 1,
  tags: 2,
  words: 3,
  tape: 4,
  handles: 5,
  released: 6,
  objects: 7,
  argTraits: 8,
  openTapes: 24,
  count: 32,
} as const;

/** native/bridge/protocol.h: JsOp. */
export const JsOp = {
  call: 0,
  new: 1,
  get: 2,
  set: 3,
  delete: 4,
  release: 5,
  other: 6,
  settle: 7,
  within: 8,
  function: 9,
  give: 10,
  throw: 11,
  method: 12,
  promise: 13,
  drop: 14,
  notify: 15,
} as const;

/** native/bridge/protocol.h: Closing. */
export const Closing = {
  begun: 0,
  inPython: 1,
  noThread: 2,
} as const;

/** native/bridge/async_call.h: Answer. */
export const Answer = {
  value: 0,
  error: 1,
  thrown: 2,
  overdue: 3,
  asItIs: 4,
} as const;

/** native/bridge/tape.h: Tag. */
export const Tag = {
  undefined: 0,
  none: 1,
  false: 2,
  true: 3,
  int: 4,
  float: 5,
  bigInt: 6,
  text: 7,
  bytes: 8,
  list: 9,
  tuple: 10,
  dict: 11,
  set: 12,
  frozenSet: 13,
  handle: 14,
  object: 15,
  date: 16,
  back: 17,
  longText: 18,
  numbers: 19,
  buffer: 20,
  grid: 21,
} as const;

/** native/bridge/traits.h: PythonTrait. */
export const PyTrait = {
  callable: 1 << 0,
  iterable: 1 << 1,
  iterator: 1 << 2,
  length: 1 << 3,
  mapping: 1 << 4,
  sequence: 1 << 5,
  subscript: 1 << 6,
  buffer: 1 << 7,
  awaitable: 1 << 8,
  asyncIterable: 1 << 9,
  asyncIterator: 1 << 10,
  exception: 1 << 11,
  class: 1 << 12,
  generator: 1 << 13,
  asyncGenerator: 1 << 14,
  coroutine: 1 << 15,
} as const;

/** native/bridge/traits.h: JsTrait. */
export const JsTrait = {
  callable: 1 << 0,
  iterable: 1 << 1,
  asyncIterable: 1 << 2,
  array: 1 << 3,
  typedArray: 1 << 4,
  map: 1 << 5,
  set: 1 << 6,
  promise: 1 << 7,
  error: 1 << 8,
  length: 1 << 9,
  iterator: 1 << 10,
  get: 1 << 11,
  setItem: 1 << 12,
  has: 1 << 13,
  delete: 1 << 14,
  dispose: 1 << 15,
  asyncDispose: 1 << 16,
  asyncFunction: 1 << 17,
} as const;
