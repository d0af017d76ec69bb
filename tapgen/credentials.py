"""Recognizing credentials in text where none should stand."""

from __future__ import annotations

import re
from collections import Counter
from math import log2

CREDENTIALS = {
    "an AWS access key id": r"\b(AKIA|ASIA)[A-Z2-7]{16}\b",
    "a private key": r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
    "a URL with a password": r"://[^/\s:@]*:[^/\s@]+@",
    "a token of GitHub": r"\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{22,})",
    "a token of GitLab": r"\bglpat-[A-Za-z0-9_-]{20,}",
    "a token of Slack": r"\bxox[abeprs]-[A-Za-z0-9-]{10,}",
    "a key of Stripe": r"\b[sr]k_live_[A-Za-z0-9]{16,}",
}
"""What credentials look like."""

_SECRET_KEY = re.compile(r"(?<![A-Za-z0-9/+])[A-Za-z0-9/+]{40}(?![A-Za-z0-9/+=])")
_RANDOM = 4.3
"""Bits per character above which 40 characters are no word or hash: keys of AWS have about 4.8, hashes below 4."""


def credential(value: str) -> str:
    """What kind of credential *value* holds, or nothing."""
    for kind, pattern in CREDENTIALS.items():
        if re.search(pattern, value):
            return kind
    if any(_is_random(match[0]) for match in _SECRET_KEY.finditer(value)):
        return "an AWS secret access key"
    return ""


def _is_random(text: str) -> bool:
    shares = [count / len(text) for count in Counter(text).values()]
    return -sum(share * log2(share) for share in shares) > _RANDOM
