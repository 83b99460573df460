# python/inmem/_js_buffer.py: memory of JavaScript's in Python.
"""Typed arrays, DataViews, ArrayBuffers and SharedArrayBuffers have the buffer protocol."""

from __future__ import annotations

from _inmem_bridge import js, js_memory

# `typing` and its like would take as long as all else here, and megabytes.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Buffer, Iterator
    from typing import Any, BinaryIO


class JsBuffer:
    """Its memory is JavaScript's own where that can be shared.

    Else (docs/bridge-buffers.md) what reads it gets a read-only copy: `copied` of
    `to_memoryview().obj` says so.
    """

    __slots__ = ()

    def __buffer__(self, flags: int) -> memoryview:
        return memoryview(js_memory(js(self, "memory")))

    def __getitem__(self, index: Any) -> Any:
        """An element; of a slice a memoryview."""
        return memoryview(self)[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        view = memoryview(self)
        if not view.readonly:
            view[index] = value
            return
        copy = memoryview(bytearray(view)).cast(view.format)  # type: ignore[call-overload]
        copy[index] = value
        js(self, "assign", bytes(copy))

    def __eq__(self, other: object) -> bool:
        """With bytes by content; two of JavaScript's are equal where they are one."""
        if isinstance(other, bytes | bytearray | memoryview):
            return memoryview(self) == other
        return NotImplemented

    __hash__ = object.__hash__

    def __delitem__(self, index: Any) -> None:
        raise TypeError(f"{type(self).__name__!r} object doesn't support item deletion")

    def __len__(self) -> int:
        """Of an ArrayBuffer and a DataView: bytes."""
        count: int = js(self, "count")
        return count

    def __iter__(self) -> Iterator[Any]:
        return iter(memoryview(self))

    def __reversed__(self) -> Iterator[Any]:
        return reversed(memoryview(self))

    def __contains__(self, value: Any) -> bool:
        return value in memoryview(self)

    def index(self, value: Any, *bounds: int) -> int:
        return memoryview(self).tolist().index(value, *bounds)

    def count(self, value: Any) -> int:
        return memoryview(self).tolist().count(value)

    def to_memoryview(self) -> memoryview:
        """The memory itself, with the format of the elements."""
        return memoryview(js_memory(js(self, "memory")))

    def to_bytes(self) -> bytes:
        """A copy."""
        return bytes(memoryview(self))

    def to_string(self, encoding: str = "utf-8") -> str:
        return str(memoryview(self).cast("B"), encoding)

    def assign(self, source: Buffer) -> None:
        """Copies the bytes of a Python object, as many as there are here."""
        content = _bytes_of(source)
        mine = _bytes_of(self)
        _check_length(content, mine)
        if mine.readonly:
            js(self, "assign", bytes(content))
        else:
            mine[:] = content

    def assign_to(self, target: Buffer) -> None:
        """Copies the bytes into a Python object that has room for as many."""
        theirs = memoryview(target)
        content = _bytes_of(self)
        if theirs.readonly:
            raise TypeError("the target is read-only")
        flat = theirs.cast("B")
        _check_length(content, flat)
        flat[:] = content

    def from_file(self, file: BinaryIO) -> None:
        """Reads a file into it, up to its end or the end of this memory."""
        content = file.read(memoryview(self).nbytes)
        whole = bytearray(_bytes_of(self))
        whole[: len(content)] = content
        self.assign(whole)

    def to_file(self, file: BinaryIO) -> None:
        file.write(memoryview(self).cast("B"))


def _bytes_of(source: Buffer) -> memoryview:
    view = memoryview(source)
    return view.cast("B") if view.c_contiguous else memoryview(view.tobytes())


def _check_length(source: memoryview, target: memoryview) -> None:
    if source.nbytes != target.nbytes:
        raise ValueError(f"{source.nbytes} bytes do not fit into {target.nbytes} bytes")
