// lib/bundle/nearest.ts: the known name that a mistyped one was probably meant to be.

/** The candidate with the fewest edits to `name`; undefined when none is near. */
export function nearestName(name: string, candidates: readonly string[]): string | undefined {
  const reach = Math.max(2, Math.floor(name.length / 3));
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: editDistance(plain(name), plain(candidate)) }))
    .sort((a, b) => a.distance - b.distance);
  const [best] = ranked;
  return best && best.distance <= reach ? best.candidate : undefined;
}

/** `"; did you mean X?"`, or nothing. */
export function hintFor(name: string, candidates: readonly string[]): string {
  const nearest = nearestName(name, candidates);
  return nearest === undefined ? "" : `; did you mean ${nearest}?`;
}

function plain(name: string): string {
  return name.toLowerCase().replaceAll("_", "-");
}

// Levenshtein's, a row at a time.
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] ?? 0) + Number(a[i - 1] !== b[j - 1]);
      next.push(Math.min(changed, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
