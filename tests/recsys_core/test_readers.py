from pathlib import Path

import numpy as np
import pytest

from recsys_core.data import Dataset, Interactions
from recsys_core.data.readers import formats, read
from recsys_core.errors import BrokenLine, DataMissing, InvalidData, UnknownStage

U_DATA = "1\t10\t5\t300\n1\t11\t3\t100\n2\t10\t4\t200\n"
PLAYS = "userID\tartistID\tweight\r\n2\t51\t13\r\n3\t52\t7\r\n"


def write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def test_the_formats_are_the_files_of_the_folder() -> None:
    assert formats() == ("hetrec", "ml-100k", "s3rec", "world")


def test_a_sequence_keeps_its_order(tmp_path: Path) -> None:
    data = read(write(tmp_path / "Toys.txt", "1 7 3 9\n2 3 7\n"), "s3rec")
    assert [data.item_ids[item] for item in data.histories.row(0)] == ["7", "3", "9"]
    assert data.ordered


def test_attributes_beside_a_sequence_file_are_read(tmp_path: Path) -> None:
    write(tmp_path / "Toys_item2attributes.json", '{"7": [1, 2], "99": [1]}')
    data = read(write(tmp_path / "Toys.txt", "1 7 3\n"), "s3rec")
    assert data.items[data.item_index("7")].attributes == ("1", "2")
    assert "99" not in data.item_ids


@pytest.mark.parametrize(
    ("text", "number", "value"),
    [
        ("1 2 3\n2 x 3\n", 2, "x"),
        ("1 2 3\n2\n", 2, "2"),
        ("1 2 3\n\n2 3\n", 2, ""),
        ("1 2 0\n", 1, "0"),
        ("1 2\n1 3\n", 2, "1"),
        ("1 -2\n", 1, "-2"),
        ("1 2.5\n", 1, "2.5"),
        ("1 ٣\n", 1, "٣"),
    ],
)
def test_a_broken_sequence_is_told_by_number_and_value(
    tmp_path: Path, text: str, number: int, value: str
) -> None:
    with pytest.raises(BrokenLine) as caught:
        read(write(tmp_path / "Toys.txt", text), "s3rec")
    assert (caught.value.number, caught.value.value) == (number, value)
    assert f"Toys.txt line {number}: {value!r}" in str(caught.value)


def test_bytes_that_are_no_text_are_told_by_line(tmp_path: Path) -> None:
    (tmp_path / "Toys.txt").write_bytes(b"1 2 3\n2 \xff 3\n")
    with pytest.raises(BrokenLine, match="line 2"):
        read(tmp_path / "Toys.txt", "s3rec")


def test_ratings_are_sorted_by_time_within_a_user(tmp_path: Path) -> None:
    write(tmp_path / "u.data", U_DATA)
    data = read(tmp_path, "ml-100k")
    assert [data.item_ids[item] for item in data.histories.row(0)] == ["11", "10"]
    assert data.times is not None
    assert data.times.tolist() == [100, 300, 200]


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("1\t12\t6\t5", "6"),
        ("1\t10\t3", "1\t10\t3"),
        ("1\t12\tnan\t5", "nan"),
        ("1\t10\t5\t300", "1\t10\t5\t300"),
    ],
)
def test_a_broken_rating_is_told_by_number_and_value(tmp_path: Path, line: str, value: str) -> None:
    write(tmp_path / "u.data", f"{U_DATA}{line}\n")
    with pytest.raises(BrokenLine) as caught:
        read(tmp_path, "ml-100k")
    assert (caught.value.number, caught.value.value) == (4, value)


def test_play_counts_have_no_order(tmp_path: Path) -> None:
    write(tmp_path / "user_artists.dat", PLAYS)
    data = read(tmp_path, "hetrec")
    assert not data.ordered
    assert data.weights is not None
    assert data.weights.tolist() == [13, 7]


def test_a_tag_that_fewer_than_three_people_gave_is_no_attribute(tmp_path: Path) -> None:
    write(tmp_path / "user_artists.dat", PLAYS)
    rows = "".join(f"{user}\t51\t8\t1\t1\t2009\r\n" for user in (2, 3, 4)) + "2\t51\t9\t1\t1\t2009\r\n"
    header = "userID\tartistID\ttagID\tday\tmonth\tyear\r\n"
    write(tmp_path / "user_taggedartists.part1.dat", header + rows)
    data = read(tmp_path, "hetrec")
    assert data.items[data.item_index("51")].attributes == ("8",)


@pytest.mark.parametrize(
    ("text", "number"),
    [("2\t51\t13\n", 1), (PLAYS + "2\t51\t1\r\n", 4), (PLAYS + "9\t51\r\n", 4), (PLAYS + "9\t51\t-4\r\n", 4)],
)
def test_a_broken_play_count_is_told_by_number(tmp_path: Path, text: str, number: int) -> None:
    write(tmp_path / "user_artists.dat", text)
    with pytest.raises(BrokenLine) as caught:
        read(tmp_path, "hetrec")
    assert caught.value.number == number


@pytest.mark.parametrize("format", ["s3rec", "ml-100k", "hetrec", "world"])
def test_missing_data_is_named(tmp_path: Path, format: str) -> None:
    with pytest.raises(DataMissing, match="nowhere"):
        read(tmp_path / "nowhere", format)


def test_an_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidData, match="Toys holds no interaction"):
        read(write(tmp_path / "Toys.txt", ""), "s3rec")


def test_an_unknown_format_names_those_that_exist(tmp_path: Path) -> None:
    with pytest.raises(UnknownStage, match="'csv'; known are hetrec, ml-100k, s3rec"):
        read(tmp_path, "csv")


def test_dense_indices_do_not_tell_when_an_item_first_appeared() -> None:
    ids = [str(number) for number in range(2_000)]
    data = Dataset.build("x", Interactions(["u"] * 2_000, ids), ordered=True)
    appearance = [int(item) for item in data.item_ids]
    assert abs(np.corrcoef(appearance, np.arange(2_000))[0, 1]) < 0.1


def test_the_content_hash_follows_content() -> None:
    first = Dataset.build("a", Interactions(["u", "u"], ["1", "2"]), ordered=True)
    again = Dataset.build("b", Interactions(["u", "u"], ["1", "2"]), ordered=True)
    other = Dataset.build("a", Interactions(["u", "u"], ["2", "1"]), ordered=True)
    assert first.hash == again.hash != other.hash


def test_data_cannot_be_changed_in_place() -> None:
    data = Dataset.build("a", Interactions(["u", "u"], ["1", "2"]), ordered=True)
    with pytest.raises(ValueError, match="read-only"):
        data.histories.items[0] = 1


@pytest.mark.slow
def test_public_counts_equal_the_published_ones(public: Path) -> None:
    found = read(public / "s3rec" / "Toys_and_Games.txt", "s3rec")
    assert (len(found.user_ids), len(found.items), found.interactions) == (19_412, 11_924, 167_597)
    films = read(public / "ml-100k", "ml-100k")
    assert (len(films.user_ids), len(films.items), films.interactions) == (943, 1_682, 100_000)
    artists = read(public / "hetrec-lastfm", "hetrec")
    assert (len(artists.user_ids), len(artists.items), artists.interactions) == (1_892, 17_632, 92_834)
