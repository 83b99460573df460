# test/wheels/data-files/main.py: certifi, chardet, pytz, tzdata: data that is opened by its path
import datetime
import importlib.resources
import json
import os
import ssl
import zoneinfo

import certifi
import chardet
import pytz
import tzdata
from markupsafe import escape  # the one with native code: what is loaded is counted

facts = {"versions": [module.__version__ for module in (certifi, chardet, pytz, tzdata)]}

# OpenSSL's C code opens the file itself; where() is a path that anybody may open.
where = certifi.where()
context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
context.load_verify_locations(cafile=where)
with open(where, encoding="ascii") as file:
    text = file.read()
facts["certificates"] = [text == certifi.contents(), os.path.getsize(where) == len(text)]
facts["loaded"] = len(context.get_ca_certs()) > 100
assert len(context.get_ca_certs()) == text.count("BEGIN CERTIFICATE")
assert os.path.dirname(where) == os.path.dirname(certifi.__file__)

samples = {
    "utf-8": "Fenêtre, œuvre, garçon, l'été à Noël. " * 4,
    "koi8-r": "Съешь же ещё этих мягких французских булок, да выпей чаю. " * 4,
    "shift_jis": "吾輩は猫である。名前はまだ無い。" * 2
    + "どこで生れたかとんと見当がつかぬ。何でも薄暗い所で泣いていた。" * 4,
    "big5": "天地玄黃，宇宙洪荒。日月盈昃，辰宿列張。我們今天去學校上課。" * 4,
}
facts["encodings"] = {}
for name, sample in samples.items():
    guess = chardet.detect(sample.encode(name))
    facts["encodings"][name] = guess["encoding"]
    assert sample.encode(name).decode(guess["encoding"]) == sample, (name, guess)

# pytz opens its own files, zoneinfo those of tzdata: the system's are shut out.
zoneinfo.reset_tzpath(to=[])
moment = datetime.datetime(2026, 7, 1, 12, tzinfo=datetime.UTC)
zones = ["Europe/Berlin", "America/St_Johns", "Asia/Kathmandu", "Australia/Lord_Howe"]
facts["zones"] = {}
for name in zones:
    ours, theirs = (moment.astimezone(zone(name)) for zone in (zoneinfo.ZoneInfo, pytz.timezone))
    assert ours.utcoffset() == theirs.utcoffset()
    facts["zones"][name] = ours.isoformat()
facts["counts"] = [len(pytz.all_timezones), len(zoneinfo.available_timezones())]
assert len([zone for zone in pytz.all_timezones if pytz.timezone(zone)]) == facts["counts"][0]
listed = importlib.resources.files(tzdata).joinpath("zones").read_text().split()
assert set(listed) <= zoneinfo.available_timezones() | {"Factory"}

print(json.dumps({**facts, "escaped": escape("<")}))
