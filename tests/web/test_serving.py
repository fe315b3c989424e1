"""Downloads over HTTP: files to keep, and a sentence when they are gone."""

import pytest

from refine.live.results import Selection
from refine.web.serving import GONE
from tests.test_study import finish


@pytest.fixture
def ready(site):
    site.code = finish(site.study, site.study.enrol(consent=True)).session.withdrawal_code
    return site.downloads.prepare(site.findings, Selection(site.study.protocol.hash), "a test", simulated=False)


def test_a_download_is_a_file_that_nobody_in_between_keeps(site, ready):
    for name in ready.names:
        answer = site.http.get(f"/downloads/{ready.key}/{name}")
        assert answer.status_code == 200
        assert answer.headers["content-disposition"] == f'attachment; filename="{name}"'
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"


def test_after_a_withdrawal_its_address_leads_nowhere_and_says_so(site, ready):
    site.study.withdraw(site.code)
    answer = site.http.get(f"/downloads/{ready.key}/{ready.names[0]}")
    assert (answer.status_code, answer.text) == (404, GONE)


@pytest.mark.parametrize("path", ["x/y", "../journal.sqlite", "%2e%2e/journal.sqlite", "x/..%2f..%2fjournal.sqlite"])
def test_an_address_of_nothing_leads_nowhere(site, path):
    assert site.http.get(f"/downloads/{path}").status_code == 404
