# python/inmem/_ensurepip.py: ensurepip where pip is there already.
"""The wheel that ensurepip would install is left out: pip itself is part of the
in-memory standard library."""

from typing import Any

import _inmem


def install(ensurepip: Any) -> None:
    """Lets bootstrap say so; into another root there is nothing to install."""

    def version() -> str:
        # Of the pip that is ours: one that the program has may be another, and inside Node
        # this folder is not on sys.path.
        from importlib.metadata import Distribution

        ours = Distribution.discover(name="pip", path=[f"{_inmem.stdlib}/site-packages"])
        return next(iter(ours)).version

    def bootstrap(*, root: Any = None, **_options: Any) -> int:
        if root is not None:
            raise RuntimeError(
                f"pip cannot be installed below {root}: its wheel is not part of this Python"
                " (python -m pip install --root, with a network, can)"
            )
        print(f"pip {version()} is part of this Python (python -m pip): nothing to install")
        return 0

    def bootstrap_module(**options: Any) -> None:
        bootstrap(**options)

    ensurepip.version = version
    ensurepip.bootstrap = bootstrap_module
    ensurepip._bootstrap = bootstrap
