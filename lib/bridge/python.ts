// lib/bridge/python.ts: what start() gives: Python, for calls from JavaScript.
import { InmemError } from "../errors.js";
import { type BundleInput, checkString, wrongType } from "../options.js";
import { asBuffer } from "./as-buffer.js";
import { closeCrossing } from "./closed.js";
import { checkCode, type RunPythonOptions } from "./code-options.js";
import { withAsyncManager, withManager } from "./context-manager.js";
import type { Crossing } from "./crossing.js";
import {
  setUnraisableHook,
  setWarningHook,
  type UnraisableHook,
  type WarningHook,
} from "./hooks.js";
import { limited } from "./limits.js";
import type { OutputTarget, StdinSource } from "./options.js";
import { SessionMounts, type UnmountOptions } from "./session-mounts.js";
import { setInput, setOutput } from "./streams.js";
import { Template } from "./template.js";
import { type ToPyOptions, toPy } from "./to-py.js";
import type {
  AsBufferOptions,
  PyAsyncContextManager,
  PyBuffer,
  PyContextManager,
  PyDict,
  PyModule,
  PyProxy,
} from "./types.js";
import { type WebHandler, type WebOptions, webHandler } from "./web/handler.js";

export type { RunPythonOptions } from "./code-options.js";

/**
 * Python in this process, for calls. All environments (threads) of JavaScript share the one
 * interpreter, and each has proxies of its own; `start({ interpreter: "own" })` makes another.
 */
export class Python {
  readonly #crossing: Crossing;
  readonly #mounts: SessionMounts;
  readonly #template: Template;
  #closing: Promise<void> | undefined;

  /** @internal */
  constructor(crossing: Crossing, points: string[]) {
    this.#crossing = crossing;
    this.#mounts = new SessionMounts(crossing, points);
    this.#template = new Template(crossing);
  }

  /**
   * Imports a module: the innermost of a dotted name.
   * @throws {PythonError} ModuleNotFoundError, and whatever importing it raises.
   */
  pyimport<Module = PyModule>(name: string): Module {
    checkName("name", name);
    return this.#crossing.python("import_module", name) as Module;
  }

  /**
   * Runs code on this thread, which waits; gives the value of the last statement where that is an
   * expression without a semicolon behind it. Code may be indented as a whole.
   * @throws {PythonError} what the code raises.
   */
  runPython(code: string, options: RunPythonOptions = {}): unknown {
    const { args, limits } = checkCode(code, options);
    return limited(this.#crossing, limits, () => this.#crossing.python("run", ...args));
  }

  /**
   * The same on a thread of Python's own, while the event loop goes on; `await` may stand
   * outside of functions. Rejects with what the code raises.
   */
  async runPythonAsync(code: string, options: RunPythonOptions = {}): Promise<unknown> {
    const { args, limits } = checkCode(code, options);
    const { async } = this.#crossing;
    const run = this.#crossing.functionNamed("run_async");
    return async.call(run, args, undefined, undefined, limits);
  }

  /** Raises KeyboardInterrupt in all calls of this environment that are under way. */
  interrupt(): void {
    this.#crossing.native.interrupt();
  }

  /** The names that runPython() sees and sets. */
  get globals(): PyDict<string> {
    return this.#crossing.python("get_globals") as PyDict<string>;
  }

  /**
   * The value in Python's types: arrays, objects, maps, sets, dates and typed arrays are copied.
   * Scalars, and what has no like in Python, are given back as they are.
   */
  toPy(value: unknown, options?: ToPyOptions): unknown {
    return toPy(this.#crossing, value, options);
  }

  /**
   * A buffer of Python's over memory of JavaScript's, with shape and strides: a memoryview, which
   * numpy.asarray() takes. `asBuffer(view.data, view)` gives back what getBuffer() gave.
   * @throws {RangeError} elements would lie outside of the memory.
   */
  asBuffer(data: ArrayBufferView | ArrayBufferLike, options: AsBufferOptions = {}): PyBuffer {
    return asBuffer(this.#crossing, data, options);
  }

  /**
   * A Python web application (ASGI: fastapi, starlette, ...) behind Node's own http server or fetch.
   * @param app the application, or `module:name`.
   */
  asgi(app: PyProxy | string, options?: WebOptions): WebHandler {
    return webHandler(this.#crossing, "asgi", app, options);
  }

  /** The same of WSGI (flask, django, ...): each request on a thread of a pool. */
  wsgi(app: PyProxy | string, options?: WebOptions): WebHandler {
    return webHandler(this.#crossing, "wsgi", app, options);
  }

  /** Makes an object importable in Python: its members are the module's. */
  registerJsModule(name: string, members: object): void {
    checkName("name", name);
    // A function may have members, too, as many a module's default export does.
    if ((typeof members !== "object" && typeof members !== "function") || members === null) {
      throw wrongType("module", "an object", members);
    }
    this.#crossing.python("register_js_module", name, members);
  }

  unregisterJsModule(name: string): void {
    checkName("name", name);
    this.#crossing.python("unregister_js_module", name);
  }

  /** Gives Python's output to JavaScript; `"inherit"`: to the process's own stream again. */
  setStdout(target: OutputTarget): void {
    setOutput(this.#crossing, "stdout", target);
  }

  setStderr(target: OutputTarget): void {
    setOutput(this.#crossing, "stderr", target);
  }

  setStdin(source: StdinSource): void {
    setInput(this.#crossing, source);
  }

  /**
   * Told of exceptions that nobody can catch: of `__del__`, of callbacks, of threads. `doing` says where.
   * null: Python writes them to stderr again.
   */
  setUnraisableHook(hook: UnraisableHook | null): void {
    setUnraisableHook(this.#crossing, hook);
  }

  /** Told of each warning that Python's filters let through. null: they go to stderr again. */
  setWarningHook(hook: WarningHook | null): void {
    setWarningHook(this.#crossing, hook);
  }

  /**
   * Puts a bundle on `sys.path`, behind those that are there; gives its mount point (the first,
   * of a folder of wheels).
   * @throws {PythonError} ImportError, with a `code` of docs/errors.md, for what cannot be read.
   */
  mount(bundle: BundleInput): string {
    return this.#mounts.mount(bundle);
  }

  /** Takes away what mount() or start() mounted: the bundle as it was given, or a mount point. */
  unmount(bundle: BundleInput, options: UnmountOptions = {}): void {
    this.#mounts.unmount(bundle, options);
  }

  /** Mount points of start()'s bundles and of mount(), in order. */
  get mounts(): readonly string[] {
    return this.#mounts.points;
  }

  /** An expression, or statements, with values in it: `` py.py`${a} @ ${b}` ``. */
  readonly py = (strings: TemplateStringsArray, ...values: unknown[]): unknown =>
    this.#template.run(strings, values);

  /**
   * Enters a context manager, calls `use` with what that gives, and leaves it: with the error,
   * where `use` throws or its promise rejects. undefined where the manager keeps the error to itself.
   */
  with<Value, Result>(manager: PyContextManager<Value>, use: (value: Value) => Result): Result {
    return withManager(this.#crossing, manager, use as (value: unknown) => Result) as Result;
  }

  /** The same for `async with`: enters, waits for what `use` gives, and leaves, in one task of asyncio. */
  withAsync<Value, Result>(
    manager: PyAsyncContextManager<Value>,
    use: (value: Value) => Result,
  ): Promise<Awaited<Result> | undefined> {
    const body = use as (value: unknown) => unknown;
    return withAsyncManager(this.#crossing, manager, body) as Promise<Awaited<Result> | undefined>;
  }

  /** Whether it shares the interpreter with all environments, or has one of its own. */
  get interpreter(): "shared" | "own" {
    return this.#crossing.isOwn ? "own" : "shared";
  }

  /**
   * Ends an interpreter of its own: its calls, its threads (by SystemExit), its `atexit` functions.
   * Calls without an answer fail, ArrayBuffers over its memory are detached. In a callback it begins
   * when Python has come back. Resolves when nothing is left of it.
   * @throws {InmemError} ERR_INMEM_SHARED_INTERPRETER: this one is shared. ERR_INMEM_INTERPRETER: the
   * system gives no thread to end it on; it stays open.
   */
  async close(): Promise<void> {
    if (!this.#crossing.isOwn) {
      throw new InmemError(
        "ERR_INMEM_SHARED_INTERPRETER",
        'all environments share this Python, which ends with the process (expected one of start({ interpreter: "own" }))',
      );
    }
    this.#closing ??= closeCrossing(this.#crossing).catch((error: unknown) => {
      this.#closing = undefined;
      throw error;
    });
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Whether the error of a destroyed proxy shows where it was destroyed. */
  setDebug(on: boolean): boolean {
    const before = this.#crossing.held.traceDestroy;
    this.#crossing.held.traceDestroy = on;
    return before;
  }
}

/** @throws {TypeError} none given, no text, or an empty one. */
function checkName(name: string, value: unknown): void {
  if (value === undefined) throw wrongType(name, "a non-empty string", value);
  checkString(name, value);
}
