# test/files/make_tree.py: data files as a folder and, with modes, times and links, as a zip.
"""Usage: make_tree.py APP FOLDER ZIP: APP's files and made data, run by the disk install."""

import os
import shutil
import sqlite3
import stat
import sys
import zipfile
from pathlib import Path

app, folder, bundle = (Path(word) for word in sys.argv[1:4])
shutil.copytree(app, folder)
data = folder / "data"
(data / "deep" / "deeper").mkdir(parents=True)
(data / "empty").mkdir()
(data / "a.txt").write_text("first line\nsecond line\n")
(data / "b.bin").write_bytes(bytes(range(256)) * 40)
(data / "large.bin").write_bytes(bytes(range(251)) * 8000)
(data / "ümlaut.txt").write_text("äöü", "utf-8")
(data / "none").write_bytes(b"")
(data / "deep" / "c.txt").write_text("c")
(data / "deep" / "deeper" / "d.txt").write_text("d")
(data / "tool.sh").write_text("#!/bin/sh\necho tool\n")
(data / "link.txt").symlink_to("a.txt")
(data / "deep_link").symlink_to("deep")
(data / "dangling").symlink_to("nowhere")
with sqlite3.connect(data / "some.db") as database:
    database.execute("create table t(a, b)")
    database.executemany("insert into t values(?, ?)", [(i, str(i)) for i in range(1000)])
database.close()
with zipfile.ZipFile(data / "inner.zip", "w") as inner:
    inner.writestr("inside.txt", "inside")

WHEN = 1_700_000_000
for path in [folder, *folder.rglob("*")]:
    if not path.is_symlink():
        path.chmod(0o555 if path.is_dir() or path.suffix == ".sh" else 0o444)
        os.utime(path, (WHEN, WHEN))

with zipfile.ZipFile(bundle, "w") as out:
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            out.writestr(entry, os.readlink(path))
        else:
            method = zipfile.ZIP_STORED if path.suffix == ".bin" else zipfile.ZIP_DEFLATED
            out.write(path, name, method)
