# python/inmem/__init__.py: the package that Python code sees.
"""Python inside Node: bundles run from memory."""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Buffer
    from os import PathLike

__all__ = ["mount", "mounts", "unmount"]


def mount(
    bundle: "str | PathLike[str] | Buffer", *, index: "int | None" = None, name: str = ""
) -> str:
    """Puts an archive on sys.path: behind those that are there, before the standard library.

    bundle: the path of a zip file, or its bytes, which then get a path of their own that
    ends with `name`. index: where on sys.path instead. Gives the mount point: what sys.path
    and its modules' `__file__` begin with.

    Raises ImportError where the archive cannot be read.
    """
    from inmem import _mounts

    return _mounts.mount(bundle, index, name)


def unmount(point: "str | PathLike[str]", *, force: bool = False) -> None:
    """Takes an archive away again, from sys.path too.

    Raises OSError (EBUSY) while modules from it are imported; force=True forgets these
    first, unless there are extensions among them, which cannot be unloaded. Raises
    ValueError for what mount() did not put there.
    """
    from inmem import _mounts

    _mounts.unmount(point, force)


def mounts() -> list[str]:
    """Mount points, in the order of sys.path: the run's bundles and those mounted since."""
    from inmem import _mounts

    return _mounts.in_order()
