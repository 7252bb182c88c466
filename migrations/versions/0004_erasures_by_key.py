"""By which index key the refs of erased people were made, since it can be rotated.

Written once and then left alone: it does not import the tables as they are today.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from alembic.util import CommandError

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Rows that are there name no key, and so do those that a process of the version before writes
    # meanwhile: they are of the first index key, for that version knows of no other.
    op.add_column("tastemaker_erasure", sa.Column("key_id", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    # The version before would look for everybody by one index key, and make a second row of whoever
    # has a ref of another.
    moving = sa.text(
        "SELECT count(*) FROM tastemaker_key WHERE purpose = 'index' AND status = 'decrypt'"
    )
    if op.get_bind().execute(moving).scalar():
        raise CommandError(
            "the index key is being rotated; finish that first: "
            "`tastemaker keys rotate --purpose index`"
        )
    op.drop_column("tastemaker_erasure", "key_id")
