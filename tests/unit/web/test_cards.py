"""Cards count what a page says."""

from __future__ import annotations

from fedgov.web.cards import OrganisationReceipt, Receipt, ReceiptState


def receipt(*states: ReceiptState) -> Receipt:
    return Receipt(
        organisations=tuple(
            OrganisationReceipt(host=f"{number}.example", name="", state=state) for number, state in enumerate(states)
        )
    )


def test_delivered_to_four_of_five_organisations() -> None:
    found = receipt("handed_over", "confirmed", "handed_over", "confirmed", "queued", "withdrawn")
    assert (found.arrived, found.total) == (4, 5)
    assert [each.state for each in found.waiting] == ["queued"]


def test_a_failed_delivery_is_not_delivered() -> None:
    found = receipt("failed")
    assert (found.arrived, found.total) == (0, 1)
    assert found.waiting == found.organisations
