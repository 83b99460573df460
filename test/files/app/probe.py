# test/files/app/probe.py: facts of a program, collected.
import json
import os
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.join(HERE, "data")
SCRATCH = sys.argv[1]
FACTS = {}


def fact(function):
    """Its value, or the type and errno of what it raises."""
    try:
        value = function()
    except Exception as error:
        value = f"{type(error).__name__} {getattr(error, 'errno', error)}"
    FACTS[function.__name__] = json.loads(json.dumps(value, default=repr).replace(HERE, "HERE"))
    return function


def at(*names):
    return os.path.join(DATA, *names)


def error_of(call, *args, **options):
    try:
        call(*args, **options)
    except OSError as error:
        return f"{type(error).__name__} {error.errno} {os.path.basename(str(error.filename))[-20:]}"
    return "none"


def attempt(call, name):
    try:
        return call(at(name))
    except ValueError as error:
        return error


def run_in_thread(function):
    found = []
    thread = threading.Thread(target=lambda: found.append(function()))
    thread.start()
    thread.join()
    return found
