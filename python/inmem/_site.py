# python/inmem/_site.py: .pth files at the root of a bundle, which is a site-packages folder.
"""What site.addpackage does for a real folder, before the program begins.

Source: Lib/site.py, addpackage.
"""

import sys

import _inmem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def add(point: str) -> None:
    """Acts on all of them, in the order of their names."""
    for name in _inmem.root_files(point, ".pth"):
        if not name.startswith("."):
            add_file(point, name)


def add_file(sitedir: str, name: str) -> None:
    # Lines of setuptools' namespace packages look for `sitedir` in the frame that runs them.
    for number, line in lines(f"{sitedir}/{name}"):
        try:
            if line.startswith(("import ", "import\t")):
                exec(line)
            else:
                add_folder(sitedir, line.rstrip())
        except Exception as error:  # noqa: BLE001 - site goes on with the next file
            tell(f"{sitedir}/{name}", number, error)
            return


def lines(path: str) -> "Iterator[tuple[int, str]]":
    data = _inmem.read(path) or b""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            yield number, line


def add_folder(sitedir: str, line: str) -> None:
    """Behind the bundle and what was added before: in front of the standard library."""
    import os

    folder = os.path.normpath(os.path.join(sitedir, line))
    if folder in sys.path or not (_inmem.kind(folder) or os.path.exists(folder)):
        return
    end = sys.path.index(_inmem.stdlib) if _inmem.stdlib in sys.path else len(sys.path)
    sys.path.insert(end, folder)


def tell(path: str, number: int, error: Exception) -> None:
    import traceback

    print(f"Error processing line {number} of {path}:\n", file=sys.stderr)
    for record in traceback.format_exception(error):
        for line in record.splitlines():
            print("  " + line, file=sys.stderr)
    print("\nRemainder of file ignored", file=sys.stderr)
