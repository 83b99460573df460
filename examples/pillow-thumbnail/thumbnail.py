# examples/pillow-thumbnail/thumbnail.py: an image's thumbnail, by Pillow's C code and its libjpeg.
"""usage: thumbnail.py [SOURCE TARGET]: without them an image that it draws is the source."""

import io
import sys

from PIL import Image, ImageDraw, features

SIZE = (160, 160)


def drawn() -> io.BytesIO:
    image = Image.new("RGB", (1600, 900), "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((100, 100, 800, 800), fill="navy")
    draw.rectangle((900, 200, 1500, 700), fill="orange")
    file = io.BytesIO()
    image.save(file, "JPEG", quality=90)
    file.seek(0)
    return file


def main(words: list[str]) -> int:
    source, target = words if words else (drawn(), io.BytesIO())
    with Image.open(source) as image:
        before = f"{image.format} {image.width} x {image.height}"
        image.thumbnail(SIZE)
        image.save(target, "PNG")
        print(f"{before} became PNG {image.width} x {image.height}")
    print(f"libjpeg-turbo {features.version('libjpeg_turbo')}, zlib {features.version('zlib')}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
