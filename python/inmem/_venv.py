# python/inmem/_venv.py: venv, refused with a sentence.
"""A virtual environment links to an installation's interpreter, which then finds
its standard library and the environment beside itself. Here neither is a file."""

from types import ModuleType
from typing import Any

REFUSAL = (
    "virtual environments cannot be made from this Python: its interpreter and standard"
    " library are inside inmem-python's addon, not in an installation that one could link"
    " to; bundle what the program needs (inmem-python bundle), or install into a folder"
    " (python -m pip install --target FOLDER) and put it on PYTHONPATH"
)


def install(venv: ModuleType) -> None:
    """Lets EnvBuilder.create refuse; `python -m venv` prints it and gives 1."""

    def create(self: Any, env_dir: Any) -> None:
        raise RuntimeError(f"{env_dir}: {REFUSAL}")

    create.__doc__ = venv.EnvBuilder.create.__doc__
    venv.EnvBuilder.create = create
