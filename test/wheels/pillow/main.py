# test/wheels/pillow/main.py: JPEG, PNG, WebP, TIFF, JPEG 2000, AVIF; ICC profiles; text by Raqm
import hashlib
import io
import json

import PIL
from PIL import Image, ImageChops, ImageCms, ImageDraw, ImageFilter, ImageFont, ImageMath, features

names = ["jpg", "jpg_2000", "zlib", "libtiff", "webp", "littlecms2", "freetype2", "raqm", "avif"]
names += ["fribidi", "harfbuzz", "libjpeg_turbo", "xcb"]
missing = [name for name in names if not features.check(name)]
assert not missing, missing
# zlib and FriBidi are the host's, of which there are many.
versions = {name: features.version(name) for name in names if name not in ("zlib", "fribidi")}
facts = {"version": PIL.__version__, "features": versions}


def digest(image):
    return hashlib.sha256(image.tobytes()).hexdigest()[:16]


# Smooth parts and sharp ones, and text laid out by both engines, from the font that pillow carries.
slope = Image.linear_gradient("L")
picture = Image.merge("RGB", [slope, slope.rotate(90), Image.radial_gradient("L")])
draw = ImageDraw.Draw(picture)
draw.ellipse((40, 40, 200, 200), outline="white", width=5)
carried = ImageFont.load_default(28).font_bytes
boxes = []
for row, engine in enumerate((ImageFont.Layout.BASIC, ImageFont.Layout.RAQM)):
    font = ImageFont.truetype(io.BytesIO(carried), 28, layout_engine=engine)
    assert font.layout_engine == engine
    draw.text((10, 90 + 40 * row), "AVAToffi 12", font=font, fill="yellow")
    boxes.append([font.getlength("AVAToffi 12"), font.getbbox("AVAToffi 12")])
    # Only Raqm turns text around, and switches kerning off.
    if engine == ImageFont.Layout.RAQM:
        boxes.append(font.getlength("AVAT", features=["-kern"]) - font.getlength("AVAT"))
        draw.text((10, 200), "abc", font=font, direction="rtl")
        draw.text((110, 200), "cba", font=font, direction="ltr")
        turned = [picture.crop((left, 200, left + 60, 240)) for left in (10, 110)]
        boxes.append([digest(part) for part in turned])
facts["text"] = [boxes, digest(picture)]


def saved(name, image=picture, **options):
    stream = io.BytesIO()
    image.save(stream, name, **options)
    stream.seek(0)
    again = Image.open(stream)
    again.load()
    assert again.format == name and again.size == image.size
    return again, stream.getbuffer().nbytes


def difference(image):
    histogram = ImageChops.difference(image.convert("RGB"), picture).convert("L").histogram()
    return sum(value * count for value, count in enumerate(histogram)) / (256 * 256)


formats = {}
for name, tolerance, options in [
    ("PNG", 0, {"optimize": True}),
    ("JPEG", 4, {"quality": 92, "progressive": True}),
    ("WEBP", 0, {"lossless": True, "exact": True}),
    ("WEBP", 5, {"quality": 85}),
    ("TIFF", 0, {"compression": "tiff_lzw"}),
    ("TIFF", 0, {"compression": "tiff_adobe_deflate"}),
    ("TIFF", 0, {"compression": "zstd"}),
    ("TIFF", 0, {"compression": "lzma"}),
    ("TIFF", 4, {"compression": "jpeg", "quality": 92}),
    ("JPEG2000", 0, {"irreversible": False}),
    ("JPEG2000", 6, {"irreversible": True, "quality_mode": "rates", "quality_layers": [12]}),
    ("AVIF", 8, {"quality": 80, "max_threads": 1}),
]:
    again, size = saved(name, **options)
    found = difference(again)
    assert found <= tolerance, (name, options, found)
    formats[f"{name} {options}"] = [size, digest(again)]
facts["formats"] = formats
gray, _ = saved("TIFF", picture.convert("1"), compression="group4")
assert ImageChops.difference(gray, picture.convert("1")).getbbox() is None
frames = [picture.rotate(angle) for angle in (0, 30, 60)]
movie, _ = saved("WEBP", save_all=True, append_images=frames[1:], duration=40)
assert movie.n_frames == 3

# Colours by littlecms: sRGB to Lab and back, with a profile read back from a file.
srgb, lab = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
there = ImageCms.buildTransform(srgb, lab, "RGB", "LAB")
back = ImageCms.buildTransform(lab, srgb, "LAB", "RGB")
converted = ImageCms.applyTransform(picture, there)
assert difference(ImageCms.applyTransform(converted, back)) < 3
with_profile, _ = saved("JPEG", icc_profile=ImageCms.ImageCmsProfile(srgb).tobytes())
profile = ImageCms.ImageCmsProfile(io.BytesIO(with_profile.info["icc_profile"]))
facts["profile"] = [ImageCms.getProfileDescription(profile).strip(), digest(converted)]

small = picture.resize((61, 47), Image.Resampling.LANCZOS).filter(ImageFilter.GaussianBlur(2))
doubled = ImageMath.lambda_eval(lambda args: args["a"] * 2 - 7, a=small.convert("I"))
facts["small"] = [digest(small), digest(doubled), digest(small.quantize(16).convert("RGB"))]
print(json.dumps(facts))
