"""Keys from elsewhere in addresses of ours."""

import pytest

from ripeline.kit.paths import fits_address

pytestmark = pytest.mark.pure


@pytest.mark.parametrize("key", ["0123abcd", "José 7", "crm:42", "x" * 64])
def test_a_key_that_an_address_can_hold_is_kept(key: str) -> None:
    assert fits_address(key)


@pytest.mark.parametrize("key", ["", "a/b", "new", "export.csv", "..", "x" * 65, "a\0b"])
def test_a_key_that_an_address_cannot_hold_is_not_used(key: str) -> None:
    assert not fits_address(key)
