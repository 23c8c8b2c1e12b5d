import recsys_core
from recsys_core import data, judge, world


def test_what_is_promised_exists_and_is_sorted() -> None:
    for package in (recsys_core, data, judge, world):
        names = package.__all__
        assert all(hasattr(package, name) for name in names)
        assert len(set(names)) == len(names)
