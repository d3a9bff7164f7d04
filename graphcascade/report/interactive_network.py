from __future__ import annotations

import importlib.util
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from typing import Any

import numpy as np
import pandas as pd

from graphcascade.report.component_layout import component_layout
from graphcascade.report.style import BLUE, GREY, INK, shorten

__all__ = ["InteractiveNetwork", "bokeh_script", "can_interact"]

FONT = "system-ui, sans-serif"
CURVE = np.linspace(0, 1, 9)  # points of a curved link
BEND = 0.12  # of the length of a link, so that links in both directions do not cover each other
USER = [("user", "@id"), ("links to", "@out"), ("links from", "@into")]  # what is shown of a user
ARROW = 0.62  # where on a link its arrow is
HIGHLIGHT = """
const chosen = new Set(users.selected.indices);
for (const table of [links, arrows]) {
  const {source, target, strength, alpha} = table.data;
  for (let i = 0; i < alpha.length; i++) {
    const shown = chosen.size == 0 || chosen.has(source[i]) || chosen.has(target[i]);
    alpha[i] = shown ? strength[i] : 0.05;
  }
  table.change.emit();
}
"""  # run by the browser when users are selected
LABEL = """
const {x_range, y_range} = plot;
if (plot.properties.inner_width.is_unset || plot.properties.inner_height.is_unset) return;
const right = plot.inner_width / (x_range.end - x_range.start), up = plot.inner_height / (y_range.end - y_range.start);
const {x, y, id, name, label, rank} = users.data;
const taken = [];
for (const i of rank) {
  const at = [x[i] * right, y[i] * up], half = 3.7 * name[i].length;
  const inside = x[i] > x_range.start && x[i] < x_range.end && y[i] > y_range.start && y[i] < y_range.end;
  const free = taken.every(([u, v, w]) => Math.abs(at[0] - u) > half + w + 4 || Math.abs(at[1] - v) > 15);
  label[i] = inside && free ? name[i] : "";
  if (label[i]) taken.push([at[0], at[1], half]);
}
users.change.emit();
"""  # writes the ids of those users that have room, the most linked ones first

STYLE = """
.full { flex: 1 1 100%; }
.full figcaption { max-width: 46rem; }
.network { border: 1px solid #d8dde2; border-radius: .4rem; overflow: hidden; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.2rem; margin: .5rem 0; font-size: .875rem; }
.legend i { display: inline-block; width: 1.6rem; border-top: 3px solid; vertical-align: middle; margin-right: .4rem; }
"""


def can_interact() -> bool:
    """Returns whether Bokeh is installed, which draws networks that can be zoomed."""
    return importlib.util.find_spec("bokeh") is not None


@lru_cache
def bokeh_script() -> str:
    """Returns the JavaScript of Bokeh, about 1.3 MB, which a page needs once."""
    from bokeh.resources import Resources

    library, *_ = Resources(mode="inline", components=["bokeh"]).js_raw
    return f'{library}\nBokeh.logger.set_level("warn");'


@dataclass(frozen=True, eq=False)
class InteractiveNetwork:
    """A network on a page that can be zoomed and moved; links and users show more when they are pointed at.

    Args:
        links: A row for each link. The first two columns are the ids of its users, in the direction of the link; the
            column "kind", if there is one, is a key of ``kinds``; the others are shown when the link is pointed at.
        text: What it shows and how sure that is, in a sentence or two.
        alt: A short description for those who do not see it.
        kinds: Colour of each kind of links, by the words that the legend says; a kind that ends with a star has dashed
            lines, and the star is left out.
    """

    links: pd.DataFrame
    text: str
    alt: str
    kinds: Mapping[str, str] = field(default_factory=dict)

    def to_html(self) -> str:
        """Returns the network as HTML that needs :func:`bokeh_script`."""
        from bokeh.embed import json_item

        item = json.dumps(json_item(self._figure()), separators=(",", ":"))
        item = item.replace("<", "\\u003c")  # no end tag and no comment inside the script
        legend = "".join(
            f'<span><i style="border-color: {color}; border-top-style: {"dashed" if kind.endswith("*") else "solid"}">'
            f"</i>{escape(kind.removesuffix('*'))}</span>"
            for kind, color in self.kinds.items()
        )
        legend = f'<div class="legend">{legend}</div>' if legend else ""
        return (
            f'<figure class="full"><div class="network" role="group" aria-label="{escape(self.alt)}"></div>{legend}'
            f"<figcaption>{escape(self.text)} Point at a link or a user to see more, tap a user to see only their "
            "links, move the picture by dragging it, and zoom with the buttons, two fingers, or Ctrl and the wheel."
            f'</figcaption><script type="application/json">{item}</script></figure>'
        )

    def _figure(self) -> Any:
        from bokeh import models
        from bokeh.core.properties import value
        from bokeh.plotting import figure

        ids, edges = _number_users(self.links)
        place = component_layout(edges, len(ids))
        users, links, arrows = self._sources(ids, edges, place)
        zoom = models.WheelZoomTool(modifiers="ctrl", visible=False)  # without Ctrl, the wheel scrolls the page
        pan = models.PanTool(visible=False)
        buttons = [models.ZoomInTool(), models.ZoomOutTool(), models.ResetTool()]
        tools = [pan, zoom, models.TapTool(visible=False), *buttons]
        plot = figure(height=440, sizing_mode="stretch_width", match_aspect=True, tools=tools, toolbar_location="above")
        plot.x_range.range_padding, plot.y_range.range_padding = 0.2, 0.15  # room for the ids
        plot.axis.visible = plot.grid.visible = False
        plot.outline_line_color = None
        plot.toolbar.logo = None
        plot.toolbar.active_drag, plot.toolbar.active_scroll = pan, zoom
        style = {"line_color": "color", "line_alpha": "alpha", "line_dash": "dash"}
        lines = plot.multi_line("xs", "ys", source=links, line_width="width", hover_line_color=INK, **style)
        heads = plot.scatter("x", "y", source=arrows, marker="triangle", size=8, angle="angle", line_color=None)
        heads.glyph.fill_color, heads.glyph.fill_alpha = "color", "alpha"
        dots = plot.scatter("x", "y", source=users, size="size", fill_color=BLUE, line_color="white", hover_color=INK)
        dots.nonselection_glyph = lines.nonselection_glyph = heads.nonselection_glyph = None
        plot.text(
            "x",
            "y",
            "label",
            source=users,
            text_font=value(FONT),
            text_font_size="12px",
            text_color=INK,
            y_offset=-8,
            text_align="center",
            text_baseline="bottom",
        ).nonselection_glyph = None
        shown = [(name, f"@{{{name}}}") for name in links.data if name in self.links.columns and name != "kind"]
        plot.add_tools(
            models.HoverTool(
                visible=False,
                renderers=[dots],
                tooltips=[("user", "@id"), ("links to", "@out"), ("links from", "@into")],
            ),
            models.HoverTool(visible=False, renderers=[lines], line_policy="interp", tooltips=shown),
        )
        highlight = models.CustomJS(args={"users": users, "links": links, "arrows": arrows}, code=HIGHLIGHT)
        users.selected.js_on_change("indices", highlight)
        label = models.CustomJS(args={"users": users, "plot": plot}, code=LABEL)
        plot.x_range.js_on_change("end", label)
        plot.y_range.js_on_change("end", label)
        plot.js_on_change("inner_height", label)
        return plot

    def _sources(self, ids: list[str], edges: Any, place: Any) -> tuple[Any, Any, Any]:
        from bokeh.models import ColumnDataSource

        out, into = (np.bincount(edges[side], minlength=len(ids)) for side in (0, 1))
        order = np.argsort(-(out + into), kind="stable")
        users = ColumnDataSource(
            {
                "x": place[:, 0].round(3).tolist(),
                "y": place[:, 1].round(3).tolist(),
                "id": ids,
                "name": [shorten(name) for name in ids],
                "label": [""] * len(ids),
                "rank": order.tolist(),
                "size": (8 + 2 * np.minimum(out, 12)).tolist(),
                "out": out.tolist(),
                "into": into.tolist(),
            }
        )
        begin, end = place[edges[0]], place[edges[1]]
        bend = BEND * np.stack([begin[:, 1] - end[:, 1], end[:, 0] - begin[:, 0]], axis=1)
        middle = (begin + end) / 2 + bend

        def point(share: Any) -> Any:
            share = np.asarray(share)[..., None, None]
            return (1 - share) ** 2 * begin + 2 * share * (1 - share) * middle + share**2 * end

        curves = point(CURVE).round(3)
        slope = (1 - ARROW) * (middle - begin) + ARROW * (end - middle)
        kinds = [str(kind) for kind in self.links["kind"]] if "kind" in self.links else []
        columns: dict[str, Any] = {
            "source": edges[0].tolist(),
            "target": edges[1].tolist(),
            "strength": [0.75] * len(self.links),
            "alpha": [0.75] * len(self.links),
            "color": [self.kinds[kind] for kind in kinds] or [GREY] * len(self.links),
        }
        head = point(ARROW).round(3)
        arrows = ColumnDataSource(
            {
                **columns,
                "alpha": list(columns["alpha"]),
                "x": head[:, 0].tolist(),
                "y": head[:, 1].tolist(),
                "angle": (np.arctan2(slope[:, 1], slope[:, 0]) - np.pi / 2).round(3).tolist(),
            }
        )
        links = ColumnDataSource(
            {
                **columns,
                "xs": curves[..., 0].T.tolist(),
                "ys": curves[..., 1].T.tolist(),
                "width": [1.6] * len(self.links),
                "dash": ["dashed" if kind.endswith("*") else "solid" for kind in kinds] or ["solid"] * len(self.links),
                **{str(name): self.links[name].tolist() for name in self.links.columns if name != "kind"},
            }
        )
        return users, links, arrows


def _number_users(links: pd.DataFrame) -> tuple[list[str], Any]:
    """Returns the ids of the users of links, and the links as pairs of their numbers, ``[2, M]``."""
    sides = [links.iloc[:, side].astype(str).to_numpy() for side in (0, 1)]
    ids, numbers = np.unique(np.concatenate(sides), return_inverse=True)
    return ids.tolist(), numbers.reshape(2, -1)
