"""SLO files that a running plane watches, by command."""

from pathlib import Path

import pytest

from controlplane.cli.exits import Exit
from tests.controlplane.small_world import SLO

MINE = SLO.replace("name: availability", "name: mine")


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(MINE)
    return path


def test_a_set_is_compared_applied_listed_and_dropped(trimtab, mine: Path) -> None:
    before = trimtab("slo", "diff", str(mine))
    assert (before.exit_code, before.stdout) == (Exit.REFUSED, "+ mine: added\n")
    dry = trimtab("slo", "apply", str(mine), "--dry-run")
    assert (dry.exit_code, dry.stdout) == (0, "+ mine: added\n")
    assert "mine" not in trimtab("slo", "list").stdout
    assert trimtab("slo", "apply", str(mine)).exit_code == 0
    assert "mine" in trimtab("slo", "list").stdout
    after = trimtab("slo", "diff", str(mine))
    assert (after.exit_code, after.stdout) == (0, "= mine: unchanged\n")
    mine.write_text(MINE.replace("target: 0.99", "target: 0.95"))
    changed = trimtab("slo", "apply", str(mine))
    assert changed.stdout == "~ mine: changed\n    target: 0.99 -> 0.95\n"
    listed = trimtab("slo", "sets").stdout.splitlines()[1].split("\t")
    assert listed[:2] == ["default", "1"]
    assert trimtab("slo", "drop", "default").stdout == "default: watched no longer\n"
    assert trimtab("slo", "drop", "default").exit_code == Exit.USAGE


def test_letting_an_slo_go_needs_prune(trimtab, mine: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(SLO.replace("name: availability", "name: other"))
    trimtab("slo", "apply", str(mine), str(other))
    refused = trimtab("slo", "apply", str(other))
    assert refused.exit_code == Exit.REFUSED
    assert "--prune" in refused.stderr
    assert trimtab("slo", "apply", str(other), "--prune").stdout.startswith("- mine: removed\n")


def test_a_wrong_file_is_named(trimtab, mine: Path) -> None:
    mine.write_text(MINE.replace("kind: SLO", "kind: SLA"))
    assert trimtab("slo", "diff", str(mine)).exit_code == Exit.USAGE  # and not 1, some difference
    refused = trimtab("slo", "apply", str(mine))
    assert refused.exit_code == Exit.USAGE
    assert f"{mine}:" in refused.stderr
