# scripts/isolation/import-all.py: imports the extension modules that it is given
import importlib
import json
import sys
import warnings

warnings.simplefilter("ignore")
failed = []
for name in sys.argv[1:]:
    try:
        importlib.import_module(name)
    except Exception:  # noqa: BLE001 - which they are is compared
        failed.append(name)
print(json.dumps(failed))
