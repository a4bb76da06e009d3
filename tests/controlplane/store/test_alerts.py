from dataclasses import replace

from sqlalchemy import Engine

from controlplane.decide.alert_state import Alert, AlertState
from controlplane.store.alerts import AlertRecord, AlertStore

FIRING = AlertRecord(
    key="availability/page",
    slo="availability",
    severity="page",
    alert=Alert(state=AlertState.FIRING, episode=1, starts_at=10.0),
    labels={"slo": "availability", "severity": "page"},
    annotations={"summary": "burning"},
    updated_at=10.0,
)


def save(engine: Engine, record: AlertRecord) -> None:
    with engine.begin() as connection:
        AlertStore(engine).save(connection, record)


def test_an_alert_comes_back_as_it_was(engine: Engine) -> None:
    save(engine, FIRING)
    assert AlertStore(engine).list() == (FIRING,)


def test_an_alert_is_one_row_however_often_it_changes(engine: Engine) -> None:
    ended = Alert(state=AlertState.RESOLVED, episode=1, starts_at=10.0, ends_at=70.0)
    save(engine, FIRING)
    save(engine, replace(FIRING, alert=ended, updated_at=70.0))
    (found,) = AlertStore(engine).list()
    assert found.alert == ended


def test_the_latest_change_comes_first(engine: Engine) -> None:
    save(engine, FIRING)
    save(engine, replace(FIRING, key="latency/page", slo="latency", updated_at=20.0))
    assert [found.slo for found in AlertStore(engine).list()] == ["latency", "availability"]
