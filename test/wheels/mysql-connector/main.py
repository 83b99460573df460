# test/wheels/mysql-connector/main.py: the C extension against MariaDB, by TLS
import hashlib
import json
import os
from pathlib import Path

import _mysql_connector
import mysql.connector
from mysql.connector.connection_cext import CMySQLConnection

CONNECTION = {
    "host": "localhost",
    "port": int(os.environ["TEST_MYSQL_PORT"]),
    "user": os.environ["TEST_MYSQL_USER"],
    "password": os.environ["TEST_MYSQL_PASSWORD"],
    "database": "wheels",
    "ssl_ca": os.environ["TEST_CA"],
    "ssl_verify_cert": True,
    "ssl_verify_identity": True,
}


def connect(**change: object) -> CMySQLConnection:
    """By the extension, not by the Python implementation beside it.

    MariaDB asks for mysql_native_password, which the library loads by dlopen from the
    folder of plugins. The connector looks whether that folder exists, and would take the
    system's: a bundle's folders do not exist for os.path.exists yet. It is told here.
    """
    connection = CMySQLConnection()
    folder = Path(_mysql_connector.__file__).parent / "mysql" / "vendor" / "plugin"
    connection._plugin_dir = str(folder)
    connection.connect(**(CONNECTION | change))
    return connection


def query_facts() -> dict:
    facts = {}
    with connect() as connection:
        facts["class"] = type(connection).__name__
        cursor = connection.cursor()
        cursor.execute("SHOW STATUS LIKE 'Ssl_version'")
        facts["tls"] = cursor.fetchone()[1]
        cursor.execute("SHOW STATUS LIKE 'Ssl_cipher'")
        facts["cipher"] = cursor.fetchone()[1]
        cursor.execute("CREATE TEMPORARY TABLE t (id INT, name VARCHAR(40), data BLOB)")
        rows = [(i, f"name \u2603 {i}", bytes([i]) * i) for i in range(200)]
        cursor.executemany("INSERT INTO t VALUES (%s, %s, %s)", rows)
        connection.commit()
        cursor.execute("SELECT COUNT(*), SUM(LENGTH(data)) FROM t WHERE name LIKE '%\u2603%'")
        facts["sums"] = [int(value) for value in cursor.fetchone()]
        cursor.execute("SELECT * FROM t WHERE id = 77")
        number, name, data = cursor.fetchone()
        facts["row"] = [number, name, bytes(data).hex()]
        cursor.execute("SELECT REPEAT(SHA2('x', 256), 10000), 1.50, DATE '2026-11-21', NULL")
        large, *types = cursor.fetchone()
        facts["large"] = hashlib.sha256(large.encode()).hexdigest()
        facts["types"] = [repr(value) for value in types]
        with connection.cursor(prepared=True) as prepared:
            prepared.execute("SELECT id * ? FROM t WHERE id BETWEEN ? AND ?", (2, 10, 13))
            facts["prepared"] = [int(value) for (value,) in prepared.fetchall()]
        facts["escaped"] = [
            value.decode() for value in connection.prepare_for_mysql(["a'b\\c\n", 1.5])
        ]
        try:
            cursor.execute("SELECT * FROM missing")
        except mysql.connector.ProgrammingError as error:
            facts["error"] = [error.errno, error.sqlstate]
    return facts


def refusals() -> dict:
    wrong = {
        "stranger": {"ssl_ca": os.environ["TEST_STRANGER"]},
        "name": {"host": "127.0.0.2"},
        "password": {"password": "wrong"},
    }
    found = {}
    for name, change in wrong.items():
        try:
            connect(**change).close()
            found[name] = "connected"
        except mysql.connector.Error as error:
            found[name] = error.errno
    return found


print(
    json.dumps(
        {
            "client": _mysql_connector.MySQL().get_client_info(),
            "queries": query_facts(),
            "refusals": refusals(),
        }
    )
)
