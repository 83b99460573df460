# test/import/conformance/probes/_facts.py: what the probes share.
"""The three places, and helpers."""

import contextlib
import io
import os
import tempfile

#: The bundle or folder that runs; another one; a real folder, on both sides.
APP = OTHER = REAL = ""


@contextlib.contextmanager
def output():
    """What is printed to sys.stdout and sys.stderr meanwhile."""
    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.redirect_stderr(text):
        yield text


@contextlib.contextmanager
def file(content, name="file.txt"):
    """A real file for a moment."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, name)
        with open(path, "wb") as out:
            out.write(content)
        yield path


def error(function, *args, **kwargs):
    """The exception that the call raises, with what import errors tell."""
    try:
        value = function(*args, **kwargs)
    except BaseException as error:
        fields = ("name", "path", "filename", "lineno", "offset", "text", "errno")
        told = {field: getattr(error, field, None) for field in fields}
        return [type(error).__name__, str(error), told, getattr(error, "__notes__", [])]
    return f"no error, but {value!r}"
