"""Stored verdicts of rollouts: shown by a plane, and reckoned again with and without one."""

import json

from controlplane.cli.exits import Exit
from tests.controlplane.loops.test_rollout import run_until_over, start
from tests.controlplane.running_plane import RunningPlane


def rolled_back(running: RunningPlane) -> str:
    """A rollout that the analysis sent home."""

    async def run() -> str:
        assert running.world is not None
        rollout = await start(running.world)
        return (await run_until_over(running.world, rollout, canary_bad=0.5)).id

    return running.do(run())


def test_verdicts_are_shown_stored_and_reckoned_again(
    trimtab, running: RunningPlane, tmp_path
) -> None:
    rollout = rolled_back(running)
    shown = trimtab("canary", "show", rollout)
    assert shown.exit_code == Exit.DONE, shown.stderr
    lines = shown.stdout.splitlines()
    assert lines[0].startswith("generation\tphase\tweight\tafter s\tdecision")
    assert "RollingBack\t5\t" in lines[1]
    assert "errors\tworse\t" in shown.stdout
    assert "The canary is worse" in lines[-1]
    stored = tmp_path / "analysis.json"
    stored.write_text(trimtab("canary", "show", rollout, "-o", "json").stdout)
    for source in (rollout, str(stored)):
        again = trimtab("canary", "recompute", source)
        assert again.exit_code == Exit.DONE, again.stdout
        assert again.stdout.count("the same verdict comes out of its own counts") == 2
    assert trimtab("canary", "judge", "--recompute", str(stored)).exit_code == Exit.DONE
    saved = json.loads(stored.read_text())
    saved["verdicts"][0]["verdict"]["findings"][0]["canary_events"] = 0
    stored.write_text(json.dumps(saved))
    changed = trimtab("canary", "recompute", str(stored))
    assert changed.exit_code == Exit.REFUSED
    assert "/verdict/findings/0/canary_events: 0 is " in changed.stdout
    told = json.loads(trimtab("canary", "recompute", str(stored), "-o", "json").stdout)
    assert [each["same"] for each in told["verdicts"]] == [False, True]


def test_a_rollout_without_a_verdict_says_so(trimtab, running: RunningPlane) -> None:
    async def begin() -> str:
        assert running.world is not None
        return (await start(running.world)).id

    rollout = running.do(begin())
    assert "no verdict yet" in trimtab("canary", "show", rollout).stdout
    again = trimtab("canary", "recompute", rollout)
    assert again.exit_code == Exit.USAGE
    assert "holds no verdict" in again.stderr


def test_what_is_not_there_is_told(trimtab, tmp_path) -> None:
    for source, says in (("r-9", "No rollout 'r-9'"), (str(tmp_path / "x.json"), "cannot be read")):
        found = trimtab("canary", "recompute", source)
        assert found.exit_code == Exit.USAGE
        assert says in found.stderr
    away = trimtab("canary", "show", "r-9", url="http://127.0.0.1:9")
    assert away.exit_code == Exit.UNREACHABLE
