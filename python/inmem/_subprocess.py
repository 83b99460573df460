# python/inmem/_subprocess.py: the flags that a program's Python workers get.
"""What multiprocessing, joblib and concurrent.futures start has the flags of its parent."""

from types import ModuleType

from inmem import _site


def install(subprocess: ModuleType) -> None:
    """Lets workers act on .pth files where their parent has, although it says -S.

    A program of run() has no `site`; its .pth files are acted on all the same.
    """
    stock = subprocess._args_from_interpreter_flags

    def _args_from_interpreter_flags() -> list[str]:
        args: list[str] = stock()
        return [word for word in args if word != "-S"] if _site.acted else args

    _args_from_interpreter_flags.__doc__ = stock.__doc__
    subprocess._args_from_interpreter_flags = _args_from_interpreter_flags  # type: ignore[attr-defined]
