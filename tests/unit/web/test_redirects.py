"""Back to a page of ours, never to somebody else's."""

from __future__ import annotations

import pytest

from fedgov.web.redirects import local_path


@pytest.mark.parametrize(
    "path", ["/", "/home", "/posts/1?x=1#post-2", "/@anna", "/people/@a@b.example", "/search?q=%2F"]
)
def test_a_path_of_ours_is_followed(path: str) -> None:
    assert local_path(path, default="/elsewhere") == path


@pytest.mark.parametrize(
    "path",
    ["", None, "home", "//evil.example", "///evil.example", "/\\evil.example", "\\/evil.example", "https://evil.example",
     "javascript:alert(1)", "/\t/evil.example", "/\n/evil.example", " /home", "/a b", "/" + "a" * 3_000],
)  # fmt: skip
def test_web_02_an_address_elsewhere_is_not_followed(path: str | None) -> None:
    assert local_path(path, default="/home") == "/home"
