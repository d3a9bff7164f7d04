from __future__ import annotations

import base64
import io
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from PIL import Image, ImageOps

from graphcascade.features.image_encoder import BROKEN_IMAGE

__all__ = ["Card", "render_cards"]

logger = logging.getLogger(__name__)

THUMBNAIL = 320  # pixels, the longer side of an embedded image

STYLE = """
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: 1rem; }
.card { border: 1px solid #d8dde2; border-radius: .4rem; padding: .6rem; font-size: .85rem; overflow-wrap: anywhere; }
.card h3 { font-size: .95rem; margin: .5rem 0 .2rem; }
.card p { margin: .2rem 0; }
.card .lines { color: #56616c; }
.card img, .card .blank { width: 100%; min-width: 0; aspect-ratio: 1; object-fit: contain; background: #f1f3f5; }
.card .blank { display: flex; align-items: center; justify-content: center; color: #66717c; text-align: center; }
"""


@dataclass(frozen=True)
class Card:
    """An image with a title, a text and some lines, in a row of cards on a page.

    Args:
        title: Title.
        text: Text below the title.
        lines: Further lines, in grey.
        image: Path of the image; "" if there is none.
    """

    title: str
    text: str = ""
    lines: Sequence[str] = ()
    image: str = ""


def render_cards(cards: Sequence[Card]) -> str:
    """Returns HTML with small copies of the images; those that cannot be read are blank, with a warning.

    If no card has an image, no space is kept for images.
    """
    has_images = any(card.image for card in cards)
    return f'<div class="cards">{"".join(_card(card, has_images) for card in cards)}</div>'


def _card(card: Card, has_images: bool) -> str:
    lines = "".join(f"<p>{escape(line)}</p>" for line in card.lines)
    text = f"<p>{escape(card.text)}</p>" if card.text else ""
    image = _image(card) if has_images else ""
    return f'<div class="card">{image}<h3>{escape(card.title)}</h3>{text}<div class="lines">{lines}</div></div>'


def _image(card: Card) -> str:
    if not card.image:
        return '<div class="blank">no image</div>'
    try:
        with Image.open(Path(card.image)) as image:
            small = ImageOps.exif_transpose(image).convert("RGB")
        small.thumbnail((THUMBNAIL, THUMBNAIL))
    except BROKEN_IMAGE as error:
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        logger.warning("%s: not an image that can be read (%s); the page shows a blank.", card.image, reason)
        return '<div class="blank">the image cannot be read</div>'
    encoded = io.BytesIO()
    small.save(encoded, format="JPEG", quality=85)
    data = base64.b64encode(encoded.getvalue()).decode("ascii")
    return f'<img alt="{escape(card.title)}" src="data:image/jpeg;base64,{data}">'
