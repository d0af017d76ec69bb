"""The colours of a picture, by light and by dark."""

from __future__ import annotations

from importlib.resources import files
from string import Template

_LIGHT = {
    "canvas": "#fbfcfe",
    "ink": "#0f172a",
    "muted": "#64748b",
    "faint": "#94a3b8",
    "card": "#ffffff",
    "edge": "#d8dfe9",
    "network": "#f3f6fb",
    "networkedge": "#c9d4e5",
    "public": "#eef4ff",
    "private": "#eefaf5",
    "stack": "#ffffff",
    "stackedge": "#cbd5e1",
    "line": "#94a3b8",
    "entry": "#7c3aed",
    "entrytile": "#f1ebff",
    "compute": "#2563eb",
    "computetile": "#e6effe",
    "data": "#0d9488",
    "datatile": "#dcf7f2",
    "message": "#db2777",
    "messagetile": "#fde8f2",
    "security": "#b45309",
    "securitytile": "#fdf1db",
    "operations": "#475569",
    "operationstile": "#edf1f6",
    "outside": "#0f172a",
    "outsidetile": "#e8edf4",
    "danger": "#dc2626",
    "dangertile": "#fef2f2",
    "replaced": "#ea580c",
    "replacedtile": "#fff6ed",
    "changed": "#ca8a04",
    "changedtile": "#fefae8",
    "added": "#16a34a",
    "addedtile": "#f1fcf4",
    "pill": "#ffffff",
}
_DARK = {
    "canvas": "#0b1120",
    "ink": "#e8edf6",
    "muted": "#93a1b8",
    "faint": "#64748b",
    "card": "#172033",
    "edge": "#2c3850",
    "network": "#0f182b",
    "networkedge": "#2b3a57",
    "public": "#131f3c",
    "private": "#0f2530",
    "stack": "#121b2e",
    "stackedge": "#34425e",
    "line": "#5d6f8c",
    "entry": "#b794ff",
    "entrytile": "#2b2150",
    "compute": "#78a9ff",
    "computetile": "#17305c",
    "data": "#3fd0bb",
    "datatile": "#0f3a3b",
    "message": "#ff86bd",
    "messagetile": "#46193a",
    "security": "#f5b54e",
    "securitytile": "#40290f",
    "operations": "#a9b7cc",
    "operationstile": "#263349",
    "outside": "#e8edf6",
    "outsidetile": "#2a374f",
    "danger": "#ff6b6b",
    "dangertile": "#3a1620",
    "replaced": "#ff9a4d",
    "replacedtile": "#38220f",
    "changed": "#f2c744",
    "changedtile": "#33290c",
    "added": "#4ade80",
    "addedtile": "#0f2e1d",
    "pill": "#0b1120",
}


def style() -> str:
    """The style of a picture that is on its own: as light or dark as whoever looks at it likes it.

    Colours are written out for each, since not every program that shows an SVG knows variables of CSS.
    """
    rules = _rules()
    return f"{rules.substitute(_LIGHT)}@media (prefers-color-scheme: dark) {{\n{rules.substitute(_DARK)}}}\n"


def variables() -> str:
    """The colours as variables of a page, which has a switch."""
    light, dark = (
        "".join(f"--{name}:{color};" for name, color in colors.items()) + f"color-scheme:{name_of}"
        for colors, name_of in ((_LIGHT, "light"), (_DARK, "dark"))
    )
    return (
        f":root{{{light}}}\n"
        f"@media (prefers-color-scheme: dark){{:root:not([data-theme=light]){{{dark}}}}}\n"
        f":root[data-theme=dark]{{{dark}}}\n"
    )


def variable_style() -> str:
    """The style of a picture within a page."""
    return _rules().substitute({name: f"var(--{name})" for name in _LIGHT})


def _rules() -> Template:
    return Template(files(__package__).joinpath("picture.css").read_text("utf-8"))
