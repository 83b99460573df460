# test/wheels/av/main.py: FFmpeg: video and sound into a file in memory and back; 70 libraries
import hashlib
import io
import json
from fractions import Fraction

import av
import numpy as np

stream = io.BytesIO()
with av.open(stream, "w", format="matroska") as file:
    video = file.add_stream("mpeg4", rate=24)
    video.width = video.height = 64
    video.pix_fmt = "yuv420p"
    sound = file.add_stream("pcm_s16le", rate=8000)
    sound.layout = "mono"
    sound.format = "s16"
    for i in range(12):
        picture = np.full((64, 64, 3), i * 20, np.uint8)
        picture[i : i + 20, 10:40] = (200, 30, 90)
        for packet in video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
            file.mux(packet)
    tone = (np.sin(np.arange(4000) * 0.3) * 9000).astype(np.int16)
    frame = av.AudioFrame.from_ndarray(tone[None, :], format="s16", layout="mono")
    frame.sample_rate = 8000
    frame.pts = 0
    frame.time_base = Fraction(1, 8000)
    for packet in [*sound.encode(frame), *sound.encode(None), *video.encode(None)]:
        file.mux(packet)

stream.seek(0)
with av.open(stream) as file:
    pictures = [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
stream.seek(0)
with av.open(stream) as file:
    samples = np.concatenate([frame.to_ndarray()[0] for frame in file.decode(audio=0)])
assert len(pictures) == 12 and np.array_equal(samples, tone)
assert abs(int(pictures[11][60, 60].mean()) - 220) < 6

# Other libraries of the wheel: a filter graph, an error with its number.
graph = av.filter.Graph()
steps = [graph.add_buffer(width=64, height=64, format="rgb24", time_base="1/24")]
steps += [graph.add("hflip"), graph.add("buffersink")]
for first, second in zip(steps, steps[1:], strict=False):
    first.link_to(second)
graph.configure()
graph.push(av.VideoFrame.from_ndarray(pictures[3], format="rgb24"))
flipped = graph.pull().to_ndarray(format="rgb24")
assert np.array_equal(flipped, pictures[3][:, ::-1])
try:
    av.open(io.BytesIO(b"no video" * 100))
except av.error.FFmpegError as error:
    refusal = [type(error).__name__, error.errno]

print(
    json.dumps(
        {
            "versions": {name: list(version) for name, version in av.library_versions.items()},
            "av": av.__version__,
            "pictures": hashlib.sha256(np.stack(pictures).tobytes()).hexdigest()[:16],
            "refusal": refusal,
            "x264": "libx264" in av.codecs_available,
            "codecs": len(av.codecs_available),
        }
    )
)
