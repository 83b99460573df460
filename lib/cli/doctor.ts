// lib/cli/doctor.ts: `inmem-python doctor`: what this host allows, and what follows from it.
import { existsSync } from "node:fs";
import { release } from "node:os";
import { binding } from "../binding.js";
import { type HostFacts, type HostReport, reportHost } from "../host-report.js";
import type { Tier } from "../options.js";
import { formatTable } from "../text.js";
import { adviceForBinary } from "./doctor-binary.js";
import { versionText } from "./versions.js";

/** `note`: works, but there is something to know. */
type State = "ok" | "note" | "bad";

/** One line of the table: what was looked at, what was found, what follows. */
interface Row {
  readonly state: State;
  readonly what: string;
  readonly found: string;
  readonly follows?: string;
}

const EXIT_OK = 0;
const EXIT_CANNOT_RUN = 1;

/** Fewer free descriptors than this, and a large bundle may not start. */
const FEW_FILES = 32;

/** The most that a library of PyPI was seen to want at once, libgomp, is 120. */
const LITTLE_TLS_BYTES = 256;

/** Prints the report; gives the exit status. */
export function doctorCommand(json: boolean): number {
  const report = reportHost(binding);
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : formatDoctor(report));
  return report.ok ? EXIT_OK : EXIT_CANNOT_RUN;
}

/** The report as text for people; ends with a newline. */
export function formatDoctor(report: HostReport): string {
  const { facts } = report;
  const rows = facts ? rowsOf(facts) : rowsWithoutBinary(report);
  const lines = [`${report.platform}, Node ${report.node}`, "", ...formatRows(rows), ""];
  if (report.tiers) lines.push(...formatTiers(report), "");
  lines.push(verdict(report));
  return `${lines.join("\n")}\n`;
}

function formatRows(rows: readonly Row[]): string[] {
  const table = formatTable(
    rows.map(({ state, what, found }) => [state, what, found]),
    [],
  );
  return rows.flatMap(({ follows }, i) => [
    table[i] ?? "",
    ...(follows ? [`      ${follows}`] : []),
  ]);
}

function rowsOf(facts: HostFacts): Row[] {
  return [
    { state: "ok", what: "binary", found: versionText().trim().replaceAll("\n", ", ") },
    {
      state: "ok",
      what: "system",
      found: `Linux ${facts.kernel}, glibc ${facts.glibc}, pages of ${facts.pageBytes} bytes`,
    },
    procRow(facts.proc),
    ...memfdRows(facts),
    tmpfsRow(facts),
    ...placeRows(facts),
    openFilesRow(facts),
    staticTlsRow(facts),
    hugePagesRow(facts),
    sandboxRow(facts),
  ];
}

function procRow(proc: boolean): Row {
  const what = "/proc";
  if (proc) return { state: "ok", what, found: "mounted" };
  const follows =
    "Memory files are reached through /proc/self/fd: mount it, or use --load extract.";
  return { state: "bad", what, found: "not mounted", follows };
}

function memfdRows({ memfd }: HostFacts): Row[] {
  const what = "memfd_create";
  if (memfd.create !== "") {
    const [found = ""] = memfd.create.replace(/^.*?memfd_create: /, "").split("; ");
    return [{ state: "bad", what, found, follows: adviceIn(memfd.create) }];
  }
  const found = [
    `MFD_NOEXEC_SEAL: ${memfd.noexecSeal || "yes"}`,
    `MFD_ALLOW_SEALING: ${memfd.allowSealing || "yes"}`,
    ...(memfd.policy === null ? [] : [`vm.memfd_noexec = ${memfd.policy}`]),
  ].join(", ");
  const older = "The older flag is taken instead; nothing is lost.";
  return [
    memfd.noexecSeal === ""
      ? { state: "ok", what, found }
      : { state: "note", what, found, follows: older },
    triedRow("sealing", memfd.seal, "Copies could be changed by other processes of this user."),
    triedRow("code from memfd", memfd.load || memfd.mapExecutable),
  ];
}

function tmpfsRow({ tmpfs }: HostFacts): Row {
  if (tmpfs.load === "") {
    const pages = tmpfs.hugePages ? "huge pages" : "small pages";
    return { state: "ok", what: "private tmpfs", found: `can be made, ${pages}` };
  }
  const [found = "", ...advice] = tmpfs.load
    .replace(/^no private tmpfs can be made: /, "")
    .split("; ");
  return { state: "note", what: "private tmpfs", found, follows: sentence(advice.join("; ")) };
}

function placeRows({ places }: HostFacts): Row[] {
  return places.map(({ path, obstacle }) => ({
    state: obstacle === "" ? "ok" : "note",
    what: "extract to",
    found: obstacle === "" ? path : `${path}: ${obstacle}`,
  }));
}

function openFilesRow({ limits }: HostFacts): Row {
  const { openFilesSoft: soft, openFilesHard: hard, openFilesUsed: used } = limits;
  const text = (limit: number | null) => limit ?? "unlimited";
  const found = `at most ${text(soft)} (hard limit ${text(hard)}), ${used} in use`;
  if (soft === null || soft - used >= FEW_FILES) return { state: "ok", what: "open files", found };
  return { state: "note", what: "open files", found, follows: "Raise the limit: ulimit -n 1024." };
}

function staticTlsRow({ limits }: HostFacts): Row {
  const { staticTlsBytes: left, staticTlsTunableBytes: tunable } = limits;
  const what = "static TLS";
  if (left === null) return { state: "note", what, found: "not measured: nothing can be loaded" };
  const found = `${left} bytes left in each thread (tunable: ${tunable})`;
  if (left >= LITTLE_TLS_BYTES) return { state: "ok", what, found };
  const setting = `GLIBC_TUNABLES=glibc.rtld.optional_static_tls=${tunable + 4096}`;
  const follows = `Libraries such as libgomp may not load: start the process with ${setting}.`;
  return { state: "note", what, found, follows };
}

// The private tmpfs asks for huge pages itself; what memfds get is the kernel's setting.
function hugePagesRow({ sharedMemoryHugePages: setting }: HostFacts): Row {
  const what = "pages of copies";
  if (setting === "") return { state: "ok", what, found: "small in memfds (no huge pages here)" };
  const huge = ["always", "within_size", "force"].includes(setting);
  const found = `${huge ? "huge" : "small"} in memfds (shmem_enabled = ${setting})`;
  return { state: "ok", what, found };
}

function sandboxRow({ seccompFilter, securityLabel }: HostFacts): Row {
  const filter = seccompFilter === null ? "unknown" : seccompFilter ? "on" : "none";
  const label = securityLabel === "" ? "none" : securityLabel;
  return { state: "ok", what: "sandbox", found: `seccomp filter: ${filter}, label: ${label}` };
}

function triedRow(what: string, refusal: string, follows?: string): Row {
  if (refusal === "") return { state: "ok", what, found: "works" };
  const advice = follows ?? adviceIn(refusal);
  return { state: "bad", what, found: refusal.split("; ")[0] ?? "", follows: advice };
}

function rowsWithoutBinary({ problem }: HostReport): Row[] {
  const message = problem?.message ?? "";
  const rows: Row[] = [
    {
      state: "bad",
      what: "binary",
      found: `${problem?.code}: ${message.split("\n")[0]}`,
      follows: adviceForBinary(problem?.code, message),
    },
    { state: "ok", what: "system", found: `${process.platform} ${release()}` },
  ];
  if (process.platform === "linux") rows.push(procRow(existsSync("/proc/self/fd")));
  return rows;
}

const TIER_MEANS: Readonly<Record<Tier, string>> = {
  mapped: "read-only pages straight from the bundle's file, the rest in a memfd",
  memfd: "a sealed copy in memory",
  tmpfs: "a copy in memory that has a path",
  extract: "a temporary folder on disk, removed at the end; only with load: 'extract'",
};

function formatTiers({ tiers }: HostReport): string[] {
  const rows = Object.entries(tiers ?? {}).map(([name, { works }]) => [
    `  ${name}`,
    works ? "works" : "refused",
    TIER_MEANS[name as Tier],
  ]);
  return ["ways of loading shared objects:", ...formatTable(rows, [])];
}

function verdict({ ok, auto, tiers, problem }: HostReport): string {
  if (ok && auto === "mapped") {
    return "Bundles run here. load: 'auto' maps what is stored and page-aligned in a file, and copies the rest to memfds.";
  }
  if (ok) return `Bundles run here. load: 'auto' takes ${auto}, since memfds are refused.`;
  if (problem) return "Bundles cannot run here.";
  const disk = tiers?.extract.works
    ? " Programs that may write to disk run with load: 'extract' (--load extract)."
    : "";
  return `Bundles with shared objects cannot run here: change one of what is marked above.${disk}`;
}

// "fsopen: Operation not permitted (errno 1); allow ..." has its advice behind "; ".
function adviceIn(refusal: string): string {
  const advice = refusal.split("; ").slice(1);
  return sentence(advice.filter((part) => !part.includes("inmem-python doctor")).join("; "));
}

function sentence(text: string): string {
  const end = text.endsWith("?") ? "" : ".";
  return text === "" ? "" : `${text[0]?.toUpperCase()}${text.slice(1)}${end}`;
}
