// test/cli/port-export.test.ts: what is offered under another port ends with nothing lost.
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { buffer } from "node:stream/consumers";
import { expect, it } from "vitest";
import { exportPort } from "../../lib/cli/port-export.js";

/** A program that does this with each connection, offered under another port. */
async function offered(serve: (socket: Socket) => void) {
  const program = createServer({ allowHalfOpen: true }, serve).listen(0, "127.0.0.1");
  await once(program, "listening");
  const spare = createServer().listen(0);
  await once(spare, "listening");
  const { port } = spare.address() as AddressInfo;
  await new Promise((resolve) => spare.close(resolve));
  const offer = await exportPort(port, (program.address() as AddressInfo).port);
  return { program, port, offer };
}

it("hands on the whole answer of a program that has ended", async () => {
  const answer = Buffer.alloc(1 << 20, "answer");
  let written: () => void;
  const hasWritten = new Promise<void>((resolve) => {
    written = resolve;
  });
  const { program, port, offer } = await offered((socket) => socket.end(answer, written));
  const client = connect(port, "127.0.0.1");
  await hasWritten;
  program.close();
  const [got] = await Promise.all([buffer(client), offer.close()]);
  expect(got.equals(answer)).toBe(true);
});

it("ends what the program left open, and hands on what it said", async () => {
  const held: Socket[] = [];
  const { program, port, offer } = await offered((socket) => {
    held.push(socket);
    socket.on("error", () => {});
    socket.write("all I say");
  });
  const client = connect(port, "127.0.0.1");
  await once(program, "connection");
  const [got] = await Promise.all([buffer(client), offer.close()]);
  expect(got.toString()).toBe("all I say");
  for (const socket of held) socket.destroy();
  program.close();
});

it("does not wait for a client that never reads", async () => {
  const { program, port, offer } = await offered((socket) => {
    socket.on("error", () => {});
    socket.end(Buffer.alloc(32 << 20));
  });
  const client = connect(port, "127.0.0.1").pause();
  client.on("error", () => {});
  await once(program, "connection");
  await offer.close();
  client.destroy();
  program.close();
});
