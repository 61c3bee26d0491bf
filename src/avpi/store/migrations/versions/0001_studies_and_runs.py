"""The first tables: studies and runs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "studies",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("folder", sa.String, nullable=False),
        sa.Column("title", sa.String, nullable=False),
        sa.Column("compound", sa.String, nullable=False),
        sa.Column("cell_line", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_studies"),
        sa.UniqueConstraint("folder", name="uq_studies_folder"),
    )
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("study_id", sa.Integer, nullable=False),
        sa.Column("run", sa.String, nullable=False),
        sa.Column("path", sa.String, nullable=False),
        sa.Column("report", sa.String, nullable=False),
        sa.Column("created", sa.DateTime(timezone=True), nullable=False),
        sa.Column("called", sa.String, nullable=False),
        sa.Column("probability", sa.Float, nullable=False),
        sa.Column("content_hash", sa.String, nullable=False),
        sa.Column("avpi_version", sa.String, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name="fk_runs_study_id", ondelete="CASCADE"),
        sa.UniqueConstraint("study_id", "run", name="uq_runs_study_id"),
    )
    op.create_index("ix_runs_study_id", "runs", ["study_id"])


def downgrade() -> None:
    """Drop the tables; the folders keep everything."""
    op.drop_table("runs")
    op.drop_table("studies")
