"""Kinds of interaction whose items may be recommended again.

Written once and then left alone: it does not import the tables as they are today.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # With a default of the database's own: rows that are there get it, and so do those that a
    # process of the version before writes meanwhile.
    op.add_column(
        "tastemaker_kind",
        sa.Column("repeatable", sa.Boolean(), nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    op.drop_column("tastemaker_kind", "repeatable")
