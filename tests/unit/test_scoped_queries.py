"""Every query starts from a scope, or for the Platform API from a project."""

import ast
from pathlib import Path

SHARED = Path(__file__).resolve().parents[2] / "shared"
QUERIES = SHARED / "queries"
WITHOUT_SCOPE = {
    # For ids that the caller has just written.
    *("conversation_views", "message_views", "kapso_messages", "kapso_conversations", "current_cursor"),
    # What could not be applied belongs to no project yet; operators see all of them.
    *("page_of_failed_events", "get_failed_event", "owners_of_events"),
}


def _public_functions() -> list[tuple[str, ast.AsyncFunctionDef]]:
    return [
        (path.name, node)
        for path in sorted([*QUERIES.glob("*.py"), *(SHARED / "kapso").glob("*.py")])
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.AsyncFunctionDef) and not node.name.startswith("_")
    ]


def test_every_query_takes_a_scope_and_uses_it() -> None:
    functions = [(name, node) for name, node in _public_functions() if node.name not in WITHOUT_SCOPE]
    assert len(functions) >= 4
    for name, node in functions:
        arguments = [argument.arg for argument in node.args.args]
        start = next((name for name in ("scope", "project_id") if name in arguments), None)
        assert start, f"{name}: {node.name} takes neither a scope nor a project"
        used = [inner for inner in ast.walk(node) if isinstance(inner, ast.Name) and inner.id == start]
        assert used, f"{name}: {node.name} does not use its {start}"


def test_the_iframes_controllers_ask_the_database_only_through_queries_and_operations() -> None:
    """A controller that built its own statement on conversations or messages could forget the scope."""
    for path in sorted((QUERIES.parents[1] / "api" / "inbox").glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module == "shared.models":
                assert {alias.name for alias in node.names} <= {"PhoneNumber"}, path.name
