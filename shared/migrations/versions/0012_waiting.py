"""What waits to be read is found without what has ended unread"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0012"
down_revision: str | None = "0011"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None


def upgrade() -> None:
    op.create_index(
        "conversation_waiting",
        "conversation",
        ["project_id", "phone_number_id"],
        postgresql_where=sa.text("unread_count > 0 AND status = 'active'"),
    )


def downgrade() -> None:
    op.drop_index("conversation_waiting", table_name="conversation")
