"""What is listed and in which orders: each order has an index that fits it."""

from __future__ import annotations

from ripeline.contacts.lists.wanted import Listing, Sort, Table

# Whoever was merged into another contact is not listed; those have no standing either.
LIVING = "{alias}.merged_into_id IS NULL"

CONTACTS = Listing(
    tables={"c": Table("ripeline_contact", "id"), "s": Table("ripeline_standing", "contact_id")},
    sorts={
        sort.key: sort
        for sort in (
            Sort("score", "s", "{alias}.heat", "number", "standing_heat", by_cells=True),
            Sort("name", "c", "{alias}.sort_name", "text", "contact_name", holds=LIVING),
            Sort(
                "heard", "s", "{alias}.last_inbound_at", "moment", "standing_last_inbound", is_nullable=True
            ),
            Sort("entered", "s", "{alias}.entered_at", "moment", "standing_entered", is_nullable=True),
            Sort("created", "c", "{alias}.created_at", "moment", "contact_created", holds=LIVING),
            # For going through all of them, in an order that nothing done to them changes.
            Sort("id", "c", "{alias}.id", "id", "", holds=LIVING),
        )
    },
)

COMPANIES = Listing(
    tables={"c": Table("ripeline_company", "id")},
    sorts={
        sort.key: sort
        for sort in (
            Sort("name", "c", "{alias}.sort_name", "text", "company_name"),
            Sort("id", "c", "{alias}.id", "id", ""),
        )
    },
)
