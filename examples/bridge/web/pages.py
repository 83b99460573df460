# examples/bridge/web/pages.py: a flask application, mounted at /pages.
from flask import Flask, request

app = Flask(__name__)


@app.get("/")
def page():
    return f"<h1>{request.args.get('title', 'A page')}</h1>"
