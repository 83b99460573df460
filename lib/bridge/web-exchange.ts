// lib/bridge/web-exchange.ts: one request or WebSocket in a Python web application.
import type { Crossing } from "./crossing.js";
import type { Scope } from "./web-scope.js";
import { ByValue } from "./wrapped.js";

/** What the application sends: python/inmem/_web.py, take(). */
export type Sent =
  | readonly ["start", status: number, headers: readonly (readonly [string, string])[]]
  | readonly ["body", chunk: Uint8Array, more: boolean]
  | readonly ["accept", protocol: string | null, headers: readonly (readonly [string, string])[]]
  | readonly ["text", text: string]
  | readonly ["bytes", data: Uint8Array]
  | readonly ["close", code: number, reason: string]
  | readonly ["other", type: string, nothing: null];

/** An application. All calls are asynchronous: none takes JavaScript's thread, not even its import. */
export class WebApplication {
  readonly #crossing: Crossing;
  readonly #kind: "asgi" | "wsgi";
  readonly #given: unknown;
  #app: Promise<unknown> | undefined;
  #lifespan: Promise<unknown> | undefined;
  #started: Promise<void> | undefined;

  /** @param app a proxy of an application, or `module:name`. */
  constructor(crossing: Crossing, kind: "asgi" | "wsgi", app: unknown) {
    this.#crossing = crossing;
    this.#kind = kind;
    this.#given = app;
  }

  call(name: string, ...args: unknown[]): Promise<unknown> {
    const call = this.#crossing.functionNamed("call_in");
    return this.#crossing.async.call(call, ["inmem._web", name, ...args]);
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
    this.#lifespan = this.call("lifespan", await this.#app);
    const failed = (await this.call("startup", await this.#lifespan)) as string;
    if (failed !== "") throw new Error(`the web application did not start: ${failed}`);
  }

  async stop(): Promise<void> {
    if (this.#lifespan === undefined) return;
    await this.#started?.catch(() => {});
    const failed = (await this.call("shutdown", await this.#lifespan)) as string;
    if (failed !== "") throw new Error(`the web application did not shut down: ${failed}`);
  }

  async open(scope: Scope): Promise<Exchange> {
    await this.started();
    const app = await this.#app;
    const exchange = (await this.call("open_exchange", app, new ByValue(scope))) as object;
    return new Exchange(this, exchange);
  }
}

export class Exchange {
  readonly #application: WebApplication;
  readonly #exchange: object;

  constructor(application: WebApplication, exchange: object) {
    this.#application = application;
    this.#exchange = exchange;
  }

  /** The application's next message; null: it is through. */
  take(): Promise<Sent | null> {
    return this.#application.call("take", this.#exchange) as Promise<Sent | null>;
  }

  /** Resolves when the application has taken it, or has ended. */
  async body(chunk: Uint8Array, more: boolean): Promise<void> {
    await this.#application.call("body", this.#exchange, new ByValue(chunk), more);
  }

  /** A whole body. Errors of the source end the request, as the client's going does. */
  async bodyFrom(chunks: AsyncIterable<unknown>): Promise<void> {
    try {
      for await (const chunk of chunks) {
        const bytes = typeof chunk === "string" ? Buffer.from(chunk) : (chunk as Uint8Array);
        await this.body(bytes, true);
      }
      await this.body(new Uint8Array(), false);
    } catch {
      await this.disconnect();
    }
  }

  async message(data: string | Uint8Array): Promise<void> {
    if (typeof data === "string")
      await this.#application.call("receive_text", this.#exchange, data);
    else await this.#application.call("receive_bytes", this.#exchange, new ByValue(data));
  }

  async disconnect(code = 1005, reason = ""): Promise<void> {
    await this.#application.call("disconnect", this.#exchange, code, reason);
  }

  async failure(): Promise<string> {
    return (await this.#application.call("failure", this.#exchange)) as string;
  }
}
