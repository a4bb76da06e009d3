"""The documentation says what is there, and what is there is documented."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.main import get_command
from typer.testing import CliRunner

from controlplane.api.problems import STATUS
from controlplane.app import make_api
from controlplane.cli import app
from controlplane.cli.exits import EXITS
from controlplane.settings import SETTINGS
from controlplane.spec import parse_config

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.MULTILINE))
READMES = [
    ROOT / "README.md",
    *sorted(ROOT.glob("*/README.md")),
    *sorted(ROOT.glob("*/*/README.md")),
]


def commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that lead to it."""
    inner_commands = getattr(command, "commands", None)
    if inner_commands:
        for name, inner in inner_commands.items():
            yield from commands(inner, (*path, name))
    else:
        yield path, command


HOOKS = ROOT / "controlplane" / "api" / "README.md"
COMMANDS = dict(commands(get_command(app)))


def fenced(language: str, path: Path) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", path.read_text(), re.DOTALL | re.MULTILINE)


def lines_of(path: Path) -> list[str]:
    return [line for block in fenced("bash", path) for line in block.splitlines()]


def test_the_two_commands_are_on_the_first_screen() -> None:
    first = "\n".join(README.splitlines()[:24])
    assert "make demo" in first
    assert "make test" in first


@pytest.mark.parametrize("path", READMES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_make_command_exists(path: Path) -> None:
    named = {word for line in lines_of(path) for word in re.findall(r"^make ([a-z-]+)", line)}
    assert named <= TARGETS


@pytest.mark.parametrize("path", READMES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_trimtab_command_exists_with_its_options(path: Path) -> None:
    for line in lines_of(path):
        found = re.match(r"(?:\.venv/bin/)?trimtab ([^#|&]*)", line)
        if found is None:
            continue
        words = found[1].split()
        known = [p for p in COMMANDS if tuple(words[: len(p)]) == p]
        assert known, f"{line!r}: no such command"
        options = {name for p in COMMANDS[known[0]].params for name in p.opts + p.secondary_opts}
        given = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        assert given <= options, f"{line!r}: {sorted(given - options)} is no option"


@pytest.mark.parametrize("words", sorted(COMMANDS), ids=" ".join)
def test_every_command_is_in_the_readme(words: tuple[str, ...]) -> None:
    noun, *verb = words
    rows = [line for line in README.splitlines() if line.startswith(f"| `trimtab {noun}")]
    assert rows, f"README names no command {noun!r}"
    assert not verb or any(re.search(rf"[ |\\]{verb[0]}\b", row) for row in rows)


@pytest.mark.parametrize("words", sorted(COMMANDS), ids=" ".join)
def test_every_command_shows_an_example(words: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(app, [*words, "--help"], env={"COLUMNS": "200"})
    assert f"Example: trimtab {' '.join(words)}" in " ".join(shown.output.split())


def test_every_route_is_in_the_readme() -> None:
    routes = {
        f"{method.upper()} {path}"
        for path, methods in make_api().openapi()["paths"].items()
        for method in methods
    }
    assert len(routes) > 20
    missing = {found for found in routes if f"`{found}`" not in README}
    verbs = {found for found in missing if found.rpartition(":")[2] in README and ":" in found}
    assert not missing - verbs


def test_every_route_in_the_readme_exists() -> None:
    paths = set(make_api().openapi()["paths"])
    named = set(re.findall(r"`(?:GET|POST|PUT|DELETE) ([^`?]+)`", README))
    assert named <= paths


def test_the_api_description_says_openapi_three_one() -> None:
    assert make_api().openapi()["openapi"].startswith("3.1")


@pytest.mark.parametrize("code", sorted(EXITS))
def test_every_exit_code_is_in_the_readme(code: int) -> None:
    assert f"| {int(code)} | {EXITS[code]} |" in README  # type: ignore[index]


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_every_setting_is_in_the_readme(name: str) -> None:
    assert f"| `{name}` | {SETTINGS[name]} |" in README


def test_no_setting_is_read_that_is_not_listed() -> None:
    source = (ROOT / "controlplane" / "settings.py").read_text()
    assert set(re.findall(r'environ\.get\("([A-Z_]+)"', source)) == set(SETTINGS)


def test_every_extra_is_in_the_readme() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    for extra in project["optional-dependencies"]:
        assert extra in README


def test_the_configuration_of_the_readme_is_valid() -> None:
    (text,) = fenced("yaml", ROOT / "README.md")
    assert parse_config(text, origin="README.md").targets
    assert set(yaml.safe_load(text)) <= {
        "targets",
        "discovery",
        "push",
        "slos",
        "services",
        "notify",
        "storage",
        "api",
    }


def test_every_error_has_a_status_of_its_own() -> None:
    assert all(400 <= status < 600 for status in STATUS.values())


@pytest.mark.parametrize("path", READMES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", path.read_text())
    broken = [link for link in links if not (path.parent / link).exists()]
    assert not broken


def test_the_registry_of_the_documentation_is_one_that_is_understood() -> None:
    (text,) = (block for block in fenced("yaml", HOOKS) if "registry:" in block)
    service = "{route: {router: reference-server, url: 'http://127.0.0.1:1', name: resnet}}"
    followed = parse_config(text + f"services: {{resnet: {service}}}", origin="README.md").registry
    assert followed is not None
    assert followed.mlflow.models[0].alias == "champion"


def test_what_trimtab_yaml_says_of_traffic_that_others_move_is_understood() -> None:
    blocks = [yaml.safe_load(block) for block in fenced("yaml", HOOKS) if "discovery:" in block]
    assert len(blocks) == 2
    for block in blocks:
        assert parse_config(yaml.safe_dump(block), origin="README.md").discovery


def test_every_yaml_of_the_hooks_can_be_read() -> None:
    for block in fenced("yaml", HOOKS):
        assert list(yaml.safe_load_all(block))
