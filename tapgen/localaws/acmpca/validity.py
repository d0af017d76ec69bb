"""When a certificate begins to be valid, and when it ends.

https://docs.aws.amazon.com/privateca/latest/APIReference/API_Validity.html
"""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, datetime, timedelta

from tapgen.localaws.protocol import Fields, ServiceError

_MARGIN = timedelta(hours=1)
"""How long before its issuance a certificate is valid, unless said otherwise: clocks differ."""


def end(validity: Fields, now: datetime) -> datetime:
    """When it ends.

    Raises:
        ServiceError: that is not a time to come.
    """
    try:
        found = _moment(validity["Type"], int(validity["Value"]), now)
    except (ValueError, OverflowError, OSError) as error:
        raise ServiceError("InvalidArgsException", f"The validity is invalid: {error}") from error
    if found <= now:
        raise ServiceError("InvalidArgsException", "The validity must end in the future.")
    return found


def start(validity: Fields | None, now: datetime) -> datetime:
    """When it begins.

    https://docs.aws.amazon.com/privateca/latest/APIReference/API_IssueCertificate.html#privateca-IssueCertificate-request-ValidityNotBefore

    Raises:
        ServiceError: it is not said as a point in time.
    """
    if not validity:
        return now - _MARGIN
    if validity["Type"] != "ABSOLUTE":
        raise ServiceError("InvalidArgsException", "ValidityNotBefore must be of type ABSOLUTE.")
    return _moment("ABSOLUTE", int(validity["Value"]), now)


def _moment(kind: str, value: int, now: datetime) -> datetime:
    match kind:
        case "ABSOLUTE":
            return datetime.fromtimestamp(value, UTC)
        case "END_DATE":
            return _written(str(value))
        case "DAYS":
            return now + timedelta(days=value)
        case "MONTHS":
            return _months_later(now, value)
        case "YEARS":
            return _months_later(now, 12 * value)
    raise ValueError(kind)


def _written(text: str) -> datetime:
    """UTCTime, or GeneralizedTime; as a number, the former has lost its leading zeros."""
    if len(text) <= 12:
        text = text.zfill(12)
        text = ("19" if int(text[:2]) >= 50 else "20") + text
    return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)


def _months_later(now: datetime, months: int) -> datetime:
    year, month = divmod(now.year * 12 + now.month - 1 + months, 12)
    return now.replace(year=year, month=month + 1, day=min(now.day, monthrange(year, month + 1)[1]))
