"""How figures are worded, the same on every page. Scraped text is hostile until it is escaped."""

import re

__all__ = ["age", "escape", "percent", "times"]

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~$:])")
MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0


def escape(text: str) -> str:
    r"""Return text that Markdown shows as it is.

    >>> print(escape("a*b"))
    a\*b
    """
    return _MARKDOWN.sub(r"\\\1", text)


def percent(share: float | None, *, digits: int = 1) -> str:
    """Word a share; None is no data, and says so.

    >>> percent(0.257), percent(None)
    ('25.7 %', 'no data')
    """
    return "no data" if share is None else f"{share * 100:.{digits}f} %"


def times(rate: float | None) -> str:
    """Word a burn rate.

    >>> times(14.4), times(None)
    ('14.4x', 'no data')
    """
    return "no data" if rate is None else f"{rate:.1f}x"


def age(seconds: float) -> str:
    """Word a length of time.

    >>> age(30), age(3600), age(200000)
    ('30 s', '60 min', '56 h')
    """
    if seconds < 2 * MINUTE:
        return f"{seconds:.0f} s"
    if seconds < 2 * HOUR:
        return f"{seconds / MINUTE:.0f} min"
    return f"{seconds / HOUR:.0f} h" if seconds < 3 * DAY else f"{seconds / DAY:.0f} d"
