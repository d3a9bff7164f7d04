from __future__ import annotations

import base64
import io
import re
import warnings
from dataclasses import dataclass
from html import escape
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.text import Text

__all__ = ["Picture"]

FONTS = re.compile(r"'DejaVu Sans'[^;\"]*")  # matplotlib's list of fonts; the page uses those of the system
TEXT, TITLE = 8.5, 10.0  # points
SETTINGS: Any = {"svg.fonttype": "none", "svg.hashsalt": "graphcascade"}
HALO = "<style>[id^=halo] text { paint-order: stroke; stroke: #fff; stroke-width: 2px; }</style>"


@dataclass(frozen=True, eq=False)
class Picture:
    """A picture on a page, as a vector graphic, with a sentence on what it shows.

    All pictures of a page have the same scale, so that their texts have the same size. On narrow screens pictures of up
    to 4.2 inches shrink a little, and wider ones scroll.

    Args:
        figure: The picture.
        text: What it shows and how sure that is, in a sentence or two; it stands below the picture.
        alt: A short description for those who do not see the picture.
    """

    figure: Figure
    text: str
    alt: str

    def to_html(self) -> str:
        """Returns the picture as HTML that refers to no file."""
        titles = [ax.title for ax in self.figure.axes]
        for text in self.figure.findobj(Text):
            text.set_fontsize(TITLE if text in titles else TEXT)
            if text.get_path_effects():  # outlines would be drawn as curves, many times as large as texts
                text.set_path_effects([])
                text.set_gid("halo")
        drawn = io.BytesIO()
        with mpl.rc_context(SETTINGS), warnings.catch_warnings():
            # The browser has fonts for characters that matplotlib's own font lacks.
            warnings.filterwarnings("ignore", message=".*missing from font.*")
            self.figure.savefig(drawn, format="svg", metadata={"Date": None}, facecolor="none")
        drawing = FONTS.sub("system-ui, sans-serif", drawn.getvalue().decode("utf-8"))
        drawing = drawing.replace("<defs>", HALO + "<defs>", 1)
        data = base64.b64encode(drawing.encode("utf-8")).decode("ascii")
        inches = self.figure.get_figwidth()
        image = f'<img alt="{escape(self.alt)}" src="data:image/svg+xml;base64,{data}" style="--inches: {inches:.2f}">'
        return f'<figure><div class="wide">{image}</div><figcaption>{escape(self.text)}</figcaption></figure>'
