# cmake/freeze.py: compiles python/inmem into a C++ table of frozen modules.
"""Usage: freeze.py OUTPUT.cc SOURCE_FOLDER (run by the interpreter we link)."""

import marshal
import sys
from pathlib import Path

#: Where the interpreter cuts frames from tracebacks: importlib's own file name.
#: Source: Python/import.c, remove_importlib_frames.
IMPORTLIB = "<frozen importlib._bootstrap_external>"


def modules(folder: Path) -> list[tuple[str, Path, bool, str]]:
    """(module name, file, is a package, co_filename)."""
    rows = [
        ("_inmem_boot", folder / "_boot.py", False, IMPORTLIB),
        ("inmem", folder / "__init__.py", True, "<frozen inmem>"),
    ]
    for file in sorted(folder.glob("*.py")):
        if file.name not in ("_boot.py", "__init__.py"):
            name = f"inmem.{file.stem}"
            rows.append((name, file, False, f"<frozen {name}>"))
    return rows


def main(output: str, folder: str) -> None:
    arrays, table = [], []
    for number, (name, file, package, filename) in enumerate(modules(Path(folder))):
        code = compile(file.read_bytes(), filename, "exec", dont_inherit=True)
        data = marshal.dumps(code)
        body = ",".join(str(byte) for byte in data)
        arrays.append(f"const unsigned char kModule{number}[] = {{{body}}};")
        table.append(f'    {{"{name}", kModule{number}, sizeof kModule{number}, {int(package)}}},')
    text = "\n".join(
        [
            "// Made by cmake/freeze.py.",
            '#include "interpreter/frozen_modules.h"',
            "",
            "namespace inmem::interpreter {",
            "namespace {",
            *arrays,
            "const struct _frozen kTable[] = {",
            *table,
            "    {nullptr, nullptr, 0, 0}};",
            "}  // namespace",
            "const struct _frozen* FrozenModules() { return kTable; }",
            "}  // namespace inmem::interpreter",
            "",
        ]
    )
    Path(output).write_text(text)


if __name__ == "__main__":
    main(*sys.argv[1:])
