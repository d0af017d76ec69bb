"""How wide text is: the picture must be the same whatever fonts a machine has."""

from __future__ import annotations

_NARROW, _MIDDLE, _WIDE = "ijl.,:;|!'`", "ftrI()[]{}-/ ", "mwMW@%&"

_EM = {
    **dict.fromkeys(_NARROW, 0.3),
    **dict.fromkeys(_MIDDLE, 0.38),
    **dict.fromkeys(_WIDE, 0.93),
}
"""Of a font without serifs, a little wider than most, so that text stays where it belongs."""

BOLD = 1.09
"""How much wider letters are that are bold."""

_SMALL, _CAPITAL, _FOREIGN = 0.6, 0.72, 1.0


def width(text: str, size: float) -> float:
    """How wide *text* is, at most, in letters of a *size*."""
    return sum(_em(letter) for letter in text) * size


def shortened(text: str, size: float, room: float) -> str:
    """*text*, or as much of it as there is room for."""
    if width(text, size) <= room:
        return text
    while text and width(f"{text}…", size) > room:
        text = text[:-1]
    return f"{text}…"


def _em(letter: str) -> float:
    plain = _CAPITAL if letter.isupper() else _SMALL
    return _EM.get(letter, plain if letter.isascii() or letter == "…" else _FOREIGN)
