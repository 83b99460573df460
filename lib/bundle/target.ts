// lib/bundle/target.ts: the platform and the Python that a bundle is for, in the words of wheel tags.
import { InmemError } from "../errors.js";

/** A target that was asked for; what is absent is this host's. */
export interface TargetWish {
  /** `"manylinux_2_28_aarch64"` */
  readonly platform?: string | undefined;
  /** `"3.12"` */
  readonly pythonVersion?: string | undefined;
}

/** A target that is not simply this host. */
export interface Target {
  /** Platform tags, the best first; empty: this host's. */
  readonly platforms: readonly string[];
  /** `"3.13"` */
  readonly pythonVersion: string;
  /** What environment markers see in place of this interpreter's own values. */
  readonly markers: Readonly<Record<string, string>>;
}

const TAG =
  /^(manylinux|musllinux)_(\d+)_(\d+)_(x86_64|aarch64|i686|ppc64le|s390x|armv7l|riscv64)$/;
const OLD_TAG = /^manylinux(1|2010|2014)_(\w+)$/;
/** The glibc minor version that the names before PEP 600 stand for. */
const OLD_NAMES: Readonly<Record<string, number>> = { "1": 5, "2010": 12, "2014": 17 };

/**
 * The target that was asked for; undefined: this host.
 * @param own - this interpreter's version, `"3.13.5"`.
 * @throws {InmemError} ERR_INMEM_CONFIG for a platform or version that there is not.
 */
export function targetFor(
  { platform, pythonVersion }: TargetWish,
  own: string,
): Target | undefined {
  if (platform === undefined && pythonVersion === undefined) return undefined;
  const ownMinor = own.split(".").slice(0, 2).join(".");
  const version = pythonVersion ?? ownMinor;
  if (!/^3\.\d+$/.test(version)) {
    fail(`Python version "${version}" (expected 3 and a minor version: ${ownMinor})`);
  }
  const machine = platform === undefined ? undefined : machineOf(platform);
  return {
    platforms: platform === undefined ? [] : platformTags(platform),
    pythonVersion: version,
    markers: {
      ...(machine && {
        platform_machine: machine,
        sys_platform: "linux",
        platform_system: "Linux",
      }),
      ...(version !== ownMinor && {
        python_version: version,
        python_full_version: `${version}.0`,
        implementation_version: `${version}.0`,
      }),
    },
  };
}

/**
 * The platform and all older ones whose wheels run there too, the newest first (PEP 600, PEP 656).
 * @throws {InmemError} ERR_INMEM_CONFIG
 */
export function platformTags(platform: string): string[] {
  const old = OLD_TAG.exec(platform);
  if (old) return platformTags(`manylinux_2_${OLD_NAMES[old[1] ?? ""]}_${old[2]}`);
  const [, libc, major, minor, machine = ""] =
    TAG.exec(platform) ??
    fail(
      `platform "${platform}" (expected manylinux_2_28_x86_64, manylinux_2_28_aarch64, musllinux_1_2_x86_64 or the like)`,
    );
  const tags: string[] = [];
  // manylinux begins with glibc 2.5 on x86, with 2.17 on all others.
  const first = libc === "musllinux" ? 0 : machine === "x86_64" || machine === "i686" ? 5 : 17;
  for (let version = Number(minor); version >= first; version--) {
    tags.push(`${libc}_${major}_${version}_${machine}`);
    const alias = Object.keys(OLD_NAMES).find((name) => OLD_NAMES[name] === version);
    if (alias && libc === "manylinux") tags.push(`manylinux${alias}_${machine}`);
  }
  return [...tags, `linux_${machine}`];
}

function machineOf(platform: string): string {
  return (
    /_(x86_64|aarch64|i686|ppc64le|s390x|armv7l|riscv64)$/.exec(platform)?.[1] ??
    fail(`platform "${platform}" names no processor (expected manylinux_2_28_x86_64 or the like)`)
  );
}

function fail(message: string): never {
  throw new InmemError("ERR_INMEM_CONFIG", message);
}
