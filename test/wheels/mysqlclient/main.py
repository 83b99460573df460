# test/wheels/mysqlclient/main.py: _mysql with libmariadb in its .libs, alone and under SQLAlchemy
import ctypes
import hashlib
import importlib.metadata
import json
import os

import MySQLdb
import MySQLdb.cursors
import sqlalchemy
from MySQLdb import _mysql
from sqlalchemy import orm

CONNECTION = {
    "host": "127.0.0.1",
    "port": int(os.environ["TEST_MYSQL_PORT"]),
    "user": os.environ["TEST_MYSQL_USER"],
    "password": os.environ["TEST_MYSQL_PASSWORD"],
    "database": "wheels",
    "charset": "utf8mb4",
    "ssl_mode": "VERIFY_IDENTITY",
    "ssl": {"ca": os.environ["TEST_CA"]},
}
#: mysql.h of MariaDB's connector: enum mariadb_value.
MARIADB_TLS_LIBRARY = 22


def libraries() -> dict:
    """The libraries of the .libs folder, and what OpenSSL among them says of itself."""
    files = importlib.metadata.files("mysqlclient")
    found = {file.name.split("-")[0]: file for file in files if ".so." in file.name}
    text = ctypes.CDLL(str(found["libcrypto"].locate())).OpenSSL_version
    text.restype, text.argtypes = ctypes.c_char_p, [ctypes.c_int]
    # What libmariadb itself gets when it asks: another OpenSSL in the process could answer.
    asked = ctypes.c_char_p()
    library = ctypes.CDLL(str(found["libmariadb"].locate()))
    assert library.mariadb_get_info(None, MARIADB_TLS_LIBRARY, ctypes.byref(asked)) == 0
    return {
        "names": sorted(found),
        "openssl": text(0).decode(),
        "libmariadb's": asked.value.decode(),
    }


def query_facts() -> dict:
    facts = {}
    connection = MySQLdb.connect(**CONNECTION)
    cursor = connection.cursor()
    cursor.execute("SHOW STATUS LIKE 'Ssl_version'")
    facts["tls"] = cursor.fetchone()[1]
    cursor.execute("CREATE TEMPORARY TABLE t (id INT, name VARCHAR(40), data LONGBLOB)")
    rows = [(i, f"name \u2603 {i}", bytes([i]) * i) for i in range(200)]
    cursor.executemany("INSERT INTO t VALUES (%s, %s, %s)", rows)
    connection.commit()
    cursor.execute("SELECT COUNT(*), SUM(LENGTH(data)) FROM t WHERE name LIKE '%\u2603%'")
    facts["sums"] = [int(value) for value in cursor.fetchone()]
    cursor.execute("SELECT REPEAT(SHA2('x', 256), 10000), 1.50, DATE '2026-11-21', NULL")
    large, *types = cursor.fetchone()
    facts["large"] = hashlib.sha256(large.encode()).hexdigest()
    facts["types"] = [repr(value) for value in types]
    streaming = connection.cursor(MySQLdb.cursors.SSDictCursor)
    streaming.execute("SELECT id FROM t")
    facts["stream"] = sum(row["id"] for row in streaming)
    streaming.close()
    facts["escaped"] = connection.escape_string(b"a'b\\c\n").decode()
    try:
        cursor.execute("SELECT * FROM missing")
    except MySQLdb.ProgrammingError as error:
        facts["error"] = error.args[0]
    connection.close()
    over_socket = {"host": "localhost", "unix_socket": os.environ["TEST_MYSQL_SOCKET"]}
    rest = {name: CONNECTION[name] for name in ("user", "password", "database")}
    with MySQLdb.connect(**rest, **over_socket) as connection:
        facts["socket"] = "UNIX" in connection.get_host_info()
    return facts


class Base(orm.DeclarativeBase):
    pass


class Row(Base):
    __tablename__ = "rows_of_sqlalchemy"
    number: orm.Mapped[int] = orm.mapped_column(primary_key=True)
    text: orm.Mapped[str] = orm.mapped_column(sqlalchemy.String(80))


def sqlalchemy_facts() -> dict:
    engine = sqlalchemy.create_engine(
        "mysql+mysqldb://", creator=lambda: MySQLdb.connect(**CONNECTION)
    )
    Base.metadata.drop_all(engine)
    Base.metadata.create_all(engine)
    with orm.Session(engine) as session:
        session.add_all(Row(number=i + 1, text=f"row {i}") for i in range(500))
        session.commit()
        query = sqlalchemy.select(Row).where(Row.text.like("row %9")).order_by(Row.number.desc())
        found = session.scalars(query).all()
        total = session.scalar(sqlalchemy.select(sqlalchemy.func.sum(Row.number)))
    Base.metadata.drop_all(engine)
    engine.dispose()
    return {"found": len(found), "first": found[0].text, "sum": int(total)}


def refusals() -> dict:
    wrong = {
        "stranger": {"ssl": {"ca": os.environ["TEST_STRANGER"]}},
        "name": {"host": "127.0.0.2"},
        "password": {"password": "wrong"},
    }
    found = {}
    for name, change in wrong.items():
        try:
            MySQLdb.connect(**(CONNECTION | change)).close()
            found[name] = "connected"
        except MySQLdb.OperationalError as error:
            found[name] = error.args[0]
    return found


print(
    json.dumps(
        {
            "client": _mysql.get_client_info(),
            "libraries": libraries(),
            "queries": query_facts(),
            "sqlalchemy": sqlalchemy_facts(),
            "refusals": refusals(),
        }
    )
)
