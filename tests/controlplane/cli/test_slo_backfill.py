"""Pasts told by command: from a dump, once, and for each member of a family."""

from pathlib import Path

import pytest

from controlplane.cli.exits import Exit
from tests.controlplane.running_plane import RunningPlane
from tests.controlplane.small_world import SLO

FAMILY = SLO.replace("name: availability", "name: each").replace(
    'trimtab.dev/blame-by: "version,target"', "trimtab.dev/each: version"
)


@pytest.fixture
def dump(tmp_path: Path, running: RunningPlane) -> Path:
    """Ten minutes of two versions, until the plane begins to count."""
    assert running.world is not None
    running.do(running.world.measure())
    until, lines = running.plane.now(), []
    for version, bad in (("1", 3), ("2", 5)):
        for number in range(11):
            at = until - 600.0 + 60.0 * number
            for code, count in (("200", 100 * number), ("500", bad * number)):
                labels = f'model="resnet",version="{version}",code="{code}"'
                lines.append(f"inference_requests_total{{{labels}}} {count} {at}\n")
    path = tmp_path / "past.om"
    path.write_text("# TYPE inference_requests counter\n" + "".join(sorted(lines)) + "# EOF\n")
    return path


def rows(stdout: str) -> dict[str, list[str]]:
    return {line.split("\t")[0]: line.split("\t")[1:3] for line in stdout.splitlines()[1:]}


def test_a_dump_is_told_once(trimtab, tmp_path: Path, dump: Path) -> None:
    slos = str(tmp_path / "slos.yaml")
    first = trimtab("slo", "backfill", slos, "--from", str(dump), "--since", "1h")
    assert (first.exit_code, rows(first.stdout)) == (0, {"availability": ["80", "2080"]})
    budget = trimtab("slo", "budget", "availability").stdout
    assert "80" in budget
    again = trimtab("slo", "backfill", slos, "--from", str(dump), "--since", "1h")
    assert again.exit_code == 0
    assert rows(again.stdout) in ({}, {"availability": ["0", "0"]})


def test_a_past_of_a_year_is_told_whole(trimtab, tmp_path: Path, running: RunningPlane) -> None:
    assert running.world is not None
    running.do(running.world.measure())
    until, dump = running.plane.now(), tmp_path / "year.om"
    lines = [
        f'inference_requests_total{{model="resnet",code="{code}"}} {gain * day} {until - 86_400.0 * (365 - day)}\n'
        for code, gain in (("200", 100), ("500", 1))
        for day in range(366)
    ]
    dump.write_text("# TYPE inference_requests counter\n" + "".join(lines) + "# EOF\n")
    slos = str(tmp_path / "slos.yaml")
    told = trimtab("slo", "backfill", slos, "--from", str(dump), "--since", "390d")
    assert (told.exit_code, told.stderr) == (0, "")
    assert rows(told.stdout) == {"availability": ["365", str(365 * 101)]}


def test_each_member_of_a_family_is_told_its_own(
    trimtab, tmp_path: Path, dump: Path, running: RunningPlane
) -> None:
    family = tmp_path / "family.yaml"
    family.write_text(FAMILY)
    assert trimtab("slo", "apply", str(family)).exit_code == 0
    running.do(running.world.measure())
    told = trimtab("slo", "backfill", str(family), "--from", str(dump), "--since", "1h")
    assert rows(told.stdout) == {
        "each": ["80", "2080"],
        "each:1": ["30", "1030"],
        "each:2": ["50", "1050"],
    }


def test_what_is_not_watched_is_named(trimtab, tmp_path: Path, dump: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(SLO.replace("name: availability", "name: other"))
    ended = trimtab("slo", "backfill", str(other), "--from", str(dump))
    assert ended.exit_code == Exit.USAGE
    assert "watches no SLO 'other'" in ended.stderr


def test_there_are_no_engines_unless_trimtab_yaml_names_some(trimtab) -> None:
    listed = trimtab("slo", "engines")
    assert (listed.exit_code, len(listed.stdout.splitlines())) == (0, 1)
