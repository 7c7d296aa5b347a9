"""Webhooks that could not be applied, by their reason"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

FAILED = sa.text("state = 'failed'")


def upgrade() -> None:
    op.create_index("inbound_event_reason", "inbound_event", [sa.text("md5(problem)"), "id"], postgresql_where=FAILED)


def downgrade() -> None:
    op.drop_index("inbound_event_reason", table_name="inbound_event", postgresql_where=FAILED)
