"""${message}."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "${up_revision}"
down_revision = ${repr(down_revision)}
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move the index forward."""
    ${upgrades if upgrades else "pass"}


def downgrade() -> None:
    """Move the index back."""
    ${downgrades if downgrades else "pass"}
