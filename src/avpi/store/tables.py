"""The tables of the index. The folders are the truth; nothing stands here that cannot be read from them again."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
)

SCHEMA_VERSION = "0001"
"""The newest migration in ``migrations/versions``."""


class UtcDateTime(TypeDecorator[datetime]):
    """A time in UTC: only times with a zone go in, times in UTC come out, on SQLite and PostgreSQL alike."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a time without a zone; store UTC."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            message = "a time without a zone cannot be stored"
            raise ValueError(message)
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """Return the time in UTC; SQLite drops the zone, so it is put back."""
        del dialect
        if value is None:
            return None
        stored: datetime = value
        return stored.replace(tzinfo=UTC) if stored.tzinfo is None else stored.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)

studies = Table(
    "studies",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("folder", String, nullable=False, unique=True),
    Column("title", String, nullable=False),
    Column("compound", String, nullable=False),
    Column("cell_line", String, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("study_id", ForeignKey("studies.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("run", String, nullable=False),
    Column("path", String, nullable=False),
    Column("report", String, nullable=False),
    Column("created", UtcDateTime, nullable=False),
    Column("called", String, nullable=False),
    Column("probability", Float, nullable=False),
    Column("content_hash", String, nullable=False),
    Column("avpi_version", String, nullable=False),
    UniqueConstraint("study_id", "run"),
)
