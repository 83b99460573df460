// lib/audit/policy-facts.ts: what is known of a policy; the facts are in policy-data.ts.

/** One policy: what it allows beyond the one before it. Lists are words in a string. */
export interface PolicyFacts {
  readonly name: string;
  readonly aliases: readonly string[];
  /** By machine and prefix: `GLIBC: "2.2.5 2.3"`. */
  readonly versions: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly libraries: string;
}

/** The policies of one C library, that for the most hosts first. */
export interface PolicyFamily {
  readonly policies: readonly PolicyFacts[];
  /** Symbols of a library that nobody else may use, under all policies up to the named one. */
  readonly forbidden: readonly {
    readonly library: string;
    readonly until: string;
    readonly symbols: readonly string[];
  }[];
}
