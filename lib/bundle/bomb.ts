// lib/bundle/bomb.ts: archives that unpack to what nobody wants.
import type { NativeArchive } from "../binding.js";
import { InmemError } from "../errors.js";

/** Honest wheels shrink to a fifth; the largest of them is some gigabytes. */
const BOMB_RATIO = 100;
const BOMB_BYTES = 1 << 30;

/**
 * By what the archive itself declares; no entry can unpack to more than it declares.
 * @throws {InmemError} ERR_INMEM_BUNDLER.
 */
export function refuseBomb(archive: NativeArchive, origin: string, fileBytes: number): void {
  const total = archive.entries.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  if (total < BOMB_BYTES || total < fileBytes * BOMB_RATIO) return;
  const message = `${origin}: ${fileBytes} bytes that unpack to ${total} (expected less than ${BOMB_RATIO} times as much)`;
  throw new InmemError("ERR_INMEM_BUNDLER", message);
}
