// lib/later.ts: what the API's functions need beyond the package's first file (lib/start.ts).
export { reportHost } from "./host-report.js";
export { mountForRuns, unmountForRuns } from "./mounts.js";
export { runWithReport } from "./run.js";
export { loadByHand } from "./shared-objects.js";
export { symbolsOf } from "./symbols.js";
