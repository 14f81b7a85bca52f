"""The demo company's logo, drawn here so that the repository carries no picture of anybody's."""

import base64
import io

from PIL import Image, ImageDraw, ImageFont

from odoo.tools import file_path

SIZE = (520, 130)
INK = (24, 62, 92)
LIGHT = (62, 175, 144)
LEFT = 104
#: of the web client: Pillow's own has no Nordic letters
FONT = "web/static/fonts/lato/Lato-Bol-webfont.ttf"


def png(name):
    """Base64 of a PNG: three strokes of northern light beside the name."""
    image = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(image)
    for number in range(3):
        left = 8 + number * 26
        draw.rounded_rectangle((left, 70 - number * 25, left + 16, 118), 8, fill=LIGHT if number % 2 else INK)
    draw.text((LEFT, 66), name, fill=INK, font=_font(draw, name), anchor="lm")
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return base64.b64encode(stream.getvalue())


def _font(draw, name):
    """As large as the name allows."""
    path = file_path(FONT)
    sizes = range(44, 12, -2)
    fonts = (ImageFont.truetype(path, size) for size in sizes)
    return next(font for font in fonts if LEFT + draw.textlength(name, font=font) <= SIZE[0] - 8)
