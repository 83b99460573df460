// test/helpers/table-library.ts: a library with a large table that is read only, as a library's code is.
import { sharedObject } from "./shared-object.js";

/**
 * A library whose `table_sum()` reads its table from end to end, and what that gives. The table lies on pages of its
 * own; each 8 bytes of it are the number 3.
 */
export function tableLibrary(name: string, tableBytes: number, args: readonly string[] = []) {
  const code = `__asm__(".section .rodata\\n.balign 4096\\ntable: .fill ${tableBytes / 8}, 8, 3\\n.previous");
    extern const unsigned char table[] __attribute__((visibility("hidden")));
    long table_sum(void) {
      long sum = 0;
      for (long i = 0; i < ${tableBytes}; i += 64) sum += table[i];
      return sum;
    }`;
  return { library: sharedObject(name, code, args), sum: String((tableBytes / 64) * 3) };
}
