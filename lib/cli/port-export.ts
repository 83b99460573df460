// lib/cli/port-export.ts: offers a program's own TCP port to others under another number.
import { connect, createServer, type Socket } from "node:net";
import { InmemError } from "../errors.js";

export interface PortExport {
  /** Takes no more connections, and ends those there are. */
  close(): void;
}

/**
 * Connections to `exported`, from anywhere, go on to `port` of this host alone.
 * @throws {InmemError} ERR_INMEM_CONFIG when `exported` cannot be had.
 */
export async function exportPort(exported: number, port: number): Promise<PortExport> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (from) => {
    const to = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
    for (const [one, other] of [
      [from, to],
      [to, from],
    ] as const) {
      open.add(one);
      one.pipe(other);
      // The program may not listen yet, or a client may be gone: the other side sees an end.
      one.on("error", () => other.destroy());
      one.on("close", () => open.delete(one));
    }
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
    close() {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}
