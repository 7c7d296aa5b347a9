"""Search finds José when jose is typed: names, numbers and messages are compared without case and accents"""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

NAMES = (
    "coalesce(display_name, '') || ' ' || coalesce(saved_name, '') || ' ' ||"
    " coalesce(profile_name, '') || ' ' || coalesce(phone_number, '') || ' ' || coalesce(username, '')"
)


def upgrade() -> None:
    # As shared/fold.py. What is ASCII, as most of many inboxes is, costs no more than its lower case.
    op.execute(r"""
        CREATE FUNCTION fold(value text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE RETURN
        CASE WHEN octet_length(value) = length(value) THEN lower(value)
        ELSE replace(translate(lower(normalize(
            regexp_replace(normalize(value, NFD), '[\u0300-\u036f\u0640\u064b-\u065f\u0670]', '', 'g'), NFC
        )), 'łøđς', 'lodσ'), 'ß', 'ss') END
    """)
    _search_by(f"fold({NAMES})", "to_tsvector('simple', fold(text))")


def downgrade() -> None:
    _search_by(f"lower({NAMES})", "to_tsvector('simple', text)")
    op.execute("DROP FUNCTION fold(text)")


def _search_by(names: str, words: str) -> None:
    """PostgreSQL 16 cannot give a generated column another expression."""
    op.drop_index("contact_search", table_name="contact", postgresql_using="gin")
    op.drop_column("contact", "search")
    op.add_column("contact", sa.Column("search", sa.Text(), sa.Computed(names, persisted=True), nullable=False))
    op.create_index(
        "contact_search",
        "contact",
        ["search"],
        postgresql_using="gin",
        postgresql_ops={"search": "gin_trgm_ops"},
    )
    op.drop_index("message_search", table_name="message", postgresql_using="gin")
    op.create_index("message_search", "message", ["project_id", sa.literal_column(words)], postgresql_using="gin")
