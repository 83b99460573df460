// test/helpers/bad-host.ts: real refusals for a child: system calls by seccomp, mounts and sysctls in namespaces, limits.
import { execFileSync, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { commandLine, type SpawnOptions, type SpawnResult, spawnProcess } from "./spawn-node.js";
import { tmpDir } from "./tmp.js";

/** Puts the words of a command line before a program's own. */
export type Wrap = (program: readonly string[]) => readonly string[];

/** `inmem-python ...args` on a host made worse. */
export function commandOn(
  wrap: Wrap,
  args: readonly string[],
  options: Omit<SpawnOptions, "args"> = {},
): Promise<SpawnResult> {
  const [program = "", ...rest] = wrap([process.execPath, commandLine, ...args]);
  return spawnProcess(program, rest, options);
}

/** Linux errno values that a filter may give; KILL ends the process instead. */
const ERRNO = { EPERM: 1, EACCES: 13, EINVAL: 22, ENOSYS: 38, KILL: 0 } as const;

/** A refusal: the system call, its answer, and (second argument) only with this bit set. */
export interface Refusal {
  readonly call: "memfd_create" | "fsopen";
  readonly errno: keyof typeof ERRNO;
  readonly onlyWithFlag?: number;
}

// A filter stays through exec. It answers for this processor's own calls alone.
const REFUSE_C = `
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifndef SYS_fsopen
#define SYS_fsopen 430
#endif
static long number(const char *name) {
  if (!strcmp(name, "memfd_create")) return SYS_memfd_create;
  if (!strcmp(name, "fsopen")) return SYS_fsopen;
  fprintf(stderr, "no such call: %s\\n", name);
  exit(99);
}
/* refuse CALL ERRNO FLAG -- PROGRAM ARGS: one filter each; FLAG 0 is always */
int main(int argc, char **argv) {
  int at = 1;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) return perror("no_new_privs"), 99;
  for (; at + 2 < argc && strcmp(argv[at], "--"); at += 3) {
    unsigned call = number(argv[at]), error = atoi(argv[at + 1]), flag = atoi(argv[at + 2]);
    struct sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 0, flag ? 2 : 1),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[1])),
      BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, flag, 1, 0),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
      BPF_STMT(BPF_RET | BPF_K, error ? SECCOMP_RET_ERRNO | error : SECCOMP_RET_KILL_PROCESS),
    };
    struct sock_filter always[] = {
      code[0],
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call, 1, 0),
      code[4],
      code[5],
    };
    struct sock_fprog program = {flag ? 6 : 4, flag ? code : always};
    if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program)) return perror("seccomp"), 99;
  }
  execvp(argv[at + 1], argv + at + 1);
  return perror(argv[at + 1]), 99;
}
`;

let refuse: string | undefined;

/** Runs the program under a seccomp filter that gives these answers. */
export function refusing(...refusals: readonly Refusal[]): Wrap {
  if (refuse === undefined) {
    const folder = tmpDir("seccomp");
    refuse = join(folder, "refuse");
    writeFileSync(`${refuse}.c`, REFUSE_C);
    execFileSync("cc", ["-O", "-w", "-o", refuse, `${refuse}.c`], { stdio: "inherit" });
  }
  const words = refusals.flatMap(({ call, errno, onlyWithFlag }) => [
    call,
    String(ERRNO[errno]),
    String(onlyWithFlag ?? 0),
  ]);
  const helper = refuse;
  return (program) => [helper, ...words, "--", ...program];
}

/** Runs the program after a shell script, in namespaces of its own (options of `unshare`). */
export function inNamespace(options: readonly string[], script: string): Wrap {
  // Root stays root: in a user namespace of its own even it may not change mounts that it inherits.
  const first = process.getuid?.() === 0 ? options : ["--map-root-user", ...options];
  return (program) => [
    "unshare",
    ...first,
    "sh",
    "-e",
    "-c",
    `${script}\nexec "$@"`,
    "sh",
    ...program,
  ];
}

/** Runs the program after a shell script that changes its limits. */
export function afterShell(script: string): Wrap {
  return (program) => ["sh", "-e", "-c", `${script}\nexec "$@"`, "sh", ...program];
}

/** "" where this sandbox lets us make such a host, else what it says: the reason to skip. */
export function obstacleTo(wrap: Wrap): string {
  const [program = "", ...args] = wrap(["true"]);
  const { status, stderr, error } = spawnSync(program, args, { encoding: "utf8" });
  return status === 0 ? "" : (error?.message ?? stderr.trim()) || `status ${status}`;
}
