"""The store by its URL, without a server: a directory is the integration tests' business."""

import pytest
from obstore.store import S3Store

from shared.settings import SettingsError, read_settings
from shared.storage import Storage, StorageError, _open
from tests.unit.test_settings import GOOD


@pytest.mark.parametrize(
    "url", ["/var/media", "file://host/media", "s3://", "s3:///prefix", "ftp://x/y", "https://x/y"]
)
def test_a_url_of_no_store_is_refused_at_the_start(url: str) -> None:
    with pytest.raises(SettingsError, match="PORTHOLE_STORAGE_URL "):
        read_settings(GOOD | {"PORTHOLE_STORAGE_URL": url})


@pytest.mark.parametrize("url", ["file:///var/media", "s3://media", "s3://media/some/prefix"])
def test_a_url_of_a_store_is_taken(url: str) -> None:
    assert read_settings(GOOD | {"PORTHOLE_STORAGE_URL": url}).storage_url == url


def test_a_bucket_has_a_prefix() -> None:
    store = _open("s3://media/some/prefix")
    assert isinstance(store, S3Store)
    assert (store.config["bucket"], store.prefix) == ("media", "some/prefix")


async def test_a_bucket_is_where_the_usual_variables_say(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
    }.items():
        monkeypatch.setenv(name, value)
    storage = Storage(read_settings(GOOD | {"PORTHOLE_STORAGE_URL": "s3://media/prefix"}))
    with pytest.raises(StorageError, match=r"http://127\.0\.0\.1:1/media/prefix/a/b") as error:
        await storage.read("a/b", 0, 10)
    storage.close()
    assert "secret" not in str(error.value)
