"""Whether an item was declared by the application, or only named by somebody's interaction.

Written once and then left alone: it does not import the tables as they are today.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Items that are there count as declared, and so do those that a process of the version before
    # writes meanwhile: whoever upgrades is recommended what was recommended before.
    op.add_column(
        "tastemaker_item",
        sa.Column("declared", sa.Boolean(), nullable=False, server_default=sa.true()),
    )


def downgrade() -> None:
    op.drop_column("tastemaker_item", "declared")
