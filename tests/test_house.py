"""The rules of the house: where things are, how long they are, what they are called."""

import ast
import importlib
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FLOORS = (
    "controlplane",
    "probes",
    "canary_analysis",
    "slo",
    "runbooks",
    "dashboard",
    "reference_server",
)
MODULES = sorted(path for floor in FLOORS for path in (ROOT / floor).rglob("*.py"))
MAX_FILE_LINES = 300
MAX_FUNCTION_LINES = 40
VAGUE = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "base",
    "manager",
    "handler",
    "processor",
    "misc",
}
TOP_LEVEL = {
    *FLOORS,
    "tests",
    ".ci",
    ".gitignore",
    ".pre-commit-config.yaml",
    "CHANGELOG.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "pyproject.toml",
    "requirements.lock",
}


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def functions(path: Path) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    tree = ast.parse(path.read_text())
    return [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    docstring = ast.get_docstring(function, clean=False)
    first = function.body[1 if docstring is not None and len(function.body) > 1 else 0].lineno
    return (function.end_lineno or first) - first + 1


def is_migration(path: Path) -> bool:
    return "versions" in path.parts


def test_the_top_level_holds_what_the_house_names() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True
    )
    found = {line.partition("/")[0] for line in listed.stdout.splitlines()}
    assert found <= TOP_LEVEL, f"new at the top level: {sorted(found - TOP_LEVEL)}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_file_holds_one_noun(path: Path) -> None:
    lines = len(path.read_text().splitlines())
    assert lines <= MAX_FILE_LINES, f"{lines} lines: does it hold two nouns? Split it."


@pytest.mark.parametrize("path", [path for path in MODULES if not is_migration(path)], ids=name_of)
def test_a_function_fits_on_a_screen(path: Path) -> None:
    long = {f.name: body_lines(f) for f in functions(path) if body_lines(f) > MAX_FUNCTION_LINES}
    assert not long, f"longer than {MAX_FUNCTION_LINES} lines: {long}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_a_name_says_what_the_file_is(path: Path) -> None:
    words = {
        word for part in path.relative_to(ROOT).with_suffix("").parts for word in part.split("_")
    }
    assert not words & VAGUE, f"{sorted(words & VAGUE)} says nothing: name the noun"


@pytest.mark.parametrize("path", [path for path in MODULES if not is_migration(path)], ids=name_of)
def test_what_a_file_offers_is_listed_sorted_and_there(path: Path) -> None:
    if path.name in ("__main__.py", "env.py"):
        return
    module = importlib.import_module(
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
    )
    offered = getattr(module, "__all__", None)
    assert offered is not None, "say with __all__ what the file offers"
    assert all(hasattr(module, name) for name in offered)
    assert list(offered) == sorted(offered, key=_isort_key), "sort __all__"


def _isort_key(name: str) -> tuple[int, str]:
    """CONSTANTS, then Classes, then functions, as the linter sorts them."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[0].isupper() else 2
    return kind, name


@pytest.mark.parametrize("floor", FLOORS)
def test_every_floor_explains_itself(floor: str) -> None:
    readme = (ROOT / floor / "README.md").read_text()
    unnamed = [
        path.stem
        for path in (ROOT / floor).glob("*.py")
        if not path.stem.startswith("_") and path.stem not in readme
    ]
    assert "## Why" in readme
    assert not unnamed, f"{floor}/README.md does not mention {unnamed}"


def test_every_module_ships() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert sorted(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == sorted(
        FLOORS
    )


def test_the_version_is_in_the_changelog() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text()


def test_no_package_index_address_is_in_the_tree() -> None:
    pattern = "|".join(["pypi" + r"\.org", "python" + r"hosted\.org", "registry" + r"\.npmjs"])
    found = subprocess.run(
        ["git", "grep", "-nIE", pattern], cwd=ROOT, check=False, capture_output=True, text=True
    )
    assert found.stdout == ""


def test_dataclasses_are_frozen_and_slotted() -> None:
    loose = [
        f"{name_of(path)}:{node.lineno}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
        for mark in node.decorator_list
        if re.match(r"(dataclasses\.)?dataclass\b", ast.unparse(mark))
        and not ("frozen=True" in ast.unparse(mark) and "slots=True" in ast.unparse(mark))
    ]
    assert not loose, f"frozen=True, slots=True is missing at {loose}"


@pytest.mark.skipif(sys.platform == "win32", reason="the floors are checked on a POSIX shell")
def test_imports_only_go_down() -> None:
    checked = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports"))],
        cwd=ROOT,
        check=False,
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout
