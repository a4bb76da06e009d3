"""Prometheus's own tool: are rules valid, and do their unit tests pass?"""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

__all__ = ["check_rules", "promtool", "unit_test"]


def promtool(*arguments: str) -> str:
    """Return what the tool prints; it must end well."""
    ended = subprocess.run(
        ["promtool", *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def check_rules(groups: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """Have the tool read groups of rules, which stay in the folder as ``rules.yml``."""
    (folder / "rules.yml").write_text(yaml.safe_dump({"groups": list(groups)}))
    assert "SUCCESS" in promtool("check", "rules", str(folder / "rules.yml"))


def unit_test(tests: Sequence[Mapping[str, Any]], folder: Path) -> None:
    """Run unit tests of the folder's ``rules.yml``, a sample and an evaluation a minute."""
    unit = {
        "rule_files": ["rules.yml"],
        "evaluation_interval": "1m",
        "tests": [{"interval": "1m", **each} for each in tests],
    }
    (folder / "unit.yml").write_text(yaml.safe_dump(unit))
    assert "SUCCESS" in promtool("test", "rules", str(folder / "unit.yml"))
