"""The first schema.

Written once and then left alone: it does not import the tables as they are today.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

row_id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
exact_text = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    create_meta_and_keys()
    create_people_and_items()
    create_interactions()
    create_releases()
    create_erasures()


def create_meta_and_keys() -> None:
    op.create_table(
        "tastemaker_meta",
        sa.Column("name", exact_text, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="tastemaker_meta_pk"),
    )
    op.create_table(
        "tastemaker_key",
        sa.Column("key_id", row_id, autoincrement=False, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("algorithm", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("kek_id", sa.Text(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.Column("kcv", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key_id", name="tastemaker_key_pk"),
    )


def create_people_and_items() -> None:
    op.create_table(
        "tastemaker_user",
        sa.Column("id", row_id, sa.Identity(), nullable=False),
        sa.Column("ref", sa.LargeBinary(16), nullable=False),
        sa.Column("external_id", sa.LargeBinary(), nullable=False),
        sa.Column("attributes", sa.LargeBinary(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="tastemaker_user_pk"),
        sa.UniqueConstraint("ref", name="tastemaker_user_ref_key"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "tastemaker_item",
        sa.Column("id", row_id, sa.Identity(), nullable=False),
        sa.Column("external_id", exact_text, nullable=False),
        sa.Column("title", sa.Text(), nullable=False, server_default=""),
        sa.Column("text", sa.Text(), nullable=False, server_default=""),
        sa.Column("attributes", sa.Text(), nullable=False, server_default="{}"),
        sa.Column("available", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="tastemaker_item_pk"),
        sa.UniqueConstraint("external_id", name="tastemaker_item_external_id_key"),
        sqlite_autoincrement=True,
    )


def create_interactions() -> None:
    op.create_table(
        "tastemaker_kind",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("name", exact_text, nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="tastemaker_kind_pk"),
        sa.UniqueConstraint("name", name="tastemaker_kind_name_key"),
    )
    op.create_table(
        "tastemaker_interaction",
        sa.Column("user_id", row_id, nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("item_id", row_id, nullable=False),
        sa.Column("kind_id", sa.Integer(), nullable=False),
        sa.Column("value", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint(
            "user_id", "time", "item_id", "kind_id", name="tastemaker_interaction_pk"
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["tastemaker_user.id"], name="tastemaker_interaction_user_id_fk"
        ),
        sa.ForeignKeyConstraint(
            ["item_id"], ["tastemaker_item.id"], name="tastemaker_interaction_item_id_fk"
        ),
        sa.ForeignKeyConstraint(
            ["kind_id"], ["tastemaker_kind.id"], name="tastemaker_interaction_kind_id_fk"
        ),
        sqlite_with_rowid=False,
    )


def create_releases() -> None:
    op.create_table(
        "tastemaker_release",
        sa.Column("id", row_id, sa.Identity(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("trained_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False, server_default=""),
        sa.Column("manifest", sa.LargeBinary(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="tastemaker_release_pk"),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "tastemaker_model",
        sa.Column("id", row_id, sa.Identity(), nullable=False),
        sa.Column("release_id", row_id, nullable=False),
        sa.Column("name", exact_text, nullable=False),
        sa.Column("distribution", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="tastemaker_model_pk"),
        sa.UniqueConstraint("release_id", "name", name="tastemaker_model_release_id_name_key"),
        sa.ForeignKeyConstraint(
            ["release_id"], ["tastemaker_release.id"], name="tastemaker_model_release_id_fk"
        ),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "tastemaker_model_chunk",
        sa.Column("model_id", row_id, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("model_id", "position", name="tastemaker_model_chunk_pk"),
        sa.ForeignKeyConstraint(
            ["model_id"], ["tastemaker_model.id"], name="tastemaker_model_chunk_model_id_fk"
        ),
    )


def create_erasures() -> None:
    op.create_table(
        "tastemaker_erasure",
        sa.Column("ref", sa.LargeBinary(16), nullable=False),
        sa.Column("time", sa.BigInteger(), nullable=False),
        sa.Column("releases", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("ref", "time", name="tastemaker_erasure_pk"),
    )


def downgrade() -> None:
    for name in (
        "erasure",
        "model_chunk",
        "model",
        "release",
        "interaction",
        "kind",
        "item",
        "user",
        "key",
        "meta",
    ):
        op.drop_table(f"tastemaker_{name}")
