"""Shapes of what `trimtab detect` says."""

from controlplane.schemas.shape import Shape

__all__ = ["DetectionOut", "IndicatorOut", "ModelOut", "SystemOut"]


class ModelOut(Shape):
    """A model that labels name, and its versions as far as they tell."""

    model: str
    versions: tuple[str, ...]


class IndicatorOut(Shape):
    """Something the page says.

    Attributes:
        name: ``availability``, ``latency``, ``queue_depth``, ...
        kind: ``ratio``, ``histogram``, ``summary``, ``mean``, ``average``, ``level`` or ``count``.
        source: How near to the client it is measured; empty where that does not matter.
        good: Query of the good requests of a ratio, where it names those.
        bad: Query of the bad ones, where it names those.
        total: Query of all of them.
        family: Metric of anything else.
        unit: What figures are in once scaled.
        scale: What one unit of the page is worth in ``unit``.
        edges: Bucket edges of a histogram in ``unit``, without +Inf.
        form: ``counter``, or ``period`` where figures are given anew for each period.
        sampled: False while the page only declares it.
        also: Others of the same name on the page, by their queries.
    """

    name: str
    kind: str
    source: str = ""
    good: str = ""
    bad: str = ""
    total: str = ""
    family: str = ""
    unit: str = "requests"
    scale: float = 1.0
    edges: tuple[float, ...] = ()
    form: str = "counter"
    sampled: bool = True
    also: tuple[str, ...] = ()


class SystemOut(Shape):
    """A server that the page belongs to.

    Attributes:
        system: Its kind, as trimtab.yaml names it.
        title: For people.
        confidence: ``certain`` by samples, ``likely`` by declarations or by its API.
        signature: By what it was recognised.
        models: As far as labels tell.
        doubtful: Names that are perhaps no models but what clients made up, with the reason.
        indicators: What the page holds.
        missing: What this kind of server can say and this page does not.
        blind_spots: What it cannot see.
        see_more: What would let it see more.
        slos: OpenSLO documents that it can carry.
    """

    system: str
    title: str
    confidence: str
    signature: tuple[str, ...]
    models: tuple[ModelOut, ...]
    doubtful: dict[str, str]
    indicators: tuple[IndicatorOut, ...]
    missing: tuple[str, ...]
    blind_spots: tuple[str, ...]
    see_more: tuple[str, ...]
    slos: tuple[dict[str, object], ...]


class DetectionOut(Shape):
    """What is at an address or in a file.

    Attributes:
        target: The address or file.
        outcome: ``ok``, or why there is no page.
        reason: In words.
        samples: On the page.
        systems: Servers it belongs to; several may share a page.
        faults: What is wrong with the page itself.
    """

    target: str
    outcome: str
    reason: str
    samples: int
    systems: tuple[SystemOut, ...]
    faults: tuple[str, ...]
