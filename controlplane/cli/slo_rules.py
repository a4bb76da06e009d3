"""trimtab slo rules and import: SLOs as Prometheus rules, and Sloth's specifications as SLOs of ours."""

from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from controlplane.cli.session import ending_well
from controlplane.errors import InvalidConfig
from controlplane.promise import rules_of
from controlplane.slo_files import read_slo_files
from slo import SloError, SloSpec, document_of, write_openslo
from slo.rules import (
    SLOTH_WINDOWS,
    RuleOptions,
    RuleWindows,
    SlothFile,
    exact_groups,
    is_pyrra,
    is_sloth,
    read_alert_windows,
    read_pyrra,
    read_sloth,
    sloth_groups,
    sloth_of_spec,
    spec_of_sloth,
)

__all__ = ["import_slos", "write_rules"]

MAX_FILE_BYTES = 1 << 20
SCRAPE_SECONDS = 30.0
ANCHORED_SINCE = (3, 16)


class Form(StrEnum):
    """Which rules are written."""

    EXACT = "exact"
    SLOTH = "sloth"


def write_rules(  # noqa: PLR0917 -- one parameter for each option
    files: Annotated[list[Path], typer.Argument(help="OpenSLO files, or Sloth's.")],
    form: Annotated[
        Form, typer.Option(help="exact counts events; sloth writes what Sloth would.")
    ] = Form.EXACT,
    window: Annotated[int, typer.Option(help="Days of the SLO, for sloth: 28 or 30.")] = 30,
    windows: Annotated[
        Path | None, typer.Option(help="Sloth's file of alert windows, instead.")
    ] = None,
    prometheus: Annotated[
        str, typer.Option(help="Version: from 3.16 on, increases do not extrapolate.")
    ] = "2.0",
    alerts: Annotated[bool, typer.Option(help="Write alerting rules.")] = True,  # noqa: FBT002 -- an option
    recordings: Annotated[bool, typer.Option(help="And recording rules (sloth).")] = True,  # noqa: FBT002
    extra_labels: Annotated[
        list[str] | None, typer.Option(help="k=v for recording rules (sloth); may come again.")
    ] = None,
) -> None:
    """Print Prometheus rules of SLOs; what cannot be written is told, and exit 2.

    Example: trimtab slo rules slos/*.yaml > rules.yml && promtool check rules rules.yml
    """
    with ending_well():
        options = RuleOptions(
            windows=_windows(window, windows),
            alerts=alerts,
            recordings=recordings,
            extra_labels=_labels(extra_labels or []),
            version="trimtab",
        )
        sloth = [file for path in files if is_sloth(_text(path)) for file in _sloth(path)]
        ours = [path for path in files if not is_sloth(_text(path))]
        specs = read_slo_files(tuple(map(str, ours)), beside=Path()) if ours else ()
        try:
            if form is Form.SLOTH:
                documents = _sloth_documents(sloth, specs, options)
            else:
                imported = [_imported(file, options.windows.period) for file in sloth]
                every = (*specs, *(spec for each in imported for spec in each))
                documents = [{"groups": _exact(every, prometheus, alerts=alerts)}]
        except SloError as error:
            raise InvalidConfig(str(error)) from error
    typer.echo(write_openslo(documents), nl=False)


def import_slos(
    files: Annotated[list[Path], typer.Argument(help="Sloth's files, or Pyrra's.")],
    window: Annotated[int, typer.Option(help="Days of the SLOs, for Sloth's.")] = 30,
) -> None:
    """Print Sloth's or Pyrra's SLOs as OpenSLO documents that trimtab counts itself.

    Example: trimtab slo import sloth/*.yml > slos/imported.yaml
    """
    with ending_well():
        try:
            specs = [spec for path in files for spec in _foreign(path, timedelta(days=window))]
        except SloError as error:
            raise InvalidConfig(str(error)) from error
    typer.echo(write_openslo(map(document_of, specs)), nl=False)


def _foreign(path: Path, window: timedelta) -> list[SloSpec]:
    if is_pyrra(_text(path)):
        return list(read_pyrra(_text(path), origin=str(path)))
    return [spec for file in _sloth(path) for spec in _imported(file, window)]


def _sloth_documents(
    files: list[SlothFile], specs: tuple[SloSpec, ...], options: RuleOptions
) -> list[dict[str, Any]]:
    """Return one document for each of Sloth's, as its own kind, and one for ours."""
    documents = []
    for file in files:
        groups = [group for slo in file.slos for group in sloth_groups(slo, options)]
        documents.append({"groups": groups} if file.metadata is None else _object(file, groups))
    if specs:
        own = [group for spec in specs for group in sloth_groups(sloth_of_spec(spec), options)]
        documents.append({"groups": own})
    return documents


def _object(file: SlothFile, groups: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the rules as the Prometheus operator takes them."""
    metadata = dict(file.metadata or {})
    managed = {
        "app.kubernetes.io/component": "SLO",
        "app.kubernetes.io/managed-by": "trimtab",
    }
    metadata["labels"] = {**(metadata.get("labels") or {}), **managed}
    return {
        "apiVersion": "monitoring.coreos.com/v1",
        "kind": "PrometheusRule",
        "metadata": metadata,
        "spec": {"groups": groups},
    }


def _exact(specs: tuple[SloSpec, ...], prometheus: str, *, alerts: bool) -> list[dict[str, Any]]:
    try:
        version = tuple(int(part) for part in prometheus.split(".")[:2])
    except ValueError:
        msg = f"--prometheus {prometheus!r} is no version. Write for example 2.42 or 3.16."
        raise InvalidConfig(msg) from None
    groups: list[dict[str, Any]] = []
    for spec in specs:
        rules = rules_of(spec, interval_seconds=SCRAPE_SECONDS)
        groups += exact_groups(spec, rules, anchored=version >= ANCHORED_SINCE)
    return groups if alerts else [_recordings(group) for group in groups]


def _recordings(group: dict[str, Any]) -> dict[str, Any]:
    return {**group, "rules": [rule for rule in group["rules"] if "record" in rule]}


def _imported(file: SlothFile, window: timedelta) -> list[SloSpec]:
    return [spec_of_sloth(slo, window) for slo in file.slos]


def _windows(days: int, file: Path | None) -> RuleWindows:
    if file is not None:
        try:
            return read_alert_windows(_text(file))
        except SloError as error:
            msg = f"{file}: {error}"
            raise InvalidConfig(msg) from error
    if days not in SLOTH_WINDOWS:
        msg = f"--window must be 28 or 30 days, not {days}; name a file with --windows otherwise."
        raise InvalidConfig(msg)
    return SLOTH_WINDOWS[days]


def _labels(pairs: list[str]) -> dict[str, str]:
    wrong = [pair for pair in pairs if not pair.partition("=")[1]]
    if wrong:
        msg = f"--extra-labels {wrong[0]!r} is no k=v."
        raise InvalidConfig(msg)
    return {name: value for name, _, value in (pair.partition("=") for pair in pairs)}


def _sloth(path: Path) -> tuple[SlothFile, ...]:
    try:
        return read_sloth(_text(path), origin=str(path))
    except SloError as error:
        raise InvalidConfig(str(error)) from error


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(MAX_FILE_BYTES + 1).decode()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"{path} cannot be read: {type(error).__name__}."
        raise InvalidConfig(msg) from error
