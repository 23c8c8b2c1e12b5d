"""`cuebook recsys embed-texts`: vectors of what items are called, read by the stage `ann`."""

import json
from pathlib import Path

from recsys_core.data.readers import read
from recsys_core.space import load_space
from tests.registered_models import WORLD
from tests.server.cli.conftest import Cuebook


def test_texts_become_a_space_that_any_protocol_may_read(cuebook: Cuebook, tmp_path: Path) -> None:
    (tmp_path / "world.json").write_text(json.dumps(WORLD))
    given = ("recsys", "embed-texts", "--data", "world.json", "--format", "world", "--out", "texts")
    made = cuebook(*given)
    assert (made.code, "embedding texts " in made.out) == (0, True)
    space = load_space(tmp_path / "texts")
    assert (space.norm, space.lineage.learned, space.lineage.made_by) == ("unit", "", "hashing-256@1")
    assert set(space.items.ids) == set(read(tmp_path / "world.json", "world").item_ids)
    (tmp_path / "ann.toml").write_text('space = "texts"\n')
    for protocol in ("loo-full", "loo-refit"):
        judged = cuebook(
            "recsys", "evaluate", "--data", "world.json", "--format", "world", "--model", "ann", "--config", "ann.toml",
            "--protocol", protocol, "--json",
        )  # fmt: skip
        assert judged.json["metrics"]["masked"]["recall@50"] > 0
    assert cuebook(*given).code == 0  # what is there already is not made again


def test_data_without_texts_is_refused(cuebook: Cuebook, tmp_path: Path) -> None:
    (tmp_path / "Small.txt").write_text("1 1 2 3\n2 1 2\n")
    given = ("recsys", "embed-texts", "--data", "Small.txt", "--format", "s3rec", "--out", "texts")
    refused = cuebook(*given)
    assert (refused.code, "has a title, creator or attribute" in refused.err) == (2, True)
    assert not (tmp_path / "texts").exists()
