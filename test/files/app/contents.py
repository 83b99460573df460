# test/files/app/contents.py: what Python's own modules read out of data files beside this one.
import asyncio
import configparser
import ctypes
import filecmp
import fileinput
import hashlib
import io
import linecache
import mimetypes
import mmap
import os
import pathlib
import select
import shutil
import socket
import sqlite3
import subprocess
import tarfile
import tempfile
import threading
import zipfile

from probe import DATA, SCRATCH, at, fact


@fact
def opens():
    with (
        open(at("a.txt")) as text,
        open(at("b.bin"), "rb") as binary,
        open(at("a.txt"), "rb", 0) as raw,
    ):
        return [
            text.read(),
            text.name,
            binary.seek(0, 2),
            binary.seek(-2, 2),
            list(binary.read()),
            raw.readinto(bytearray(5)),
            raw.fileno() > 2,
            text.isatty(),
            raw.seekable(),
            raw.writable(),
        ]


@fact
def os_open():
    fd = os.open("a.txt", os.O_RDONLY, dir_fd=(folder := os.open(DATA, os.O_RDONLY)))
    try:
        return [
            os.read(fd, 5),
            os.pread(fd, 3, 1),
            os.lseek(fd, 0, 1),
            os.get_inheritable(fd),
            os.get_blocking(fd),
        ]
    finally:
        os.close(fd)
        os.close(folder)


@fact
def maps():
    with (
        open(at("large.bin"), "rb") as file,
        mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as private,
    ):
        with mmap.mmap(file.fileno(), 0, mmap.MAP_SHARED, mmap.PROT_READ) as shared:
            return [
                len(private),
                hashlib.sha256(private).hexdigest() == hashlib.sha256(shared).hexdigest(),
                private.find(b"\x05\x06"),
            ]


@fact
def copies():
    out = []
    for name, copy in (
        ("a.txt", shutil.copyfile),
        ("b.bin", shutil.copy),
        ("large.bin", shutil.copy2),
        ("tool.sh", shutil.copy2),
    ):
        target = os.path.join(SCRATCH, name)
        copy(at(name), target)
        info = os.stat(target)
        out.append(
            [
                filecmp.cmp(at(name), target, shallow=False),
                info.st_size,
                copy is not shutil.copy2 or int(info.st_mtime),
                bool(info.st_mode & 0o100),
            ]
        )
        os.chmod(target, 0o600)
        os.unlink(target)
    tree = os.path.join(SCRATCH, "tree")
    shutil.copytree(DATA, tree, symlinks=True)
    out.append(
        sorted(
            os.path.relpath(os.path.join(f, n), tree)
            for f, _, names in os.walk(tree)
            for n in names
        )
    )
    for folder, _, _ in os.walk(tree):
        os.chmod(folder, 0o700)
    shutil.rmtree(tree)
    return out


@fact
def sends():
    left, right = socket.socketpair()
    with left, right, open(at("b.bin"), "rb") as file:
        sent = os.sendfile(left.fileno(), file.fileno(), 0, 1000)
        return [
            sent,
            right.recv(2000) == open(at("b.bin"), "rb").read(1000),
            left.sendfile(file, 0, 100),
        ]


@fact
def databases():
    found = []
    for name in (
        at("some.db"),
        f"file:{at('some.db')}?mode=ro",
        f"file:{at('some.db')}?immutable=1",
    ):
        with sqlite3.connect(name, uri=name.startswith("file:")) as database:
            found.append(database.execute("select count(*), sum(a), max(b) from t").fetchone())
        database.close()
    return found


@fact
def archives():
    with zipfile.ZipFile(at("inner.zip")) as inner:
        inside = [inner.namelist(), inner.read("inside.txt").decode()]
    target = os.path.join(SCRATCH, "data.tar.gz")
    with tarfile.open(target, "w:gz") as out:
        out.add(DATA, "data")
    with tarfile.open(target) as back:
        names = sorted([m.name, m.size, m.issym(), m.isdir()] for m in back)
    os.unlink(target)
    return [inside, names, zipfile.is_zipfile(at("inner.zip")), zipfile.is_zipfile(at("a.txt"))]


@fact
def readers():
    return [
        linecache.getline(at("a.txt"), 2),
        list(fileinput.input([at("a.txt"), at("deep", "c.txt")])),
        mimetypes.guess_type(at("a.txt")),
        configparser.ConfigParser().read(at("nothing")),
        hashlib.file_digest(open(at("b.bin"), "rb"), "sha256").hexdigest(),
        list(map(str, (io.open_code(__file__).read(3), io.FileIO(at("a.txt")).readall()))),
    ]


@fact
def from_children():
    with open(at("a.txt"), "rb") as file:
        by_stdin = subprocess.run(["cat"], stdin=file, capture_output=True, check=True).stdout
        fd = file.fileno()
        cat = ["cat", f"/dev/fd/{fd}"]
        kept = subprocess.run(cat, pass_fds=[fd], capture_output=True, check=True).stdout
    return [by_stdin.decode(), kept.decode()]


@fact
def forked():
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(
            write, open(at("a.txt"), "rb").read() + str(sorted(os.listdir(at("deep")))).encode()
        )
        os._exit(0)
    os.close(write)
    os.waitpid(child, 0)
    return os.read(read, 1000).decode()


@fact
def many_threads():
    failures = []

    def work():
        for _ in range(50):
            text = open(at("a.txt")).read()
            good = text == "first line\nsecond line\n" and len(os.listdir(DATA)) > 5
            failures.extend([] if good else [text])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return failures


@fact
def from_the_c_library():
    libc = ctypes.CDLL(None)
    return libc.getpid() == os.getpid()


@fact
def asynchronous():
    async def read():
        return await asyncio.to_thread(pathlib.Path(at("a.txt")).read_text)

    return [asyncio.run(read()), select.select([open(at("a.txt"))], [], [], 0)[0] != []]


@fact
def temporary():
    with tempfile.TemporaryDirectory(dir=SCRATCH) as folder:
        link = os.path.join(folder, "link")
        os.symlink(at("a.txt"), link)
        os.symlink(at("deep"), link + "2")
        return [
            open(link).read(),
            sorted(os.listdir(link + "2")),
            os.path.realpath(link),
            os.path.isfile(link),
        ]
