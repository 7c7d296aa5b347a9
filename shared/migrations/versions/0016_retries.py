"""How often a webhook that could not be applied was tried again, and those of one reason by an index"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FAILED = sa.text("state = 'failed'")


def upgrade() -> None:
    op.add_column(
        "inbound_event",
        sa.Column("retries", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="asked for by people"),
    )
    op.create_index(
        "inbound_event_reason",
        "inbound_event",
        [sa.text("md5(problem)"), "id"],
        unique=False,
        postgresql_where=FAILED,
    )


def downgrade() -> None:
    op.drop_index("inbound_event_reason", table_name="inbound_event", postgresql_where=FAILED)
    op.drop_column("inbound_event", "retries")
