# test/files/app/names.py: what Python's own modules say of names, folders and paths.
import fnmatch
import glob
import os
import pathlib
import stat

from probe import DATA, at, attempt, error_of, fact, run_in_thread


@fact
def stats():
    keep = ("st_size", "st_mtime", "st_mtime_ns")
    found = {}
    for name in ("a.txt", "b.bin", "none", "link.txt", "tool.sh", "deep"):
        info = os.stat(at(name))
        found[name] = [stat.filemode(info.st_mode), *(getattr(info, key) for key in keep)]
        if name == "deep":
            found[name][1:] = []
    return found


@fact
def identity():
    with open(at("a.txt")) as file:
        info = os.fstat(file.fileno())
        return [
            os.path.samestat(info, os.stat(at("a.txt"))),
            os.path.samefile(at("a.txt"), at("deep", "..", "a.txt")),
            os.path.samefile(at("a.txt"), at("link.txt")),
            os.path.sameopenfile(file.fileno(), file.fileno()),
            os.stat(at("a.txt")).st_ino != os.stat(at("b.bin")).st_ino,
            os.stat(at("a.txt")).st_dev == os.stat(at("deep")).st_dev,
            info.st_nlink,
        ]


@fact
def predicates():
    names = [
        "a.txt",
        "deep",
        "link.txt",
        "deep_link",
        "dangling",
        "none",
        "nothing",
        "a.txt/x",
        "a.txt/",
        "deep/",
        "",
    ]
    tests = (
        os.path.exists,
        os.path.lexists,
        os.path.isfile,
        os.path.isdir,
        os.path.islink,
        os.path.ismount,
    )
    return {name: [test(at(name)) for test in tests] for name in names}


@fact
def access():
    modes = (os.F_OK, os.R_OK, os.X_OK)
    names = ("a.txt", "deep", "tool.sh", "nothing")
    return [
        [os.access(at(n), m) for m in modes] + [os.access(at(n), os.R_OK, effective_ids=True)]
        for n in names
    ]


@fact
def listings():
    with os.scandir(DATA) as entries:
        scanned = sorted(
            [
                e.name,
                e.is_file(),
                e.is_dir(),
                e.is_symlink(),
                e.inode() == e.stat(follow_symlinks=False).st_ino,
            ]
            for e in entries
        )
    fd = os.open(DATA, os.O_RDONLY | os.O_DIRECTORY)
    try:
        by_fd = sorted(os.listdir(fd))
        with os.scandir(fd) as entries:
            scanned_fd = sorted(e.name for e in entries)
    finally:
        os.close(fd)
    return [
        sorted(os.listdir(DATA)),
        sorted(map(os.fsdecode, os.listdir(os.fsencode(DATA)))),
        by_fd,
        scanned_fd,
        scanned,
        os.listdir(at("empty")),
    ]


@fact
def walks():
    plain = sorted(
        [folder, sorted(folders), sorted(files)] for folder, folders, files in os.walk(DATA)
    )
    followed = sorted(folder for folder, _, _ in os.walk(DATA, followlinks=True))
    by_fd = sorted(
        [folder, sorted(folders), sorted(files)] for folder, folders, files, _ in os.fwalk(DATA)
    )
    return [plain, followed, by_fd == plain]


@fact
def links():
    return [
        os.readlink(at("link.txt")),
        os.readlink(at("deep_link")),
        os.path.realpath(at("deep_link", "c.txt")),
        os.path.realpath(at("deep_link", "..", "a.txt")),
        error_of(os.readlink, at("a.txt")),
        open(at("deep_link", "deeper", "d.txt")).read(),
    ]


@fact
def globs():
    patterns = ("*.txt", "**/*.txt", "d*/*", "[ab].*", "*/", "no*")
    return [sorted(glob.glob(os.path.join(DATA, p), recursive=True)) for p in patterns] + [
        sorted(glob.glob("**/*.txt", root_dir=DATA, recursive=True)),
        fnmatch.filter(sorted(os.listdir(DATA)), "*.bin"),
    ]


@fact
def paths():
    data = pathlib.Path(__file__).parent / "data"
    return [
        sorted(str(p) for p in data.iterdir()),
        sorted(str(p) for p in data.rglob("*.txt")),
        (data / "a.txt").read_text(),
        len((data / "b.bin").read_bytes()),
        str((data / "deep" / ".." / "a.txt").resolve()),
        (data / "a.txt").stat().st_size,
        (data / "deep").is_dir(),
        (data / "link.txt").is_symlink(),
        str((data / "link.txt").readlink()),
        (data / "a.txt").samefile(data / "link.txt"),
        sorted(str(p) for p, _, _ in data.walk()),
        (data / "ümlaut.txt").read_text("utf-8"),
    ]


@fact
def missing():
    return [
        error_of(call, at(name))
        for name in (
            "nothing",
            "nothing/below",
            "a.txt/below",
            "A.TXT",
            "deep/C.txt",
            "n" * 300,
            "n/" * 3000,
        )
        for call in (
            open,
            os.stat,
            os.lstat,
            os.listdir,
            os.scandir,
            os.chdir,
            os.readlink,
            os.statvfs,
        )
    ]


@fact
def bad_paths():
    return [
        error_of(open, DATA),
        *(str(attempt(call, "a\0b")) for call in (open, os.stat, os.listdir)),
        error_of(os.listdir, at("a.txt")),
        error_of(os.open, at("a.txt"), os.O_DIRECTORY),
    ]


@fact
def working_directory():
    before = os.getcwd()
    try:
        os.chdir(at("deep"))
        inside = [
            os.getcwd(),
            open("c.txt").read(),
            sorted(os.listdir()),
            os.stat("../a.txt").st_size,
            os.path.abspath("c.txt"),
            os.path.exists("deeper/d.txt"),
            str(pathlib.Path.cwd()),
            open("/proc/self/cwd/c.txt").read(),
        ]
        os.chdir("deeper")
        inside += [os.getcwd(), os.path.relpath(at("a.txt"))]
        os.chdir("../..")
        inside += [os.getcwd(), [os.getcwd() for _ in [0]], run_in_thread(os.getcwd)]
        fd = os.open(at("deep"), os.O_RDONLY)
        os.fchdir(fd)
        os.close(fd)
        return [
            *inside,
            os.getcwd(),
            error_of(os.chdir, "nothing"),
            error_of(os.chdir, at("a.txt")),
            os.getcwd(),
        ]
    finally:
        os.chdir(before)


@fact
def descriptor_forms():
    fd = os.open(DATA, os.O_RDONLY)
    try:
        return [
            os.stat("a.txt", dir_fd=fd).st_size,
            os.stat("deep/c.txt", dir_fd=fd).st_size,
            os.access("a.txt", os.R_OK, dir_fd=fd),
            os.readlink("link.txt", dir_fd=fd),
            error_of(os.stat, "nothing", dir_fd=fd),
            error_of(os.stat, "a.txt/x", dir_fd=fd),
            stat.filemode(os.fstat(fd).st_mode),
            os.path.samestat(os.stat(fd), os.stat(DATA)),
        ]
    finally:
        os.close(fd)


@fact
def attributes():
    return [
        os.listxattr(at("a.txt")),
        error_of(os.getxattr, at("a.txt"), "user.x"),
        os.pathconf(at("a.txt"), "PC_NAME_MAX"),
        os.path.getsize(at("b.bin")),
        int(os.path.getmtime(at("b.bin"))),
    ]
