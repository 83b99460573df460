# python/inmem/_ensurepip.py: ensurepip where pip is there already.
"""The wheel that ensurepip would install is left out: pip itself is part of the
in-memory standard library."""

from typing import Any


def install(ensurepip: Any) -> None:
    """Lets bootstrap say so; into another root there is nothing to install."""

    def version() -> str:
        from importlib.metadata import version as version_of

        return version_of("pip")

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
