"""The audit log keeps the id of the person in an inbox, since two people may have one name"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0004"
down_revision: str | None = "0003"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    comment = "the person's, as the host of the embed names them"
    op.add_column("audit_event", sa.Column("user_id", sa.Text(), nullable=True, comment=comment))


def downgrade() -> None:
    op.drop_column("audit_event", "user_id")
