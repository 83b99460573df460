// lib/bridge/crossing.ts: one environment's crossings, in both directions.
import { isMainThread } from "node:worker_threads";
import { AsyncCalls } from "./async.js";
import { atExit } from "./at-exit.js";
import { otherInterpreter } from "./closed.js";
import { errorOf, exceptionOf } from "./errors.js";
import { isExact } from "./exact.js";
import { destroyedError, HeldObjects, holderOf } from "./held.js";
import { JsObjects } from "./js-objects.js";
import { operations } from "./js-operations.js";
import { JsOp, Kind, type NativeBridge, type NativeBuffer, PyTrait, Register } from "./native.js";
import { answer } from "./promises.js";
import { makeProxy } from "./proxy.js";
import { type Numbers, TapeReader } from "./tape-reader.js";
import { type Owner, TapeMemory, TapeWriter } from "./tape-writer.js";
import { type Target, targetOf } from "./target.js";
import { isObject, isScalar, thrownObject } from "./values.js";
import { ByReference, Tuple } from "./wrapped.js";

/** Arguments that cross as values; more go by tape. */
const MAX_VALUES = 8;
/** Names that are kept as numbers; more would be a program's data. */
const MAX_NAMES = 10_000;
const OUT_LENGTH = 4096;

/** Opens native's half: native/addon's openBridge(). */
export type OpenBridge = (
  dispatch: (op: number, number: number, ...args: unknown[]) => unknown,
  registers: Int32Array,
  outTags: Uint8Array,
  outWords: Float64Array,
  ofWorker: boolean,
  /** Number of an interpreter of its own; 0: the shared one. */
  interpreter: number,
) => NativeBridge;

export class Crossing implements Owner, Numbers {
  readonly native: NativeBridge;
  /** Of an interpreter of its own. */
  readonly isOwn: boolean;
  readonly objects = new JsObjects(() =>
    this.registers[Register.released] === 0 ? undefined : this.native.takeReleased(),
  );
  readonly held: HeldObjects;
  readonly async = new AsyncCalls(this);
  /** Where Python's output goes, by its name. */
  readonly outputs = new Map<string, { flush(): void }>();
  readonly registers = new Int32Array(Register.count);
  readonly #outTags = new Uint8Array(OUT_LENGTH);
  readonly #outWords = new Float64Array(OUT_LENGTH);
  readonly #tapes: TapeMemory[] = [];
  #tapeCount = 0;
  readonly #names = new Map<string, number>();
  readonly #functions = new Map<string, number>();
  readonly #module: number;
  #missing: object | undefined;

  constructor(open: OpenBridge, interpreter = 0) {
    this.isOwn = interpreter !== 0;
    this.native = open(
      this.#dispatch,
      this.registers,
      this.#outTags,
      this.#outWords,
      !isMainThread,
      interpreter,
    );
    this.held = new HeldObjects(this.native);
    this.#module = this.native.module() as number;
    if (this.registers[Register.kind] !== Kind.handle) this.#take(this.#module);
    this.python("set_js_global", globalThis);
    atExit(this);
  }

  // --- JavaScript -> Python --------------------------------------------------------------

  /** The number of what a proxy stands for; -1: it is none. */
  handleOf(value: object): number {
    const holder = holderOf(value) as Target | undefined;
    if (holder === undefined) return -1;
    if (holder.crossing !== this) throw otherInterpreter();
    const { held } = holder;
    if (held.handle < 0) throw destroyedError(held);
    held.used = true;
    return held.handle;
  }

  /** Calls a Python object. Arguments that are no scalars go by reference. */
  call(handle: number, args: readonly unknown[]): unknown {
    const count = args.length;
    if (count > MAX_VALUES) return this.callWith(handle, args, undefined);
    let handles = 0;
    let values = args;
    for (let i = 0; i < count; i++) {
      const arg = args[i];
      if (isScalar(arg)) continue;
      const known = typeof arg === "symbol" ? -1 : this.handleOf(arg as object);
      if (known < 0) return this.callWith(handle, args, undefined);
      if (handles === 0) values = [...args];
      (values as unknown[])[i] = known;
      handles |= 1 << i;
    }
    this.registers[Register.handles] = handles;
    switch (count) {
      case 0:
        return this.#take(this.native.call(handle));
      case 1:
        return this.#take(this.native.call(handle, values[0]));
      case 2:
        return this.#take(this.native.call(handle, values[0], values[1]));
      default:
        return this.#take(this.native.call(handle, ...values));
    }
  }

  callWith(
    handle: number,
    args: readonly unknown[],
    keywords: Readonly<Record<string, unknown>> | undefined,
  ): unknown {
    return this.withTape((tape) => {
      tape.call(args, keywords);
      return this.native.callTape(handle, tape.finish(this.registers));
    });
  }

  /** A function of python/inmem/_bridge.py. */
  python(name: string, ...args: unknown[]): unknown {
    return this.call(this.functionNamed(name), args);
  }

  /** Its number. */
  functionNamed(name: string): number {
    const known = this.#functions.get(name);
    if (known !== undefined) return known;
    const handle = this.native.getAttribute(this.#module, name) as number;
    if (this.registers[Register.kind] !== Kind.handle) {
      throw new Error(`inmem._bridge has no ${name}`);
    }
    this.#functions.set(name, handle); // held for as long as the environment lives
    return handle;
  }

  getAttribute(handle: number, name: string): unknown {
    let number = this.#names.get(name);
    if (number === undefined && this.#names.size < MAX_NAMES) {
      number = this.native.intern(name);
      this.#names.set(name, number);
    }
    return this.#take(this.native.getAttribute(handle, number ?? name));
  }

  /** Once more a number for the object of a proxy, and what it can do. */
  again(proxy: object): { handle: number; traits: number } {
    const handle = this.native.toPython(
      this.withMemory((tape) => {
        tape.value(proxy, 0);
        return tape.finish(this.registers);
      }),
    ) as number;
    if (this.registers[Register.kind] !== Kind.handle) this.#take(handle);
    return { handle, traits: this.registers[Register.traits] as number };
  }

  /** A Python object of the value's own: containers are copied to `depth` (-1: all). */
  toPython(value: unknown, depth: number): unknown {
    return this.withTape((tape) => {
      tape.value(value, depth);
      return this.native.toPython(tape.finish(this.registers));
    });
  }

  /** What stands in Python for a member that JavaScript does not have. */
  get missing(): object {
    this.#missing ??= this.#take(this.native.getAttribute(this.#module, "MISSING")) as object;
    return this.#missing;
  }

  /** A copy to `depth` levels (-1: all); `oneLevel`: what is in it by reference. */
  toJs(handle: number, depth: number, oneLevel: boolean, owner: Numbers): unknown {
    const given = this.native.toJs(handle, depth, oneLevel);
    if (this.registers[Register.kind] !== Kind.tape) return this.#take(given);
    return this.read(given, owner, (reader) => reader.value());
  }

  /** The items of a sequence, as they are. */
  items(handle: number): unknown[] {
    const items = this.toJs(handle, 1, false, this);
    return Array.isArray(items) ? items : Array.from(items as Iterable<unknown>);
  }

  buffer(handle: number, mode: number, most: number, letter: number): NativeBuffer {
    return this.#take(this.native.getBuffer(handle, mode, most, letter)) as NativeBuffer;
  }

  /** Writes a tape of its own and takes what native gives for it. */
  withTape(use: (tape: TapeWriter) => unknown): unknown {
    return this.#take(this.withMemory(use));
  }

  // Writing may run code of the program (getters, traps), which writes tapes too.
  withMemory<T>(use: (tape: TapeWriter) => T): T {
    const memory = this.#tapes.pop() ?? new TapeMemory(this.#tapeCount++, this.native);
    const writer = new TapeWriter(memory, this);
    // Numbers on it stay good, whatever that code lets go.
    this.registers[Register.openTapes] = (this.registers[Register.openTapes] as number) + 1;
    try {
      return use(writer);
    } catch (error) {
      writer.abandon();
      throw error;
    } finally {
      this.registers[Register.openTapes] = (this.registers[Register.openTapes] as number) - 1;
      this.#tapes.push(memory);
    }
  }

  /** What native gave: the value, or the error thrown. */
  #take(value: unknown): unknown {
    const registers = this.registers;
    const kind = registers[Register.kind];
    if (kind === Kind.value) return value;
    return this.#taken(value, kind as number, registers[Register.traits] as number);
  }

  #taken(value: unknown, kind: number, traits: number): unknown {
    switch (kind) {
      case Kind.handle:
        return this.proxy(value as number, traits);
      case Kind.tape:
        return this.read(value, this, (reader) => reader.value());
      case Kind.object:
        return this.object(value as number);
      case Kind.thrown:
        throw this.objects.get(value as number);
      default:
        throw errorOf(this, this.proxy(value as number, traits));
    }
  }

  /** Reads a tape; what an error leaves unread is given back. */
  read<T>(extras: unknown, owner: Numbers, use: (reader: TapeReader) => T): T {
    if (extras instanceof Error) throw extras; // native had no memory for it, and took it back
    const tags = this.registers[Register.tags] as number;
    const words = this.registers[Register.words] as number;
    const reader = new TapeReader(
      this.#outTags.subarray(0, tags),
      this.#outWords.subarray(0, words),
      extras,
      owner,
    );
    try {
      return use(reader);
    } catch (error) {
      for (const handle of reader.unread()) this.held.giveBack(handle, 1);
      throw error;
    }
  }

  proxy(handle: number, traits: number): object {
    return this.held.receive(handle, traits, (held) => makeProxy(this, held));
  }

  object(number: number): object {
    return this.objects.get(number);
  }

  // --- Python -> JavaScript --------------------------------------------------------------

  /** native calls it: JsOp. Never throws but where the stack has ended. */
  readonly #dispatch = (op: number, number: number, ...values: unknown[]): unknown => {
    try {
      if (op === JsOp.release) {
        this.objects.release(this.native.takeReleased());
        return undefined;
      }
      if (op === JsOp.settle) {
        this.async.settle(number, values[0], values[1] as number);
        return undefined;
      }
      if (op === JsOp.promise) {
        void answer(this, this.objects.get(number), values[0] as number, values[1] as number);
        return undefined;
      }
      if (op === JsOp.within) return this.#within(number, values);
      if (op === JsOp.function) return this.objects.get(number);
      if (op === JsOp.give) return this.#give(values[0]);
      if (op === JsOp.throw) return this.#throw(values[0]);
      const { args, keywords } = this.#arguments(values);
      // Nobody waits for it any more; its object may have gone.
      if (op === JsOp.drop) return this.#give(undefined);
      if (op === JsOp.notify) return this.#notify(this.objects.get(number), args);
      return this.#give(operations[op]?.(this, this.objects.get(number), args, keywords));
    } catch (error) {
      return this.#throw(error);
    }
  };

  // Its error is nobody's: an uncaught exception, as of an event's listener.
  #notify(listener: object, args: unknown[]): unknown {
    try {
      (listener as (...args: unknown[]) => void)(...args);
    } catch (error) {
      setImmediate(() => {
        throw error;
      });
    }
    return this.#give(undefined);
  }

  #within(number: number, [extras, call, op]: unknown[]): unknown {
    const { args, keywords } = this.read(extras, this, (reader) => reader.call());
    const object = this.objects.get(number);
    return this.#give(
      this.async.within(call as number, () =>
        operations[op as number]?.(this, object, args, keywords),
      ),
    );
  }

  #arguments(values: unknown[]): {
    args: unknown[];
    keywords: Record<string, unknown> | undefined;
  } {
    const registers = this.registers;
    if (registers[Register.kind] === Kind.tape) {
      return this.read(values[0], this, (reader) => reader.call());
    }
    const handles = registers[Register.handles] as number;
    const objects = registers[Register.objects] as number;
    if ((handles | objects) === 0) return { args: values, keywords: undefined };
    const traits = registers.slice(Register.argTraits, Register.argTraits + values.length);
    for (let i = 0; i < values.length; i++) {
      const bit = 1 << i;
      if (handles & bit) values[i] = this.proxy(values[i] as number, traits[i] as number);
      else if (objects & bit) values[i] = this.object(values[i] as number);
    }
    return { args: values, keywords: undefined };
  }

  #give(value: unknown): unknown {
    const registers = this.registers;
    if (isScalar(value)) {
      registers[Register.kind] = Kind.value;
      return value;
    }
    if (typeof value === "symbol") throw new TypeError("a Symbol cannot become a Python object");
    if (value instanceof Tuple || isExact(value as object)) return this.#giveValue(value);
    if (value instanceof ByReference) return this.#giveObject(value.object, Kind.object);
    const handle = this.handleOf(value as object);
    if (handle >= 0) {
      registers[Register.kind] = Kind.handle;
      return handle;
    }
    return this.#giveObject(value as object, Kind.object);
  }

  #giveValue(value: unknown): unknown {
    const extras = this.withMemory((tape) => {
      tape.value(value, 0);
      return tape.finish(this.registers);
    });
    this.registers[Register.kind] = Kind.tape;
    return extras;
  }

  #giveObject(value: object, kind: number): number {
    const number = this.objects.send(value);
    this.registers[Register.kind] = kind;
    this.registers[Register.traits] = this.objects.traits(number);
    return number;
  }

  /** What Python raises for it, if that is an exception of Python's. */
  exceptionBehind(error: unknown): object | undefined {
    const exception = isObject(error) ? (exceptionOf(error) ?? exceptionItself(error)) : undefined;
    // That of another interpreter is a JavaScript error here.
    return exception !== undefined && targetOf(exception)?.crossing === this
      ? exception
      : undefined;
  }

  #throw(error: unknown): unknown {
    const exception = this.exceptionBehind(error);
    const handle = exception === undefined ? -1 : this.handleOf(exception);
    if (handle >= 0) {
      this.registers[Register.kind] = Kind.error;
      return handle;
    }
    return this.#giveObject(thrownObject(error), Kind.thrown);
  }
}

/** The proxy of an exception, thrown as it is. */
function exceptionItself(error: object): object | undefined {
  const traits = targetOf(error)?.held.traits ?? 0;
  return (traits & PyTrait.exception) !== 0 ? error : undefined;
}
