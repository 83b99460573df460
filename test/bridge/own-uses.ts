// test/bridge/own-uses.ts: parts of the standard library at use, left as they are when their interpreter ends.

/** Pieces of Python by what they use; `keep` and other globals hold what is at work. */
export const uses: Readonly<Record<string, string>> = {
  TLS: `
import ssl
keep = [ssl.create_default_context(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)]
keep[1].sni_callback = lambda *a: None
a, b = ssl.MemoryBIO(), ssl.MemoryBIO()
obj = keep[0].wrap_bio(a, b, server_hostname='x')
try: obj.do_handshake()
except ssl.SSLWantReadError: pass
keep.append(obj)
try: ssl.PEM_cert_to_DER_cert('x')
except ValueError: pass`,
  sqlite3: `
import sqlite3
con = sqlite3.connect(':memory:')
con.create_function('f', 1, lambda x: x + 1)
con.create_collation('c', lambda a, b: (a > b) - (a < b))
con.set_trace_callback(lambda s: None)
con.set_progress_handler(lambda: 0, 10)
con.execute('create table t(x)'); con.executemany('insert into t values(?)', [(i,) for i in range(1000)])
assert not(con.execute('select sum(f(x)) from t order by x collate c').fetchone()[0] == 0)
cur = con.execute('select * from t'); next(cur)
sqlite3.register_adapter(complex, str)
blob = None
sqlite3.enable_callback_tracebacks(True)`,
  decimal: `
import decimal, contextvars
ctx = decimal.getcontext().copy(); ctx.prec = 1000
with decimal.localcontext(ctx): keep = [decimal.Decimal(2).sqrt(), decimal.Decimal(3).exp()]
try: decimal.Decimal(1) / 0
except decimal.DivisionByZero as e: keep.append(e)
decimal.setcontext(ctx)`,
  ctypes: `
import ctypes
class S(ctypes.Structure): _fields_ = [('a', ctypes.c_int), ('b', ctypes.c_double)]
class BE(ctypes.BigEndianStructure): _fields_ = [('a', ctypes.c_int)]
CB = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
cb = CB(lambda a, b: a[0] - b[0])
arr = (ctypes.c_int * 50)(*range(50, 0, -1))
libc = ctypes.CDLL(None)
libc.qsort(arr, 50, ctypes.sizeof(ctypes.c_int), cb)
assert list(arr) == list(range(1, 51))
PY = ctypes.PYFUNCTYPE(ctypes.py_object)
keep = [S(1, 2), BE(1), (S * 3)(), ctypes.pointer(S()), [CB(lambda a, b: 0) for _ in range(500)]]`,
  "regular expressions": `
import re; keep=[re.compile('a*(b)').match('aab'), re.finditer('a', 'aaa')]; next(keep[1])`,
  hashes: `
import hashlib, hmac, zlib
keep = [hashlib.sha256(b'x'), hashlib.blake2b(b'x'), hashlib.sha3_256(b'x'), hmac.new(b'k', b'm', 'md5'), hashlib.pbkdf2_hmac('sha256', b'a', b'b', 10), hashlib.scrypt(b'a', salt=b'b', n=2, r=1, p=1)]`,
  "dates and zones": `
import zoneinfo, datetime
try: z = zoneinfo.ZoneInfo('Europe/Berlin')
except Exception as e: z = datetime.timezone.utc
keep = [z, datetime.datetime.now(z), datetime.timezone.utc, datetime.timezone(datetime.timedelta(hours=2), 'n'), datetime.datetime.strptime('2020', '%Y'), hash(datetime.timezone.utc), datetime.date.today().isocalendar()]
class D(datetime.datetime): pass
keep.append(D.now(datetime.UTC))`,
  XML: `
import xml.etree.ElementTree as ET, pyexpat
keep=[ET.fromstring('<a><b c="d">x</b></a>'), ET.XMLPullParser()]
keep[1].feed('<a>')
p = pyexpat.ParserCreate(); p.StartElementHandler = lambda *a: keep.append(a); p.Parse('<a><b>'); keep.append(p)
it = keep[0].iter(); next(it)`,
  "shared memory": `
from multiprocessing import shared_memory
s = shared_memory.SharedMemory(create=True, size=4096)
s.buf[:3] = b'abc'
s.unlink(); s.close()`,
  asyncio: `
import asyncio, contextvars
v = contextvars.ContextVar('v', default=1)
async def forever():
    v.set([1])
    try: await asyncio.sleep(1000)
    finally: keep.append(1)
keep = []
async def main():
    keep.append(asyncio.create_task(forever()))
    async with asyncio.timeout(10): await asyncio.sleep(0)
    async def gen():
        yield 1
        yield 2
    g = gen(); keep.append(g); await anext(g)
    await asyncio.to_thread(print, end='')
loop = asyncio.new_event_loop()
loop.run_until_complete(main())
keep.append(loop)`,
  "a pool of threads": `
import concurrent.futures
ex = concurrent.futures.ThreadPoolExecutor(4)
keep = [ex, list(ex.map(str, range(100))), ex.submit(print, end='')]`,
  sockets: `
import socket, select, selectors
a, b = socket.socketpair()
s = selectors.DefaultSelector(); s.register(a, selectors.EVENT_READ)
b.send(b'x'); assert s.select(1)
keep = [socket.create_server(('127.0.0.1', 0)), select.epoll(), select.poll(), socket.getaddrinfo('localhost', 80), socket.gethostbyname('localhost')]
try: keep.append(socket.getservbyname('http'))
except OSError: pass`,
  locale: `
import locale; keep=[locale.localeconv(), locale.setlocale(locale.LC_ALL, 'C.UTF-8'), locale.strxfrm('a'), locale.nl_langinfo(locale.CODESET)]
locale.setlocale(locale.LC_ALL, 'C')`,
  codecs: `
import encodings.aliases, codecs
keep=[]
for m in sorted(set(encodings.aliases.aliases.values())):
    try: keep += [codecs.lookup(m), 'abc\u00e9\u3042'.encode(m, 'replace'), codecs.getincrementaldecoder(m)(), codecs.getincrementalencoder(m)()]
    except Exception: pass
codecs.register(lambda n: None); codecs.register_error('mine', lambda e: ('?', e.end))
assert 'a\u20ac'.encode('ascii', 'mine') == b'a?'
keep.append('\\N{SNOWMAN}'.encode().decode('unicode_escape'))`,
  unicodedata: `
import unicodedata; keep=[unicodedata.ucd_3_2_0, unicodedata.normalize('NFD', '\u00e9'), '\\N{BULLET}', unicodedata.lookup('BULLET')]`,
  mmap: `
import mmap; keep=mmap.mmap(-1, 65536); mv=memoryview(keep)[10:]; keep[0]=1`,
  compressors: `
import zlib, bz2, lzma, gzip
d=b'x'*100000
keep=[zlib.compressobj(), bz2.BZ2Compressor(), lzma.LZMACompressor(), zlib.decompressobj()]
for k in keep[:3]: k.compress(d)
assert gzip.decompress(gzip.compress(d)) == d and lzma.decompress(lzma.compress(d)) == d`,
  pickle: `
import pickle, copyreg, collections, dataclasses, enum, uuid
@dataclasses.dataclass
class P: x: int = 1
class E(enum.Enum): A = 1
NT = collections.namedtuple('NT', 'a b')
import sys, types
mod = sys.modules[__name__] = sys.modules.get(__name__) or types.ModuleType(__name__)
mod.P, mod.E, mod.NT = P, E, NT
keep = [pickle.loads(pickle.dumps(o)) for o in (P(), E.A, NT(1,2), collections.OrderedDict(a=1), uuid.uuid4(), uuid.uuid1())]
import io; pk = pickle.Pickler(io.BytesIO()); pk.dump(P())
keep.append(pk)`,
  warnings: `
import warnings
warnings.simplefilter('error'); 
try: warnings.warn('x')
except UserWarning as e: keep = e
warnings.filterwarnings('ignore', 'abc', DeprecationWarning)`,
  tracing: `
import sys, threading
seen=[]
def tr(*a):
    seen.append(a); return tr
sys.settrace(tr); threading.settrace(tr)
def f(): return sum(i for i in range(10))
f()
sys.setprofile(lambda *a: None)
f()`,
  "sys.monitoring": `
import sys
m = sys.monitoring; m.use_tool_id(3, 'mine')
seen=[]
m.register_callback(3, m.events.PY_START, lambda *a: seen.append(a))
m.register_callback(3, m.events.LINE, lambda *a: m.DISABLE)
m.set_events(3, m.events.PY_START | m.events.LINE)
def f(): return 1
f(); f()`,
  "weak references and __del__": `
import _thread, gc, weakref
class A: pass
a = A(); a.me = a
log=[]
keep=[weakref.ref(a, lambda r: log.append(r)), weakref.finalize(a, print, end='')]
wd = weakref.WeakValueDictionary(); wd['a'] = a
class Evil:
    def __del__(self, start=_thread.start_new_thread, collect=gc.collect):
        try: start(print, ())
        except RuntimeError: pass
        collect()
        globals()['other'] = self
e = Evil(); e.me = e
import builtins, sys
builtins.evil = Evil(); sys.evil = Evil(); sys.modules['evil'] = Evil()`,
  "suspended generators": `
import contextvars
def g():
    try:
        while True: yield 1
    finally:
        import json, threading
        print(end='')
        try: threading.Thread(target=print).start()
        except RuntimeError: pass
keep=[g() for _ in range(10)]
for k in keep: next(k)
async def co():
    try: 
        await aw
    finally: print(end='')
class Aw:
    def __await__(self):
        yield 1
aw = Aw(); c = co(); c.send(None)
ctx = contextvars.copy_context(); var = contextvars.ContextVar('x'); ctx.run(var.set, ctx)`,
  "threads that stay": `
import threading, time, queue
l = threading.local(); 
class D:
    def __del__(self): print(end='')
def w():
    l.x = D(); ev.wait()
ev = threading.Event()
ts = [threading.Thread(target=w) for _ in range(8)]
for t in ts: t.start()
threading.Timer(1000, print).start()
lock = threading.Lock(); lock.acquire()
def blocked():
    try: lock.acquire()
    finally: print(end='')
threading.Thread(target=blocked).start()
q = queue.SimpleQueue(); threading.Thread(target=q.get).start()`,
  classes: `
import abc, typing, types, enum, functools, collections.abc
class M(type): pass
class C(metaclass=M): __slots__ = ('a', '__weakref__')
class L(list): pass
class T(tuple): pass
class I(int): pass
class X(Exception): pass
collections.abc.Sequence.register(L)
collections.abc.Sequence.register(types.SimpleNamespace)
@functools.lru_cache
def f(x): return x
f(1)
type Al[T] = list[T]
def gen[T: int, *Ts, **P](x: T) -> T: return x
keep=[C(), L(), T(), I(), X(), Al[int], typing.List[int], list[int] | None, functools.singledispatch(f), functools.partial(f, 1)]
try: raise ExceptionGroup('g', [X(), ValueError()])
except* X as e: keep.append(e)
except* ValueError: pass
T.__bases__
import sys; sys.intern('own interned string'); keep.append(sys.getswitchinterval())`,
  children: `
import subprocess, os, sys
assert subprocess.run(['/bin/echo', 'x'], capture_output=True).stdout == b'x\\n'
p = subprocess.Popen(['/bin/sleep', '0.01'])
p2 = os.posix_spawn('/bin/true', ['/bin/true'], {}); os.waitpid(p2, 0)`,
  "the compiler": `
import ast, symtable, tokenize, io, dis, code, codeop, compileall
src = 'def f(a, *, b=1):\\n  return [x for x in a if x]\\nclass C: pass\\nmatch 1:\\n  case int(): pass\\n'
t = ast.parse(src); keep=[t, compile(t, 'f', 'exec'), symtable.symtable(src, 'f', 'exec'), list(tokenize.generate_tokens(io.StringIO(src).readline))]
exec(keep[1])
import dis, contextlib
with contextlib.redirect_stdout(io.StringIO()): dis.dis(f)
try: compile('def', 'f', 'exec')
except SyntaxError as e: keep.append(e)
class V(ast.NodeVisitor): pass
V().visit(t)`,
  "an audit hook": `
import sys; sys.addaudithook(lambda *a: None); open('/dev/null').close()`,
  "interpreters, channels and queues": `
import _interpreters, _interpqueues, _interpchannels
i = _interpreters.create(); _interpreters.exec(i, 'import datetime, json; x=1')
ch = _interpchannels.create(1); _interpchannels.send(ch, 'x', blocking=False)
q = _interpqueues.create(5, 0, 1); _interpqueues.put(q, b'x', 0, 1)`,
  cProfile: `
import cProfile, _lsprof
p = cProfile.Profile(); p.enable()
sum(range(100)); sorted([1, 2])`,
  "arrays and numbers": `
import array, struct, random, statistics, heapq, bisect, itertools, operator, collections, math
keep=[array.array('d', [1.0]*1000), struct.Struct('<idq'), random.Random(1), statistics.fmean([1, 2]), itertools.count(), itertools.tee([1, 2, 3]), operator.attrgetter('a.b'), collections.deque([1], 5), collections.defaultdict(list), collections.Counter('abc')]
mv = memoryview(keep[0])
str(10**4000); int('9'*4000); 1e300.hex(); repr(0.1)`,
  "users and time": `
import time, os; os.environ['TZ'] = 'UTC'; time.tzset(); keep=[time.localtime(), time.struct_time(range(9)), os.stat('/'), os.times(), os.uname(), os.sched_getaffinity(0), time.get_clock_info('time'), os.statvfs('/'), os.scandir('/')]
import resource, grp, pwd; keep += [resource.getrusage(0), pwd.getpwall(), grp.getgrall()]; keep.append(next(os.scandir("/")))`,
};
