"""Collections, read and written."""

from __future__ import annotations

import pytest

from fedgov.activitystreams.collection import (
    collection_document,
    is_collection,
    item_uris,
    items,
    next_page,
    page_document,
    page_uri,
    total_items,
)

OUTBOX = "https://groningen.example/users/fatima/outbox"


def test_a_collection_leads_to_its_pages_and_they_to_one_another() -> None:
    first, second = page_uri(OUTBOX, "first"), page_uri(OUTBOX, 17)
    collection = collection_document(OUTBOX, total=2, first=first)
    page = page_document(first, part_of=OUTBOX, items=["https://a.example/2"], following=second, total=2)
    last = page_document(second, part_of=OUTBOX, items=["https://a.example/1"], previous=first)
    assert (next_page(collection), next_page(page), next_page(last)) == (first, second, None)
    assert item_uris(page) + item_uris(last) == ["https://a.example/2", "https://a.example/1"]
    assert total_items(collection) == 2
    assert last["prev"] == first
    assert all(is_collection(doc) for doc in (collection, page, last))


def test_the_url_of_a_page_has_no_query_string() -> None:
    assert page_uri(OUTBOX, 17) == OUTBOX + "/page/17"
    assert "?" not in page_uri(OUTBOX, "first")


def test_a_private_collection_tells_nothing_but_its_number() -> None:
    document = collection_document(OUTBOX, total=3)
    assert {key for key in document if key != "@context"} == {"id", "type", "totalItems"}
    assert "totalItems" not in collection_document(OUTBOX, total=None)
    assert collection_document(OUTBOX, total=0, items=[])["orderedItems"] == []


def test_items_may_stand_in_the_first_page_that_is_embedded() -> None:
    doc = {"type": "Collection", "first": {"type": "CollectionPage", "items": ["a:1"], "next": "https://a.example/2"}}
    assert items(doc) == ["a:1"]
    assert next_page(doc) == "https://a.example/2"


def test_a_single_item_and_links_are_understood() -> None:
    doc = {"items": {"type": "Note", "id": "https://a.example/1"}}
    assert items(doc) == [{"type": "Note", "id": "https://a.example/1"}]
    assert items({"items": [{"type": "Link", "href": "https://a.example/2"}, 1, None]}) == ["https://a.example/2"]


@pytest.mark.parametrize("wrong", [None, 1, "x y", [], [None], {"next": 1}, [[1]]])
def test_what_is_no_list_of_items_is_empty(wrong: object) -> None:
    assert item_uris({"items": wrong, "orderedItems": wrong, "first": wrong, "next": wrong}) == []


def test_dos_06_an_endless_page_is_cut() -> None:
    assert len(items({"items": [f"https://a.example/{number}" for number in range(5_000)]})) == 1_000


@pytest.mark.parametrize("link", ["javascript:alert(1)", "file:///etc/passwd", "/relative", 3])
def test_only_http_addresses_lead_on(link: object) -> None:
    assert next_page({"type": "OrderedCollectionPage", "next": link, "orderedItems": ["a:1"]}) is None
