# test/python/test_from_memory.py: what runs here came out of memory.
"""Python tests run as a bundle in the embedded interpreter; these say that they really do."""

import os
import sys
import traceback
import unittest


class FromMemory(unittest.TestCase):
    def test_no_module_is_a_file(self) -> None:
        # What lies in memory is on one device that no real file is on.
        device = os.stat(os.__file__).st_dev
        self.assertNotEqual(device, os.stat(sys.executable).st_dev)
        files = {
            name: module.__file__
            for name, module in sys.modules.items()
            if os.path.exists(getattr(module, "__file__", None) or "")
            and os.stat(module.__file__).st_dev != device
        }
        self.assertEqual(files, {})

    def test_interpreter_is_isolated(self) -> None:
        self.assertEqual(sys.flags.isolated, 1)
        self.assertEqual(sys.flags.utf8_mode, 1)

    def test_traceback_shows_source_of_the_stdlib(self) -> None:
        import json

        try:  # assertRaises would clear the traceback
            json.loads("{")
        except json.JSONDecodeError:
            text = traceback.format_exc()
        self.assertIn("return _default_decoder.decode(s)", text)
        self.assertIn('json.loads("{")', text)

    def test_openssl_is_ours(self) -> None:
        import ssl

        self.assertTrue(ssl.OPENSSL_VERSION.startswith("OpenSSL 3.5."), ssl.OPENSSL_VERSION)


if __name__ == "__main__":
    unittest.main()
