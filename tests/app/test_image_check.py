"""What the browser refuses, it refuses by the server's limits and with the server's words."""

import json
import re

import pytest

from vitrine.app.image_check import check_batch_before_upload, check_before_upload
from vitrine.app.uploads import MAX_UPLOAD_BYTES, refusal, say_limits
from vitrine.data.sources.archives import SUFFIXES
from vitrine.ui.texts import load_texts


def limits_of(script):
    return json.loads(re.search(r"const limits = (\{.*\});\n", script)[1])


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_script_holds_the_limit_and_the_words_of_the_server(language):
    texts = load_texts(language)
    limits = limits_of(check_before_upload(texts))
    assert limits["bytes"] == MAX_UPLOAD_BYTES == 50 * 1024 * 1024
    assert limits["advice"] == say_limits(texts)
    filled = limits["message"].replace("NAME", "a.txt").replace("REASON", limits["notAPicture"])
    assert filled.replace("ADVICE", limits["advice"]) == refusal(
        "a.txt", texts("app.refusal.not_a_picture"), say_limits(texts), texts
    )


def test_every_word_that_the_script_asks_for_is_there():
    for script in (check_before_upload(load_texts("en")), check_batch_before_upload(load_texts("fr"))):
        assert set(re.findall(r"limits\.(\w+)", script)) == set(limits_of(script))
        assert {"SIZE", "MOST"} <= set(limits_of(script)["tooLarge"].split())


def test_archives_may_be_chosen_where_many_pictures_are_and_nowhere_else():
    one, many = (limits_of(check(load_texts("en"))) for check in (check_before_upload, check_batch_before_upload))
    assert (one["picturesOnly"], one["archives"]) == (True, [])
    assert not many["picturesOnly"]
    assert many["archives"] == list(SUFFIXES)
    assert many["archiveBytes"] > many["bytes"] == one["bytes"]
    assert ".zip" in many["accept"]
    assert ".zip" not in one["accept"]
