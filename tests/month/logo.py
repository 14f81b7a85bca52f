"""The demo company's logo, drawn here so that the repository carries no picture of anybody's."""

import base64
import io

from PIL import Image, ImageDraw, ImageFont

SIZE = (520, 130)
INK = (24, 62, 92)
LIGHT = (62, 175, 144)


def png(name):
    """Base64 of a PNG: three strokes of northern light beside the name."""
    image = Image.new("RGB", SIZE, "white")
    draw = ImageDraw.Draw(image)
    for number in range(3):
        left = 8 + number * 26
        draw.rounded_rectangle((left, 70 - number * 25, left + 16, 118), 8, fill=LIGHT if number % 2 else INK)
    draw.text((104, 40), name, fill=INK, font=ImageFont.load_default(size=44))
    stream = io.BytesIO()
    image.save(stream, "PNG")
    return base64.b64encode(stream.getvalue())
