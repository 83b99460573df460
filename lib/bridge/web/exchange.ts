// lib/bridge/web/exchange.ts: one request or WebSocket in a Python web application.
import type { Crossing } from "../crossing.js";
import { ByValue } from "../wrapped.js";
import type { Scope } from "./scope.js";

type Headers = readonly (readonly [name: string, value: string])[];

/** How a response begins. */
export type Start = readonly ["start", status: number, headers: Headers, reason: string];

/** What the application sends: python/inmem/_web.py, translated(). */
export type Sent =
  | Start
  | readonly ["body", chunk: Uint8Array, more: boolean]
  | readonly ["accept", protocol: string | null, headers: Headers]
  | readonly ["text", text: string]
  | readonly ["bytes", data: Uint8Array]
  | readonly ["close", code: number, reason: string];

/** An application. All calls are asynchronous: none takes JavaScript's thread, not even its import. */
export class WebApplication {
  readonly #crossing: Crossing;
  readonly #kind: "asgi" | "wsgi";
  readonly #given: unknown;
  #app: Promise<unknown> | undefined;
  #lifespan: Promise<unknown> | undefined;
  #started: Promise<void> | undefined;
  #stopped = false;

  /** @param app a proxy of an application, or `module:name`. */
  constructor(crossing: Crossing, kind: "asgi" | "wsgi", app: unknown) {
    this.#crossing = crossing;
    this.#kind = kind;
    this.#given = app;
  }

  call(name: string, ...args: unknown[]): Promise<unknown> {
    return this.#callIn("inmem._web", name, ...args);
  }

  #callIn(...args: [module: string, name: string, ...unknown[]]): Promise<unknown> {
    return this.#crossing.async.call(this.#crossing.functionNamed("call_in"), args);
  }

  #ofLifespan(name: string, given: unknown): Promise<unknown> {
    return this.#callIn("inmem._web_lifespan", name, given);
  }

  /** Lets the application start, once; rejects with why it does not. */
  started(): Promise<void> {
    this.#started ??= this.#start();
    return this.#started;
  }

  async #start(): Promise<void> {
    this.#app = this.call("application", this.#kind, this.#given);
    if (this.#kind === "wsgi") {
      await this.#app;
      return;
    }
    this.#lifespan = this.#ofLifespan("lifespan", await this.#app);
    const failed = (await this.#ofLifespan("startup", await this.#lifespan)) as string;
    if (failed !== "") throw new Error(`the web application did not start: ${failed}`);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    if (this.#lifespan === undefined) return;
    await this.#started?.catch(() => {});
    const failed = (await this.#ofLifespan("shutdown", await this.#lifespan)) as string;
    if (failed !== "") throw new Error(`the web application did not shut down: ${failed}`);
  }

  async open(scope: Scope): Promise<Exchange> {
    if (this.#stopped) throw new Error("the web application was shut down by close()");
    await this.started();
    const [app, lifespan] = await Promise.all([this.#app, this.#lifespan]);
    const opened = await this.call("open_exchange", app, lifespan, new ByValue(scope));
    const [ticket, exchange] = opened as [ticket: object, exchange: object];
    // It goes on by itself; what it raises is asked for by its ticket.
    void this.call("serve", exchange).catch(() => {});
    return new Exchange(this, ticket);
  }
}

export class Exchange {
  readonly #application: WebApplication;
  readonly #ticket: object;

  constructor(application: WebApplication, ticket: object) {
    this.#application = application;
    this.#ticket = ticket;
  }

  /** The application's next message; null: it is through. */
  take(): Promise<Sent | null> {
    return this.#application.call("take", this.#ticket) as Promise<Sent | null>;
  }

  /** Resolves when the application has taken it; false: it takes no more. */
  async body(chunk: Uint8Array, more: boolean): Promise<boolean> {
    const call = this.#application.call("body", this.#ticket, new ByValue(chunk), more);
    return (await call) as boolean;
  }

  /** A whole body, as far as it is wanted. Errors of the source end the request, as the client's going does. */
  async bodyFrom(chunks: AsyncIterable<unknown>): Promise<void> {
    try {
      for await (const chunk of chunks) {
        const bytes = typeof chunk === "string" ? Buffer.from(chunk) : (chunk as Uint8Array);
        if (!(await this.body(bytes, true))) return;
      }
      await this.body(new Uint8Array(), false);
    } catch {
      await this.disconnect().catch(() => {});
    }
  }

  async message(data: string | Uint8Array): Promise<void> {
    if (typeof data === "string") await this.#application.call("receive_text", this.#ticket, data);
    else await this.#application.call("receive_bytes", this.#ticket, new ByValue(data));
  }

  /** The client of a WebSocket has gone, and messages of its are still to be told. */
  async leave(): Promise<void> {
    await this.#application.call("leave", this.#ticket);
  }

  async disconnect(code = 1005, reason = ""): Promise<void> {
    await this.#application.call("disconnect", this.#ticket, code, reason);
  }

  /** What the application sent cannot be used: it is ended. */
  async cancel(): Promise<void> {
    await this.#application.call("cancel", this.#ticket);
  }

  /** What comes after the response: background tasks, and what they raise. They end with Python. */
  async exhaust(onError: OnError): Promise<void> {
    const traceback = await this.#rest().catch(() => "");
    if (traceback !== "") onError(traceback);
  }

  async tellFailure(onError: OnError): Promise<boolean> {
    const traceback = await this.#failure();
    if (traceback !== "") onError(traceback);
    return traceback !== "";
  }

  async #rest(): Promise<string> {
    while ((await this.take()) !== null);
    return this.#failure();
  }

  async #failure(): Promise<string> {
    return (await this.#application.call("failure", this.#ticket)) as string;
  }
}

/** Told of what the application raised, and of what is wrong with what it sent. */
export type OnError = (text: string) => void;

export function textOf(error: unknown): string {
  return `${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`;
}
