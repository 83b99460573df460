# scripts/wheels/deflate.py: packs a bundle again with every entry deflated

import sys
import zipfile

source, target = sys.argv[1:]
with (
    zipfile.ZipFile(source) as bundle,
    zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as deflated,
):
    for entry in bundle.infolist():
        plain = zipfile.ZipInfo(entry.filename, entry.date_time)
        plain.external_attr = entry.external_attr
        plain.compress_type = zipfile.ZIP_DEFLATED
        deflated.writestr(plain, bundle.read(entry))
