# python/inmem/_hooks.py: warnings and exceptions that nobody can catch, told to JavaScript.
"""Set by lib/bridge's setWarningHook() and setUnraisableHook(); a run has its own meanwhile."""

import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any

from _inmem_bridge import js_notify

#: (exception, what Python was doing)
type Unraisable = Callable[[BaseException, str], None]
#: (category, message, file, line)
type Warned = Callable[[str, str, str, int], None]

hooks: dict[str, Any] = {}
SHOW_WARNING = warnings.showwarning


def set_unraisable(hook: Unraisable | None) -> None:
    hooks["unraisable"] = hook
    apply()


def set_warning(hook: Warned | None) -> None:
    hooks["warning"] = hook
    apply()


def apply() -> None:
    """Also after a run, which put back what a new process has."""
    told = hooks.get("unraisable") is not None
    sys.unraisablehook = unraisable if told else sys.__unraisablehook__
    threading.excepthook = of_thread if told else threading.__excepthook__
    show: Any = show_warning if hooks.get("warning") else SHOW_WARNING
    warnings.showwarning = show


def unraisable(about: "sys.UnraisableHookArgs") -> None:
    doing = about.err_msg or "Exception ignored in"
    if about.object is not None:
        try:
            doing = f"{doing}: {about.object!r}"
        except Exception:  # noqa: BLE001 - the object's __repr__
            doing = f"{doing}: {type(about.object).__name__}"
    if about.exc_value is not None:
        tell(about.exc_value, doing, lambda: sys.__unraisablehook__(about))


def of_thread(about: "threading.ExceptHookArgs") -> None:
    if about.exc_value is None or isinstance(about.exc_value, SystemExit):
        return
    name = about.thread.name if about.thread else "a thread"
    tell(about.exc_value, f"Exception in thread {name}", lambda: threading.__excepthook__(about))


def tell(error: BaseException, doing: str, else_: Callable[[], object]) -> None:
    try:
        told = js_notify(hooks["unraisable"], error, doing)
    except BaseException:  # noqa: BLE001 - the hook's own: Python has nobody to tell
        told = False
    if not told:
        else_()


def show_warning(
    message: Warning | str, category: type[Warning], filename: str, lineno: int, *more: Any
) -> None:
    try:
        told = js_notify(hooks["warning"], category.__name__, str(message), filename, lineno)
    except Exception:  # noqa: BLE001 - as above
        told = False
    if not told:
        SHOW_WARNING(message, category, filename, lineno, *more)
