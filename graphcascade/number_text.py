"""Numbers as text."""

from __future__ import annotations

import math

__all__ = ["format_number"]


def format_number(value: float, form: str) -> str:
    """Formats a number; if it rounds to zero, it has no minus sign.

    Args:
        value: The number.
        form: How, as :func:`format` takes it, such as ".4f".

    >>> format_number(-0.00004, ".4f"), format_number(-0.00006, ".4f"), format_number(-0.00004, "+.4f")
    ('0.0000', '-0.0001', '+0.0000')
    """
    text = format(value, form)
    is_zero = math.isfinite(value) and not any(digit in text for digit in "123456789")
    return format(0.0, form) if is_zero else text
