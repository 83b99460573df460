// lib/bundle/wheel.ts: a wheel as a list of files for site-packages.
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { basename } from "node:path";
import { pipeline } from "node:stream/promises";
import { binding, type NativeArchive } from "../binding.js";
import { InmemError } from "../errors.js";

/** What the manifest and the user are told about a wheel. */
export interface WheelInfo {
  /** As its metadata spells it: `"numpy"`. */
  readonly name: string;
  readonly version: string;
  /** `"numpy-2.3.4-cp313-cp313-manylinux_2_28_x86_64.whl"` */
  readonly fileName: string;
  /** Compatibility tags of the file name: `"cp313-cp313-manylinux_2_28_x86_64"`. */
  readonly tags: string;
  /** SHA-256 of the file, hexadecimal. */
  readonly sha256: string;
}

/** One file of a wheel under the name that it gets in the bundle. */
export interface WheelFile {
  readonly name: string;
  readonly mode: number;
  /** The content, checked against the wheel's CRC-32. */
  read(): Buffer;
}

export interface Wheel {
  readonly info: WheelInfo;
  readonly files: readonly WheelFile[];
}

// PEP 427: NAME-VERSION(-BUILD)?-PYTHON-ABI-PLATFORM.whl
const FILE_NAME = /^[^-]+-[^-]+(?:-\d[^-]*)?-([^-]+-[^-]+-[^-]+)\.whl$/;
const METADATA = /^[^/]+\.dist-info\/METADATA$/;
/** The two folders of `NAME.data/` that are site-packages too. */
const LIBRARY_DATA = /^[^/]+\.data\/(?:purelib|platlib)\//;

/**
 * Opens a wheel; contents are read when they are asked for.
 * @throws {InmemError} ERR_INMEM_BUNDLER when it is not a wheel, or the codes
 * of a broken archive (ERR_INMEM_NOT_ZIP and the like).
 */
export async function openWheel(path: string): Promise<Wheel> {
  const fileName = basename(path);
  const tags = FILE_NAME.exec(fileName)?.[1];
  if (tags === undefined) fail(fileName, "the name has no tags (expected NAME-VERSION-TAGS.whl)");
  const archive = binding().openArchive(path);
  const { name, version } = readMetadata(archive, fileName);
  const info = { name, version, fileName, tags, sha256: await sha256OfFile(path) };
  return { info, files: filesOf(archive) };
}

function filesOf(archive: NativeArchive): WheelFile[] {
  return archive.entries.flatMap((entry, index) =>
    entry.name.endsWith("/")
      ? []
      : [
          {
            // scripts, headers and data keep their place below NAME.data/.
            name: entry.name.replace(LIBRARY_DATA, ""),
            mode: entry.mode & 0o111 ? 0o755 : 0o644,
            read: () => archive.read(index),
          },
        ],
  );
}

function readMetadata(archive: NativeArchive, fileName: string) {
  const index = archive.entries.findIndex((entry) => METADATA.test(entry.name));
  if (index < 0) fail(fileName, "no NAME.dist-info/METADATA in it (expected a wheel)");
  const text = archive.read(index).toString("utf8");
  const [header = ""] = text.split(/\r?\n\r?\n/, 1); // a description follows
  const name = /^Name:\s*(\S+)/im.exec(header)?.[1];
  const version = /^Version:\s*(\S+)/im.exec(header)?.[1];
  if (name === undefined || version === undefined) {
    fail(fileName, "METADATA has no Name or Version");
  }
  return { name, version };
}

async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}

function fail(fileName: string, what: string): never {
  throw new InmemError("ERR_INMEM_BUNDLER", `${fileName}: ${what}`);
}
