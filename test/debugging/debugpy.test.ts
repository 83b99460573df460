// test/debugging/debugpy.test.ts: the stock debugpy attaches to a bundle, stops in it, reads it, goes on.
import { connect, type Socket } from "node:net";
import { expect, it } from "vitest";
import { py } from "../helpers/python.js";
import { bundleOf, places, runModule } from "./support.js";

interface Message {
  readonly type: "response" | "event";
  readonly event?: string;
  readonly command?: string;
  readonly success?: boolean;
  readonly request_seq?: number;
  // biome-ignore lint/suspicious/noExplicitAny: the protocol's, of many shapes
  readonly body?: any;
}

/** A client of the Debug Adapter Protocol, as small as it can be. */
class Client {
  readonly #socket: Socket;
  #seq = 0;
  #unread = Buffer.alloc(0);
  readonly #seen: Message[] = [];
  readonly #waiting: {
    readonly is: (m: Message) => boolean;
    readonly take: (m: Message) => void;
  }[] = [];

  constructor(port: number) {
    this.#socket = connect(port, "127.0.0.1").on("data", (chunk) => this.#read(chunk));
  }

  /** Sends a request; its response comes later: some wait for another request. */
  request(command: string, args: object = {}): Promise<Message> {
    const seq = ++this.#seq;
    const text = JSON.stringify({ seq, type: "request", command, arguments: args });
    this.#socket.write(`Content-Length: ${Buffer.byteLength(text)}\r\n\r\n${text}`);
    return this.#when((m) => m.type === "response" && m.request_seq === seq);
  }

  event(name: string): Promise<Message> {
    return this.#when((m) => m.type === "event" && m.event === name);
  }

  close(): void {
    this.#socket.destroy();
  }

  #when(is: (message: Message) => boolean): Promise<Message> {
    const at = this.#seen.findIndex(is);
    const [found] = at < 0 ? [] : this.#seen.splice(at, 1);
    if (found) return Promise.resolve(found);
    return new Promise((take) => this.#waiting.push({ is, take }));
  }

  #read(chunk: Buffer): void {
    this.#unread = Buffer.concat([this.#unread, chunk]);
    for (;;) {
      const end = this.#unread.indexOf("\r\n\r\n");
      const header = this.#unread.subarray(0, Math.max(end, 0)).toString();
      const length = Number(/Content-Length: (\d+)/.exec(header)?.[1] ?? Number.NaN);
      if (!(this.#unread.length >= end + 4 + length)) return;
      const text = this.#unread.subarray(end + 4, end + 4 + length).toString();
      this.#unread = this.#unread.subarray(end + 4 + length);
      this.#take(JSON.parse(text) as Message);
    }
  }

  #take(message: Message): void {
    const at = this.#waiting.findIndex(({ is }) => is(message));
    const [waiting] = at < 0 ? [] : this.#waiting.splice(at, 1);
    if (waiting) waiting.take(message);
    else this.#seen.push(message);
  }
}

/** Stops where `result` is added to for the second time; gives what it read there. */
async function debug(port: number, file: string): Promise<{ line: number; locals: object }> {
  const client = new Client(port);
  await client.request("initialize", { adapterID: "test", pathFormat: "path" });
  const attached = client.request("attach", { justMyCode: false });
  await client.event("initialized");
  const breakpoints = [{ line: 4, condition: "result > 0" }];
  const set = await client.request("setBreakpoints", { source: { path: file }, breakpoints });
  expect(set.body.breakpoints).toMatchObject([{ verified: true, line: 4 }]);
  await client.request("configurationDone");
  expect(await attached).toMatchObject({ success: true });
  const { threadId } = (await client.event("stopped")).body;
  const { stackFrames } = (await client.request("stackTrace", { threadId })).body;
  const [frame] = stackFrames;
  expect(frame).toMatchObject({ name: "total", source: { path: file } });
  const { scopes } = (await client.request("scopes", { frameId: frame.id })).body;
  const { variablesReference } = scopes[0];
  const { variables } = (await client.request("variables", { variablesReference })).body;
  const pairs = variables.map(({ name, value }: { name: string; value: string }) => [name, value]);
  await client.request("continue", { threadId });
  await client.event("terminated");
  client.close();
  return { line: frame.line, locals: Object.fromEntries(pairs) };
}

const bundle = bundleOf({
  "shop/debugged.py": py`
    import debugpy

    print("port", debugpy.listen(("127.0.0.1", 0))[1], flush=True)
    debugpy.wait_for_client()
    from shop.prices import total

    print("total", total([1, 2]), flush=True)
  `,
});

it.each(places)("in the %s", async (place) => {
  const file = `${await bundle}/shop/prices.py`;
  let session: ReturnType<typeof debug> | undefined;
  const result = await runModule(place, await bundle, ["shop.debugged"], {
    onSpawn(child) {
      child.stdout?.on("data", (text: string) => {
        const port = /^port (\d+)$/m.exec(text)?.[1];
        if (port) session ??= debug(Number(port), file);
      });
    },
  });
  expect(result).toMatchObject({ code: 0, timedOut: false });
  expect(result.stdout).toMatch(/^port \d+\ntotal 3\n$/);
  const seen = await session;
  expect(seen?.line).toBe(4);
  expect(seen?.locals).toMatchObject({ price: "2", result: "1" });
});
