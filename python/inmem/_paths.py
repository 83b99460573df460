# python/inmem/_paths.py: os.path.realpath(strict=True) below a bundle.
"""It refuses to go on below what `lstat` calls a file, which a bundle's own path is."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def install(posixpath: "Any") -> None:
    stock = posixpath.realpath

    def realpath(filename: "Any", *, strict: "Any" = False) -> "Any":
        try:
            return stock(filename, strict=strict)
        except NotADirectoryError as error:
            # With a slash at its end a bundle is a folder, as no other file is.
            if error.filename is None or not posixpath.isdir(slashed(error.filename)):
                raise
        path = stock(filename)
        try:
            posixpath.os.stat(path)
        except FileNotFoundError:
            if strict is not posixpath.ALLOW_MISSING:
                raise
        return path

    for name in ("__module__", "__name__", "__qualname__", "__doc__"):
        setattr(realpath, name, getattr(stock, name))
    posixpath.realpath = realpath


def slashed(path: "str | bytes") -> "str | bytes":
    return path + b"/" if isinstance(path, bytes) else path + "/"
