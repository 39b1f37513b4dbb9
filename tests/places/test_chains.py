"""What chains are also called: proposed from an offline list, never taken over."""

from __future__ import annotations

import json

import pytest

from ouidire.errors import BadInput
from ouidire.places.chains import Brand, propose_names, read_brands
from tests.places.shared import SHARED, needs_shared

BANK = {
    "displayName": "Crédit Mutuel",
    "locationSet": {"include": ["fr", "001"]},
    "matchNames": ["cmut"],
    "tags": {"brand": "Crédit Mutuel", "name": "Crédit mutuel", "short_name": "CM", "alt_name": "Crédit Mut;Le Mutuel"},
}
FOUND = Brand("Crédit Mutuel", ("Crédit Mut", "Le Mutuel", "CM", "cmut"), ("fr", "001"), "bank")


@pytest.mark.parametrize(
    "data",
    [
        {"_meta": {}, "nsi": {"brands/amenity/bank": {"properties": {}, "items": [BANK]}}},
        {"properties": {"path": "brands/amenity/bank"}, "items": [BANK]},
    ],
)
def test_the_lists_own_files_are_read(data: object) -> None:
    assert read_brands(json.dumps(data).encode()) == [FOUND]


def test_one_brand_on_each_line_is_read_and_a_broken_line_is_named() -> None:
    line = json.dumps({"path": "brands/amenity/bank", "name": "CM", "match": ["cmut"], "where": ["fr"], "tags": {}})
    assert read_brands(f"{line}\n\n{line}\n".encode()) == [Brand("CM", ("cmut",), ("fr",), "bank")] * 2
    with pytest.raises(BadInput, match="Line 2 cannot be read as JSON"):
        read_brands(f"{line}\n{{oops\n".encode())
    with pytest.raises(BadInput, match="no list of brands"):
        read_brands(b'{"a": 1}')
    with pytest.raises(BadInput, match="no list of brands"):
        read_brands(b"[]")


def test_only_what_we_do_not_listen_for_yet_is_proposed() -> None:
    (proposal,) = propose_names(["credit mutuel", "Autre"], [FOUND], ["Crédit Mutuel", "CM"])
    assert (proposal.ours, proposal.names) == ("credit mutuel", ("Crédit Mut", "Le Mutuel", "cmut"))
    assert propose_names(["CMUT"], [FOUND], ["crédit mutuel", "cm", "cmut", "crédit mut", "le mutuel"]) == []


@needs_shared
def test_a_real_list_knows_other_names_of_real_chains() -> None:
    brands = read_brands((SHARED / "brands-nsi" / "brands_fr_be_ch_qc_world.jsonl").read_bytes())
    assert len(brands) > 3000
    (one, *_) = propose_names(["Super 8"], brands, ["Super 8"])
    assert (one.names, one.brand.category) == (("super 8 by wyndham",), "hotel")
