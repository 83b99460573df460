// test/audit/oracle.test.ts: auditwheel's verdict is ours, on some small wheels (npm run test:audit has all).
import { expect, it } from "vitest";
import { auditedWheels, compareVerdicts, fetchWheel } from "../../scripts/audit/wheels.mjs";

it.each(auditedWheels({ quick: true }))("$requirement $abi $platform", async (wheel) => {
  const { differences, ours } = await compareVerdicts(await fetchWheel(wheel));
  expect(differences).toEqual([]);
  expect(ours.policy).toMatch(/^(manylinux|musllinux)_\d+_\d+_x86_64$/);
});
