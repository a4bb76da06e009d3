"""The tables. Rows stay in this folder; everything else speaks dataclasses.

Times are Unix seconds. What is counted carries its shard, so that a fleet is a sum over shards.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

__all__ = ["METADATA"]

METADATA = MetaData()
Key = BigInteger().with_variant(Integer, "sqlite")
"""SQLite numbers rows by itself only where the key is exactly INTEGER."""

count_state = Table(
    "count_state",
    METADATA,
    Column("shard", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("ledger", LargeBinary, nullable=False),
)

count_layout = Table(
    "count_layout",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("digest", String(64), nullable=False, unique=True),
    Column("names", Text, nullable=False),
)
"""Names are found by their digest: those of many SLOs are longer than PostgreSQL can index."""

count_minute = Table(
    "count_minute",
    METADATA,
    Column("shard", Integer, primary_key=True),
    Column("minute", BigInteger, primary_key=True),
    Column("layout", Key, nullable=False),
    Column("sums", LargeBinary, nullable=False),
)

push_state = Table(
    "push_state",
    METADATA,
    Column("source", String(63), primary_key=True),
    Column("key", String(63), primary_key=True),
    Column("state", LargeBinary, nullable=False),
)

service = Table(
    "service",
    METADATA,
    Column("name", String(63), primary_key=True),
    Column("stable", String(255), nullable=False),
    Column("previous", String(255)),
    Column("updated_at", Float, nullable=False),
)

target = Table(
    "target",
    METADATA,
    Column("name", String(63), primary_key=True),
    Column("spec", JSON, nullable=False),
    Column("added_at", Float, nullable=False),
)

rollout = Table(
    "rollout",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("service", String(63), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("phase", String(16), nullable=False),
    Column("spec", JSON, nullable=False),
    Column("progress", JSON, nullable=False),
    Column("analysis", JSON),
    Column("idempotency_key", String(255), unique=True),
    Column("created_at", Float, nullable=False),
    Column("updated_at", Float, nullable=False),
    Index("rollout_by_service", "service", "created_at"),
)

rollout_verdict = Table(
    "rollout_verdict",
    METADATA,
    Column("rollout", String(32), primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("at", Float, nullable=False),
    Column("phase", String(16), nullable=False),
    Column("step", Integer, nullable=False),
    Column("weight", Float, nullable=False),
    Column("reason", Text, nullable=False),
    Column("analysis", JSON, nullable=False),
)
"""What the analysis said when a rollout moved, and what it said it by."""

breaker = Table(
    "breaker",
    METADATA,
    Column("service", String(63), primary_key=True),
    Column("version", String(255), primary_key=True),
    Column("state", JSON, nullable=False),
    Column("updated_at", Float, nullable=False),
)

alert = Table(
    "alert",
    METADATA,
    Column("key", String(255), primary_key=True),
    Column("slo", String(63), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("episode", Integer, nullable=False),
    Column("starts_at", Float, nullable=False),
    Column("ends_at", Float),
    Column("clear_since", Float),
    Column("labels", JSON, nullable=False),
    Column("annotations", JSON, nullable=False),
    Column("updated_at", Float, nullable=False),
)

outbox = Table(
    "outbox",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("message_id", String(64), nullable=False),
    Column("receiver", String(63), nullable=False),
    Column("position", Integer, nullable=False),
    Column("alert_key", String(255), nullable=False),
    Column("episode", Integer, nullable=False),
    Column("intent", String(16), nullable=False),
    Column("payload", JSON, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Float, nullable=False),
    Column("detail", Text, nullable=False),
    Column("created_at", Float, nullable=False),
    Column("delivered_at", Float),
    UniqueConstraint("receiver", "position", "alert_key", "episode", "intent"),
    Index("outbox_due", "state", "next_at"),
)

event = Table(
    "event",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("at", Float, nullable=False),
    Column("kind", String(63), nullable=False),
    Column("subject", String(255), nullable=False),
    Column("text", Text, nullable=False),
    Index("event_by_subject", "subject", "id"),
)

audit = Table(
    "audit",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("at", Float, nullable=False),
    Column("actor", String(255), nullable=False),
    Column("verb", String(63), nullable=False),
    Column("object", String(255), nullable=False),
    Column("detail", JSON, nullable=False),
    Column("hash", String(64), nullable=False, unique=True),
)

runbook_run = Table(
    "runbook_run",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("runbook", String(63), nullable=False),
    Column("mode", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("params", JSON, nullable=False),
    Column("actor", String(255), nullable=False),
    Column("steps", JSON, nullable=False),
    Column("started_at", Float, nullable=False),
    Column("ended_at", Float),
)

adjustment = Table(
    "adjustment",
    METADATA,
    Column("id", Key, primary_key=True),
    Column("slo", String(63), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("at", Float, nullable=False),
    Column("actor", String(63), nullable=False),
    Column("reason", Text, nullable=False),
    Column("detail", JSON, nullable=False),
)

slo_set = Table(
    "slo_set",
    METADATA,
    Column("name", String(63), primary_key=True),
    Column("files", JSON, nullable=False),
    Column("applied_at", Float, nullable=False),
)

lease = Table(
    "lease",
    METADATA,
    Column("name", String(63), primary_key=True),
    Column("holder", String(255), nullable=False),
    Column("url", String(255), nullable=False),
    Column("fencing", BigInteger, nullable=False),
    Column("expires_at", Float, nullable=False),
)

slo_member = Table(
    "slo_member",
    METADATA,
    Column("name", String(63), primary_key=True),
    Column("family", String(63), nullable=False, index=True),
    Column("labels", JSON, nullable=False),
    Column("met_at", Float, nullable=False),
)

registry_entry = Table(
    "registry_entry",
    METADATA,
    Column("rollout_id", String(32), primary_key=True),
    Column("model", String(255), nullable=False),
    Column("alias", String(255), nullable=False),
    Column("version", String(255), nullable=False),
    Column("state", String(16), nullable=False),
    Column("written", JSON, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_at", Float, nullable=False),
    Column("detail", Text, nullable=False),
    Column("made_at", Float, nullable=False),
    Index("registry_entry_due", "state", "next_at"),
)
"""Rollouts that a model registry asked for, and what it was told of them."""

registry_alias = Table(
    "registry_alias",
    METADATA,
    Column("model", String(255), primary_key=True),
    Column("alias", String(255), primary_key=True),
    Column("version", String(255), nullable=False),
    Column("at", Float, nullable=False),
)
"""Where the aliases of a model registry stood when they were last heard of."""
flag = Table(
    "flag",
    METADATA,
    Column("service", String(63), primary_key=True),
    Column("weights", JSON, nullable=False),
    Column("fencing", BigInteger, nullable=False),
    Column("updated_at", Float, nullable=False),
)
"""Their versions' shares in per cent; the number is that of the lease they were set under."""
