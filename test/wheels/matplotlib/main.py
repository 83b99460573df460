# test/wheels/matplotlib/main.py: Agg and FreeType: a plot by fonts and styles beside the modules
import hashlib
import io
import json
import os
import tempfile

# The list of fonts is matplotlib's own cache, which it writes where it is told.
os.environ["MPLCONFIGDIR"] = tempfile.mkdtemp()

import matplotlib

matplotlib.use("agg")
import matplotlib.font_manager as fonts
import matplotlib.pyplot as plt
import matplotlib.style
import numpy as np

data = matplotlib.get_data_path()
font = fonts.findfont("DejaVu Sans")
assert font.startswith(data), font
assert os.path.isfile(font)
shapes = fonts.get_font(font)

x = np.linspace(0, 10, 200)
with plt.style.context("ggplot"):
    figure, axes = plt.subplots(figsize=(4, 3), dpi=80)
    axes.plot(x, np.sin(x), label="$\\sin(x)$")
    axes.contour(np.outer(np.sin(x), np.cos(x))[::20, ::20])
    axes.set_title("The title, äöü")
    axes.legend()
    figure.canvas.draw()
picture = np.asarray(figure.canvas.buffer_rgba())
png = io.BytesIO()
figure.savefig(png, format="png")
svg = io.StringIO()
with matplotlib.rc_context({"svg.hashsalt": "x", "svg.fonttype": "path"}):
    figure.savefig(svg, format="svg", metadata={"Date": None})
with matplotlib.cbook.get_sample_data("jacksboro_fault_dem.npz") as sample:
    elevation = float(sample["elevation"].mean())

print(
    json.dumps(
        {
            "version": matplotlib.__version__,
            "freetype": matplotlib.ft2font.__freetype_version__,
            "font": [shapes.family_name, shapes.num_glyphs, os.path.relpath(font, data)],
            "styles": len(matplotlib.style.available),
            "fonts": len(os.listdir(os.path.join(data, "fonts", "ttf"))),
            "picture": hashlib.sha256(picture.tobytes()).hexdigest()[:16],
            "png": png.getvalue()[:8].hex(),
            "svg": hashlib.sha256(svg.getvalue().encode()).hexdigest()[:16],
            "sample": elevation,
        }
    )
)
