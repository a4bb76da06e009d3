"""Prometheus as a peer: the same targets, alone or with the rules that Sloth makes for each SLO."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml
from fleet_client import FleetPlan
from subject import Subject, running

from controlplane.demo.processes import free_port

PROGRAM = shutil.which("prometheus")
OBJECTIVE = 0.999
RULES_SECONDS = 30
"""Sloth sets no interval of its own, and 30 s is what Prometheus Operator sets."""

WINDOWS = ("5m", "30m", "1h", "2h", "6h", "1d", "3d")
FAMILY = "inference_requests_total"


@contextmanager
def running_prometheus(
    plan: FleetPlan, name: str, *, folder: Path, rules: bool
) -> Iterator[Subject]:
    """Start Prometheus on the fleet."""
    port = free_port()
    folder = folder / name
    folder.mkdir()
    (folder / "prometheus.yml").write_text(yaml.safe_dump(_config(plan, name, rules=rules)))
    if rules:
        groups = [group for service in range(plan.services) for group in sloth_groups(service)]
        (folder / "rules.yml").write_text(yaml.safe_dump({"groups": groups}, sort_keys=False))
    command = [
        str(PROGRAM),
        "--config.file=prometheus.yml",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=warn",
    ]
    url = f"http://127.0.0.1:{port}"
    with running(name, command, folder=folder, url=url, ready="/-/ready") as subject:
        yield subject


def _config(plan: FleetPlan, name: str, *, rules: bool) -> dict[str, object]:
    groups = [
        {
            "targets": [plan.url(target, name).split("/")[2] for target in plan.members(service)],
            "labels": {"service": service_name(service)},
        }
        for service in range(plan.services)
    ]
    return {
        "global": {
            "scrape_interval": f"{plan.interval:g}s",
            "scrape_timeout": f"{min(2.0, plan.interval):g}s",
            "evaluation_interval": f"{RULES_SECONDS}s",
        },
        "rule_files": ["rules.yml"] if rules else [],
        "scrape_configs": [
            {"job_name": "fleet", "metrics_path": f"/{name}/metrics", "static_configs": groups}
        ],
    }


def service_name(service: int) -> str:
    """Return what a service is called, by all subjects."""
    return f"service-{service:04d}"


def sloth_groups(service: int) -> list[dict[str, object]]:
    """Return the three groups of rules that Sloth makes for an SLO: 8, 7 and 2 rules."""
    name = service_name(service)
    labels = {
        "sloth_id": f"{name}-availability",
        "sloth_service": name,
        "sloth_slo": "availability",
    }
    return [
        {"name": f"sloth-slo-sli-recordings-{name}", "rules": _sli_rules(name, labels)},
        {"name": f"sloth-slo-meta-recordings-{name}", "rules": _meta_rules(labels)},
        {"name": f"sloth-slo-alerts-{name}", "rules": _alerts(labels)},
    ]


def _sli_rules(service: str, labels: dict[str, str]) -> list[dict[str, object]]:
    def ratio(window: str) -> str:
        bad = f'sum(rate({FAMILY}{{service="{service}",code=~"5.."}}[{window}]))'
        return f'({bad})\n/\n(sum(rate({FAMILY}{{service="{service}"}}[{window}])))\n'

    short = _series("slo:sli_error:ratio_rate5m", labels)
    month = (
        f"sum_over_time({short}[30d])\n/ ignoring (sloth_window)\ncount_over_time({short}[30d])\n"
    )
    rules = [(window, ratio(window)) for window in WINDOWS] + [("30d", month)]
    return [
        {
            "record": f"slo:sli_error:ratio_rate{window}",
            "expr": expression,
            "labels": labels | {"sloth_window": window},
        }
        for window, expression in rules
    ]


def _meta_rules(labels: dict[str, str]) -> list[dict[str, object]]:
    match = "/ on(sloth_id, sloth_slo, sloth_service) group_left\n"
    budget = _series("slo:error_budget:ratio", labels)
    short, month = (_series(f"slo:sli_error:ratio_rate{w}", labels) for w in ("5m", "30d"))
    rules = {
        "slo:objective:ratio": f"vector({OBJECTIVE})",
        "slo:error_budget:ratio": f"vector(1-{OBJECTIVE})",
        "slo:time_period:days": "vector(30)",
        "slo:current_burn_rate:ratio": f"{short}\n{match}{budget}\n",
        "slo:period_burn_rate:ratio": f"{month}\n{match}{budget}\n",
        "slo:period_error_budget_remaining:ratio": f"1 - {_series('slo:period_burn_rate:ratio', labels)}",
        "sloth_slo_info": "vector(1)",
    }
    return [{"record": name, "expr": expr, "labels": labels} for name, expr in rules.items()]


def _alerts(labels: dict[str, str]) -> list[dict[str, object]]:
    def burning(factor: float, *windows: str) -> str:
        each = [
            f"max({_series(f'slo:sli_error:ratio_rate{w}', labels)} > ({factor} * {1 - OBJECTIVE:.6g}))"
            " without (sloth_window)"
            for w in windows
        ]
        return "(" + "\nand\n".join(each) + ")"

    pairs = {
        "page": [(14.4, "5m", "1h"), (6, "30m", "6h")],
        "ticket": [(3, "2h", "1d"), (1, "6h", "3d")],
    }
    return [
        {
            "alert": "HighErrorRate",
            "expr": "\nor\n".join(burning(*pair) for pair in rules),
            "labels": {"sloth_severity": severity},
        }
        for severity, rules in pairs.items()
    ]


def _series(name: str, labels: dict[str, str]) -> str:
    return f"{name}{{" + ", ".join(f'{k}="{v}"' for k, v in labels.items()) + "}"


def paging(subject: Subject) -> set[str]:
    """Return the services of whom Prometheus says that a page fires."""
    return {
        alert["labels"]["sloth_service"]
        for alert in subject.get("/api/v1/alerts")["data"]["alerts"]
        if alert["state"] == "firing" and alert["labels"]["sloth_severity"] == "page"
    }
