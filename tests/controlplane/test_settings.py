from pathlib import Path

import pytest

from controlplane.errors import InvalidConfig
from controlplane.settings import (
    MAX_SECRET_BYTES,
    SETTINGS,
    Secret,
    read_settings,
    resolve_secret,
)


@pytest.fixture
def empty(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    for name in SETTINGS:
        monkeypatch.delenv(name, raising=False)
    return monkeypatch


@pytest.mark.usefixtures("empty")
def test_an_empty_environment_means_this_machine_without_a_token() -> None:
    settings = read_settings()
    assert settings.url == "http://127.0.0.1:9470"
    assert settings.token is None


def test_what_the_environment_says_is_taken(empty: pytest.MonkeyPatch) -> None:
    empty.setenv("TRIMTAB_URL", "http://plane:9470/")
    empty.setenv("TRIMTAB_TOKEN", "abc")
    settings = read_settings()
    assert (settings.url, settings.token) == ("http://plane:9470", "abc")


def test_an_empty_token_is_no_token(empty: pytest.MonkeyPatch) -> None:
    empty.setenv("TRIMTAB_TOKEN", "")
    assert read_settings().token is None


def test_a_secret_never_shows_itself() -> None:
    secret = Secret("hunter2")
    shown = f"{secret} {secret!r} {secret!s} {[secret]}"
    assert "hunter2" not in shown
    assert secret.reveal() == "hunter2"
    with pytest.raises(TypeError):
        vars(secret)


def test_a_secret_comes_from_the_environment(empty: pytest.MonkeyPatch) -> None:
    empty.setenv("HOOK_KEY", "whsec_x")
    assert resolve_secret("env:HOOK_KEY").reveal() == "whsec_x"


def test_a_secret_comes_from_a_file_without_its_last_newline(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("whsec_x\n")
    assert resolve_secret(f"file:{path}").reveal() == "whsec_x"


def test_only_so_much_of_a_secret_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"x" * (MAX_SECRET_BYTES + 10))
    assert len(resolve_secret(f"file:{path}").reveal()) == MAX_SECRET_BYTES


def test_a_missing_variable_is_named(empty: pytest.MonkeyPatch) -> None:
    empty.delenv("HOOK_KEY", raising=False)
    with pytest.raises(InvalidConfig, match="env:HOOK_KEY is not set") as caught:
        resolve_secret("env:HOOK_KEY")
    assert "export HOOK_KEY" in caught.value.hint


@pytest.mark.parametrize("content", [None, b"\xff\xfe"], ids=["it is missing", "it is no text"])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "key"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InvalidConfig, match="cannot be read"):
        resolve_secret(f"file:{path}")


@pytest.mark.parametrize("value", ["hunter2", "env:", "file:", "vault:kv/key"])
def test_a_value_where_a_reference_belongs_is_refused_without_repeating_it(value: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        resolve_secret(value)
    assert "hunter2" not in str(caught.value) + caught.value.hint
