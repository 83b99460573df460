// test/debugging/support.ts: a small application with its tests, beside the tools that look into it.
import { join } from "node:path";
import { py } from "../helpers/python.js";
import {
  packageRoot,
  type SpawnOptions,
  type SpawnResult,
  spawnCommand,
  spawnProcess,
} from "../helpers/spawn-node.js";
import { tmpDir } from "../helpers/tmp.js";
import { wheelBundle } from "../helpers/wheel-bundle.js";

const WHEELS = [
  "coverage==7.17.3",
  "debugpy==1.8.22",
  "iniconfig==2.3.1",
  "packaging==26.3",
  "pluggy==1.7.0",
  "pygments==2.21.0",
  "pytest==9.2.0",
];

export const application = {
  "shop/__init__.py": "",
  "shop/prices.py": py`
    def total(prices):
        result = 0
        for price in prices:
            result += price
        return result


    def unused():
        return None
  `,
  "shop/tests/__init__.py": "",
  "shop/tests/conftest.py": py`
    import pytest


    @pytest.fixture
    def prices():
        return [1, 2, 3]
  `,
  "shop/tests/test_prices.py": py`
    from shop.prices import total


    def test_total(prices):
        assert total(prices) == 6


    def test_wrong(prices):
        assert total(prices) == 7
  `,
  "shop/tests/unit.py": py`
    import unittest

    from shop.prices import total


    class Total(unittest.TestCase):
        def test_total(self):
            self.assertEqual(total([1, 2]), 3)

        def test_wrong(self):
            self.assertEqual(total([1, 2]), 4)
  `,
};

/** The application, the tools' wheels and these files in one zip. */
export function bundleOf(files: Readonly<Record<string, string>> = {}): Promise<string> {
  return wheelBundle(WHEELS, { ...application, ...files });
}

export const places = ["node", "launcher"] as const;
export type Place = (typeof places)[number];

/** `python -m MODULE ARGS` with the bundle, in a folder of its own. */
export function runModule(
  place: Place,
  bundle: string,
  [module, ...args]: readonly [string, ...string[]],
  options: Omit<SpawnOptions, "args"> = {},
): Promise<SpawnResult> {
  const given = { cwd: tmpDir(), timeoutMs: 45_000, ...options };
  if (place === "node") return spawnCommand(["run", "-m", module, bundle, ...args], given);
  const launcher = join(packageRoot, "build", "Release", "inmem-launcher");
  const env = { ...given.env, INMEM_BUNDLES: bundle };
  return spawnProcess(launcher, ["-m", module, ...args], { ...given, env });
}
