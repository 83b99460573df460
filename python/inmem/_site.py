# python/inmem/_site.py: .pth files at the root of a bundle, which is a site-packages folder.
"""What site.addpackage does for a real folder, before the program begins.

Source: Lib/site.py, addpackage.
"""

import sys

import _inmem

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

#: Whether .pth files were acted on without `site`: workers are to act on them too.
acted = False


def install(site: "ModuleType") -> None:
    """In Python as a program of its own, where `site` has just done its part: not with -S."""
    if not sys.flags.no_site:
        for point in dict.fromkeys(sys.path):
            add(point)


def act(points: "list[str]") -> None:
    """In run(), where there is no `site`."""
    global acted
    sites = [point for point in points if add(point)]
    acted = bool(sites)
    _inmem.set_site_points(sites)


def add(point: str) -> bool:
    """Acts on all of them, in the order of their names; tells whether there are any."""
    names = [name for name in _inmem.root_names(point, (), ".pth") if not name.startswith(".")]
    for name in names:
        add_file(point, name)
    return bool(names)


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
