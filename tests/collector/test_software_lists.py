"""The lists of software as they lie in files."""

import datetime as dt

import pytest

from schooldrum_collector.commands.software import sample
from schooldrum_collector.speech import Say
from schooldrum_collector.store.office_file import Unusable
from schooldrum_collector.store.software_lists import CATALOGUE_FILE, POLICY_FILE, load, shipped

OWN = '[[product]]\ncode = "so_diem"\nname = "Sổ điểm"\nclass = "exam"\nnames = ["so diem *"]\n'


def test_without_files_the_shipped_list_counts_and_nothing_is_forbidden(tmp_path):
    lists = load(tmp_path)
    assert lists.catalogue.products.keys() == shipped().products.keys()
    assert (lists.has_policy, lists.policy.rules) == (False, ())


def test_an_office_adds_products_and_rules(tmp_path):
    (tmp_path / POLICY_FILE).write_text(f'\ufeff[[rule]]\nforbidden = ["so_diem", "zalo"]\n{OWN}', "utf-8")
    lists = load(tmp_path)
    assert lists.has_policy
    assert lists.catalogue.matches({"program": "Sổ điểm 2", "source": "registry"}) == ("so_diem",)
    assert lists.policy.rules[0].forbidden == ("so_diem", "zalo")


@pytest.mark.parametrize(("days", "newer"), [(1, True), (0, True), (-1, False)])
def test_a_newer_list_of_products_replaces_the_shipped_one(tmp_path, days, newer):
    day = shipped().dated + dt.timedelta(days=days)
    (tmp_path / CATALOGUE_FILE).write_text(f"dated = {day}\n{OWN}", "utf-8")
    assert ("zalo" in load(tmp_path).catalogue.products) is not newer


@pytest.mark.parametrize(
    ("file", "text", "sentence"),
    [
        (POLICY_FILE, '[[rule]]\nforbidden = ["nothing_known"]', "rule 1: 'nothing_known'"),
        (POLICY_FILE, "[[rule]", "no TOML"),
        (POLICY_FILE, "product = 5", "one \\[\\[product\\]\\]"),
        (POLICY_FILE, 'product = ["x"]', "product 1"),
        (POLICY_FILE, OWN.replace("so_diem", "zalo"), "stands there twice, it is that of 'Zalo"),
        (CATALOGUE_FILE, "product = []", "dated"),
        (CATALOGUE_FILE, "a = " + "[" * 5000, "no TOML"),
    ],
)
def test_a_faulty_file_is_named_with_its_entry(tmp_path, file, text, sentence):
    (tmp_path / file).write_text(text, "utf-8")
    with pytest.raises(Unusable, match=sentence) as trouble:
        load(tmp_path)
    assert str(tmp_path / file) in str(trouble.value)


def test_a_file_of_lists_may_say_its_day_as_that_of_the_checks_does(tmp_path):
    (tmp_path / POLICY_FILE).write_text('dated = 2026-11-21\n[[rule]]\nforbidden = ["zalo"]\n', "utf-8")
    assert load(tmp_path).policy.rules[0].forbidden == ("zalo",)


def test_a_file_that_cannot_be_read_is_not_taken_for_none(tmp_path):
    (tmp_path / POLICY_FILE).mkdir()
    with pytest.raises(Unusable, match="cannot be read"):
        load(tmp_path)
    (tmp_path / POLICY_FILE).rmdir()
    (tmp_path / POLICY_FILE).write_bytes(b"\xff\xfe")
    with pytest.raises(Unusable, match="no TOML"):
        load(tmp_path)


@pytest.mark.parametrize("language", ["vi", "en"])
def test_the_sample_can_be_used_as_it_is(tmp_path, language):
    (tmp_path / POLICY_FILE).write_text(sample(Say(language)), "utf-8")
    assert len(load(tmp_path).policy.rules) == 2
