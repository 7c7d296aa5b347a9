"""How often a webhook that could not be applied was tried again"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.add_column(
        "inbound_event",
        sa.Column("retries", sa.Integer(), server_default=sa.text("0"), nullable=False, comment="asked for by people"),
    )


def downgrade() -> None:
    op.drop_column("inbound_event", "retries")
