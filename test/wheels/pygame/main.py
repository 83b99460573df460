# test/wheels/pygame/main.py: SDL: drawing, text, pictures, sound; its closure has a cycle
import hashlib
import importlib.resources
import io
import json
import math
import struct
import wave

import pygame
import pygame.freetype
import pygame.gfxdraw
import pygame.image
import pygame.mask
import pygame.mixer
import pygame.surfarray
import pygame.transform


def digest(surface):
    return hashlib.sha256(pygame.image.tobytes(surface, "RGBA")).hexdigest()[:16]


pygame.display.init()
assert pygame.display.get_driver() == "dummy"
screen = pygame.display.set_mode((320, 240))
screen.fill((10, 20, 30))
pygame.draw.circle(screen, (200, 30, 30), (160, 120), 70)
pygame.draw.aaline(screen, (255, 255, 255), (3, 7), (310, 220))
pygame.gfxdraw.filled_polygon(screen, [(20, 20), (80, 30), (50, 90)], (0, 200, 0, 128))
sprite = pygame.Surface((64, 64), pygame.SRCALPHA)
sprite.fill((0, 0, 255, 100))
screen.blit(pygame.transform.rotozoom(sprite, 30, 1.5), (200, 100))
screen.blit(sprite, (10, 150), special_flags=pygame.BLEND_RGBA_ADD)
facts = {
    "versions": [pygame.version.ver, pygame.version.SDL, pygame.get_sdl_byteorder()],
    "drawn": digest(screen),
    "pixel": list(screen.get_at((160, 120))),
}

# Text by SDL_ttf and by freetype, from the font that the wheel carries.
data = importlib.resources.files(pygame).joinpath("freesansbold.ttf").read_bytes()
pygame.font.init()
font = pygame.font.Font(io.BytesIO(data), 24)
text = font.render("Na\u00efve WAVE", True, (255, 255, 0))
pygame.freetype.init()
free = pygame.freetype.Font(io.BytesIO(data), 24)
surface, box = free.render("Na\u00efve WAVE", (255, 255, 0), rotation=15)
facts["text"] = [list(text.get_size()), digest(text), list(box), digest(surface), free.name]
facts["freetype"] = list(pygame.freetype.get_version())
pixels = pygame.surfarray.array3d(text)
assert pixels.shape == (*text.get_size(), 3) and int(pixels.max()) == 255
mask = pygame.mask.from_surface(text)
facts["mask"] = [mask.count(), list(mask.centroid())]

# SDL_image with its decoders: each a library of the wheel.
pictures = {}
for name in ("png", "jpg", "tga", "bmp"):
    stream = io.BytesIO()
    pygame.image.save(screen, stream, f"picture.{name}")
    stream.seek(0)
    again = pygame.image.load(stream, f"picture.{name}")
    colours = [pygame.transform.average_color(each)[:3] for each in (again, screen)]
    assert again.get_size() == screen.get_size()
    assert all(abs(a - b) <= 2 for a, b in zip(*colours, strict=True))
    pictures[name] = digest(again) if name != "jpg" else again.get_size()
facts["pictures"] = pictures
facts["image"] = [pygame.image.get_extended(), pygame.image.get_sdl_image_version()]

# SDL_mixer: a tone that is made here, as raw samples and as a WAV file.
pygame.mixer.init(frequency=22050, size=-16, channels=1, buffer=512)
samples = [int(20000 * math.sin(i * 440 * 2 * math.pi / 22050)) for i in range(2205)]
raw = struct.pack(f"<{len(samples)}h", *samples)
stream = io.BytesIO()
with wave.open(stream, "wb") as file:
    file.setparams((1, 2, 22050, 0, "NONE", ""))
    file.writeframes(raw)
stream.seek(0)
sound = pygame.mixer.Sound(stream)
assert sound.get_raw() == raw
channel = sound.play()
clock = pygame.time.Clock()
for _ in range(100):
    if not channel.get_busy():
        break
    clock.tick(50)
facts["played"] = [round(sound.get_length(), 3), channel.get_busy()]
facts["mixer"] = list(pygame.mixer.get_sdl_mixer_version())

pygame.event.post(pygame.event.Event(pygame.USEREVENT, {"code": 7}))
facts["event"] = [event.code for event in pygame.event.get(pygame.USEREVENT)]
pygame.quit()
print(json.dumps(facts))
