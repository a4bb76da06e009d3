"""How a rollout stands, in a line and in a table; how it ended, in Markdown and in JUnit's XML."""

from xml.etree import ElementTree as ET

from controlplane.cli.session import Format, show, show_table
from controlplane.schemas import RolloutOut

__all__ = ["junit", "print_rollouts", "progress_line", "step_summary"]


def progress_line(rollout: RolloutOut) -> str:
    """Return where a rollout is in one line: phase, weight, requests, time, and what is still needed."""
    status = rollout.status
    weight = "" if status.weight is None else f" at {status.weight:g} %"
    seen = f"{status.canary_requests:,} requests, {status.seconds:.0f} s"
    return f"{status.phase}{weight}, {seen}: {status.reasons[0]}"


def print_rollouts(rollouts: list[RolloutOut], output: Format, *, one: bool = False) -> None:
    """Print rollouts as was asked; ``one`` prints no list."""
    if output is not Format.TABLE:
        return show(rollouts[0] if one else rollouts, output)
    rows = [
        (r.id, r.spec.service, r.spec.version, r.status.phase, r.status.weight, r.status.reasons[0])
        for r in rollouts
    ]
    return show_table("rollouts", ("id", "service", "version", "phase", "weight", "reason"), rows)


def step_summary(rollout: RolloutOut, *, url: str) -> str:
    """Return a few lines of Markdown that a person reads beside the pipeline's run.

    Args:
        rollout: As it stands.
        url: Of the control plane.
    """
    spec, status = rollout.spec, rollout.status
    rows = {
        "phase": status.phase,
        "strategy": spec.strategy,
        "weight": "as somebody else moves it" if status.weight is None else f"{status.weight:g} %",
        "canary requests": f"{status.canary_requests:,}",
        "verdict": status.verdict or "none",
        "outcome": status.outcome or "none yet",
        "took": f"{status.seconds:.0f} s",
        "why": status.reasons[0],
    }
    if status.compared:
        rows["answers"] = f"{status.different:,} of {status.compared:,} differ"
    lines = [f"| {name} | {_cell(value)} |" for name, value in rows.items()]
    title = f"### Rollout of {_cell(spec.service)} {_cell(spec.version)}: {status.phase}"
    link = f"[{rollout.id}]({url}{rollout.links['self']})"
    return "\n".join([title, "", "| | |", "|---|---|", *lines, "", link, ""])


def junit(rollout: RolloutOut, *, failed: bool) -> str:
    """Return a report of one test case, which failed unless the version was promoted."""
    spec, status = rollout.spec, rollout.status
    failures = str(int(failed))
    suite = ET.Element("testsuite", name="trimtab rollout", tests="1", failures=failures)
    case = ET.SubElement(
        suite,
        "testcase",
        classname=spec.service,
        name=f"{spec.version} ({rollout.id})",
        time=f"{status.seconds:.1f}",
    )
    if failed:
        ET.SubElement(case, "failure", message=f"{status.phase}: {status.reasons[0]}")
    return ET.tostring(suite, encoding="unicode", xml_declaration=True) + "\n"


def _cell(text: str) -> str:
    """Return text that cannot end a table's cell or begin markup of its own."""
    plain = " ".join(text.split()).replace("\\", "\\\\").replace("|", "\\|")
    return plain.replace("<", "&lt;").replace("[", "\\[")
