"""The environment, read and checked."""

import pytest

from shared.settings import SettingsError, read_settings, unknown_variables

GOOD = {
    "PORTHOLE_DATABASE_URL": "postgresql://localhost/porthole",
    "PORTHOLE_REDIS_URL": "redis://localhost",
    "PORTHOLE_SECRET_KEY": "sixteen characters",
    "PORTHOLE_WHATSAPP_APP_SECRET": "app-secret",
    "PORTHOLE_WHATSAPP_VERIFY_TOKEN": "verify-token",
}


def test_types_and_defaults() -> None:
    settings = read_settings(GOOD | {"PORTHOLE_PORT": "9000", "HOME": "/root"})
    assert (settings.port, settings.host, settings.log_level) == (9000, "127.0.0.1", "info")


def test_an_empty_variable_is_not_set() -> None:
    assert read_settings(GOOD | {"PORTHOLE_PORT": ""}).port == 8000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "70000"),
        ("PORT", "eighty"),
        ("BASE_URL", "inbox.example.com"),
        ("BASE_URL", "ftp://x"),
        ("BASE_URL", "https://name@inbox.example.com"),
        ("BASE_URL", "https://b\u00fccher.example"),
        ("GRAPH_VERSION", "25"),
        ("LOG_LEVEL", "loud"),
        ("SECRET_KEY", "short"),
    ],
)
def test_a_wrong_value_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"PORTHOLE_{name} "):
        read_settings(GOOD | {f"PORTHOLE_{name}": value})


def test_all_that_is_missing_is_named_at_once() -> None:
    with pytest.raises(SettingsError) as error:
        read_settings({})
    assert [name for name in GOOD if f"{name} is required" in str(error.value)] == list(GOOD)


def test_a_variable_that_is_no_setting_is_reported_and_does_no_harm() -> None:
    environ = GOOD | {"PORTHOLE_PROT": "1", "PORTHOLE_SERVICE_HOST": "10.0.0.1"}
    assert read_settings(environ) == read_settings(GOOD)
    assert unknown_variables(environ) == ["PORTHOLE_PROT", "PORTHOLE_SERVICE_HOST"]


@pytest.mark.parametrize(
    ("base_url", "origin"),
    [
        ("https://inbox.example.com:8443/", "https://inbox.example.com:8443"),
        ("https://Inbox.example.com:443", "https://inbox.example.com"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:443", "http://[::1]:443"),
    ],
)
def test_the_origin_is_the_base_url_as_browsers_write_it(base_url: str, origin: str) -> None:
    assert read_settings(GOOD | {"PORTHOLE_BASE_URL": base_url}).origin() == origin


@pytest.mark.parametrize("ending", ["/porthole", "/porthole/", "?a", "#a", "/?a"])
def test_a_base_url_with_a_path_is_refused_with_the_reason(ending: str) -> None:
    with pytest.raises(SettingsError, match="PORTHOLE_BASE_URL must be an origin such as "):
        read_settings(GOOD | {"PORTHOLE_BASE_URL": f"https://inbox.example.com{ending}"})


def test_two_app_secrets_during_a_rotation() -> None:
    settings = read_settings(GOOD | {"PORTHOLE_WHATSAPP_APP_SECRET": "old-secret, new-secret"})
    assert settings.app_secrets() == [b"old-secret", b"new-secret"]
