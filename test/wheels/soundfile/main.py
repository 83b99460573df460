# test/wheels/soundfile/main.py: libsndfile, which cffi opens by its path in the bundle
import io
import json

import numpy as np
import soundfile

tone = (np.sin(np.arange(8000) * 0.2) * 0.5).astype(np.float32)
sizes = {}
for name, subtype, tolerance in [
    ("WAV", "PCM_24", 1e-6),
    ("FLAC", "PCM_16", 1e-4),
    ("OGG", "VORBIS", 0.1),
    ("MP3", "MPEG_LAYER_III", 0.2),
]:
    stream = io.BytesIO()
    soundfile.write(stream, tone, 16000, format=name, subtype=subtype)
    sizes[name] = stream.tell()
    stream.seek(0)
    again, rate = soundfile.read(stream, dtype="float32")
    assert rate == 16000 and len(again) >= len(tone)
    error = float(np.abs(again[2000:6000] - tone[2000:6000]).max())
    assert error <= tolerance, (name, error)
try:
    soundfile.read(io.BytesIO(b"no sound"))
except soundfile.LibsndfileError as error:
    refusal = error.error_string
print(
    json.dumps(
        {
            "versions": [soundfile.__version__, soundfile.__libsndfile_version__],
            "sizes": {name: size for name, size in sizes.items() if name in ("WAV", "FLAC")},
            "formats": len(soundfile.available_formats()),
            "refusal": refusal,
        }
    )
)
