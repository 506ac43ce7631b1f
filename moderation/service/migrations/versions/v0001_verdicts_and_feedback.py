"""The tables as they were when revisions began."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "verdicts",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("time", sa.Float, index=True, nullable=False),
        sa.Column("site", sa.String(200), index=True, nullable=False),
        sa.Column("protocol", sa.String(20), nullable=False),
        sa.Column("request", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), index=True, nullable=False),
        sa.Column("action", sa.String(10), nullable=False),
        sa.Column("labels", sa.String(200), nullable=False),
        sa.Column("score", sa.Float),
        sa.Column("model", sa.String(100), nullable=False),
        sa.Column("policy", sa.String(200), nullable=False),
        sa.Column("text", sa.Text),
    )
    op.create_table(
        "feedback",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("time", sa.Float, index=True, nullable=False),
        sa.Column("site", sa.String(200), index=True, nullable=False),
        sa.Column("protocol", sa.String(20), nullable=False),
        sa.Column("request", sa.String(64), nullable=False),
        sa.Column("digest", sa.String(64), index=True, nullable=False),
        sa.Column("is_spam", sa.Boolean, nullable=False),
        sa.Column("text", sa.Text),
    )
