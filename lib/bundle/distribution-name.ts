// lib/bundle/distribution-name.ts: names of distributions, as they are compared.

/** As PEP 503 has it: `"Foo.Bar_baz"` and `"foo-bar-baz"` are one. */
export function normalizedName(name: string): string {
  return name.replaceAll(/[-_.]+/g, "-").toLowerCase();
}
