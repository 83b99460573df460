// lib/cli/port-export.ts: offers a program's own TCP port to others under another number.
import { connect, createServer, type Socket } from "node:net";
import { InmemError } from "../errors.js";

export interface PortExport {
  /**
   * For when the program has ended: takes no more connections, hands on what the program still
   * said, and ends them. Resolves when that is done; a client that takes nothing for a second is given up.
   */
  close(): Promise<void>;
}

/** How long a connection may say nothing, once the program that may have left it open has ended. */
const SILENCE_MS = 100;
/** How long a client may take to read the rest of its answer. */
const CLIENT_MS = 1000;

/**
 * Connections to `exported`, from anywhere, go on to `port` of this host alone.
 * @throws {InmemError} ERR_INMEM_CONFIG when `exported` cannot be had.
 */
export async function exportPort(exported: number, port: number): Promise<PortExport> {
  const open = new Map<Socket, Socket>();
  const server = createServer({ allowHalfOpen: true }, (from) => {
    const to = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      one.pipe(other);
      // The program may not listen yet, or a client may be gone: the other side sees an end.
      one.on("error", () => other.destroy());
    }
    open.set(from, to);
    from.on("close", () => open.delete(from));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) => {
      const message = `cannot listen on exported-port ${exported}: ${cause.message}`;
      reject(new InmemError("ERR_INMEM_CONFIG", message, { cause }));
    });
    server.listen(exported, resolve);
  });
  // The program decides when the process ends, not this.
  server.unref();
  return {
    async close() {
      server.close();
      await Promise.all([...open].map(([from, to]) => finish(from, to)));
    },
  };
}

// What the program wrote last may still be on its way through here.
async function finish(from: Socket, to: Socket): Promise<void> {
  if (from.destroyed) return;
  const closed = new Promise<void>((resolve) => from.once("close", () => resolve()));
  // Nobody is there any more to hear the client; its end must be seen.
  from.unpipe(to);
  from.resume();
  to.setTimeout(SILENCE_MS, () => {
    to.destroy();
    from.end();
  });
  from.setTimeout(CLIENT_MS, () => from.destroy());
  await closed;
  to.destroy();
}
