// lib/audit/report.ts: what audit() gives; `inmem-python audit --json` prints it.

/** What a finding is about; docs/cli.md says what each means. */
export type AuditRule =
  | "unresolved-library"
  | "missing-symbol"
  | "version-not-met"
  | "other-python"
  | "other-machine"
  | "other-libc"
  | "misplaced-object"
  | "unreadable-object"
  | "policy-not-met"
  | "host-not-met"
  | "untrue-tag"
  | "load-order"
  | "newer-than-node"
  | "executable-stack"
  | "text-relocations"
  | "processor";

/** Errors make `ok` false; warnings are faults that do no harm where it was asked about; notes inform. */
export type AuditLevel = "error" | "warning" | "note";

export interface AuditFinding {
  readonly rule: AuditRule;
  readonly level: AuditLevel;
  /** Path of the archive. */
  readonly file: string;
  /** Entry in it; undefined where the wheel as a whole is meant. */
  readonly object: string | undefined;
  /** `"numpy 2.3.4"`; undefined for what belongs to no wheel. */
  readonly distribution: string | undefined;
  /** What was found, what was expected. */
  readonly message: string;
}

export interface AuditedNeed {
  readonly soname: string;
  readonly from: "bundle" | "elsewhere" | "host" | "python" | "other-python" | "nowhere";
  /** The entry or this host's file; undefined where it is not here. */
  readonly path: string | undefined;
}

export interface AuditedObject {
  readonly entry: string;
  readonly distribution: string | undefined;
  readonly kind: "module" | "library" | "program";
  /** `"x86_64"`, or ELF's name of a machine that is not read. */
  readonly machine: string;
  readonly sizeBytes: number;
  readonly soname: string;
  readonly buildId: string;
  readonly needs: readonly AuditedNeed[];
  /** The newest version of glibc that it asks for: `"2.17"`; empty where none. */
  readonly glibc: string;
  /** What mapped loading copies and maps; the rest is never loaded. */
  readonly copiedBytes: number;
  readonly mappedBytes: number;
  /** Why it cannot be mapped; empty where it can. */
  readonly mapRefusal: string;
}

export interface AuditedWheel {
  readonly name: string;
  readonly version: string;
  /** Platform tags that it declares. */
  readonly declared: readonly string[];
  /** The true one: `"manylinux_2_17_x86_64"`, `"linux_x86_64"`, `"any"`; undefined where it cannot be judged. */
  readonly policy: string | undefined;
  readonly aliases: readonly string[];
  /** What the versions of symbols alone allow. */
  readonly symbolPolicy: string | undefined;
  /** By library: the versions that are asked of it. */
  readonly versions: Readonly<Record<string, readonly string[]>>;
  /** Sonames that its objects take from the host. */
  readonly hostLibraries: readonly string[];
  /** Sonames that are neither in it nor in its best possible policy. */
  readonly externalLibraries: readonly string[];
  /** Why the policy is no better one. */
  readonly reasons: readonly string[];
  /** Why it cannot be judged; empty where it can. */
  readonly problem: string;
  readonly objects: number;
  /** Whether this host has what it asks for. */
  readonly runsHere: boolean;
  /** Whether it asks for no newer glibc than Node's own builds do. */
  readonly runsWhereNodeDoes: boolean;
}

export interface AuditedFile {
  readonly path: string;
  readonly kind: "bundle" | "wheel";
  readonly sizeBytes: number;
  readonly entries: number;
  readonly wheels: readonly AuditedWheel[];
  readonly objects: readonly AuditedObject[];
}

export interface AuditReport {
  /** Nothing is unresolved, and the policy and the host that were asked for are met. */
  readonly ok: boolean;
  readonly files: readonly AuditedFile[];
  readonly findings: readonly AuditFinding[];
  readonly asked: {
    /** `"manylinux_2_17"`: for the machine of each wheel; `"manylinux_2_17_x86_64"`: for that one. */
    readonly policy: string | undefined;
    readonly host: boolean;
  };
  readonly host: {
    readonly glibc: string;
    readonly machine: string;
    /** `"cp313"`. */
    readonly python: string;
  };
}
