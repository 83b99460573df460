// lib/bundle/pyc-pool.ts: as many compiling Pythons as there are cores.
import { availableParallelism } from "node:os";
import { type CompileFailure, PycCompiler, type PycSettings } from "./pyc-compiler.js";

/** What turns source into byte code. */
export interface Compiler {
  compile(name: string, source: Uint8Array): Promise<Buffer | CompileFailure>;
}

/** More would wait for what hands them sources. */
const MOST = 8;

/** Starts a compiler when those that run have work. */
export class PycPool implements Compiler {
  readonly #settings: PycSettings;
  readonly #members: { readonly compiler: PycCompiler; waiting: number }[] = [];
  readonly #size = Math.min(MOST, availableParallelism());

  constructor(settings: PycSettings) {
    this.#settings = settings;
  }

  /** As PycCompiler's. */
  async compile(name: string, source: Uint8Array): Promise<Buffer | CompileFailure> {
    const member = this.#choose();
    member.waiting++;
    try {
      return await member.compiler.compile(name, source);
    } finally {
      member.waiting--;
    }
  }

  #choose() {
    const [idlest] = [...this.#members].sort((a, b) => a.waiting - b.waiting);
    if (idlest && (idlest.waiting === 0 || this.#members.length >= this.#size)) return idlest;
    const member = { compiler: new PycCompiler(this.#settings), waiting: 0 };
    this.#members.push(member);
    return member;
  }

  /** Ends them; what is still waiting is answered before. */
  async close(): Promise<void> {
    await Promise.all(this.#members.map(({ compiler }) => compiler.close()));
  }
}
