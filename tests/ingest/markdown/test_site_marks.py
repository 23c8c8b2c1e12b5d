"""What Hugo, Docusaurus and MDX write between the words is read as markup, and code stays as it is."""

import time

import pytest

from ingest.markdown.site_marks import says_nothing, without_site_marks


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("{{< note >}}\nUse it.\n{{< /note >}}", "Use it."),
        ('A {{< glossary_tooltip text="Pod" term_id="pod" >}} runs.', "A Pod runs."),
        ("{{% tab title='Linux' %}}", "Linux"),
        (":::note Title\nHello.\n:::", "Hello."),
        (":::tip[My tip]\nHello.\n::::", "Hello."),
        ("import Tabs from '@theme/Tabs';\nHello.", "Hello."),
        ("import {\n  A,\n  B,\n} from 'x'\nHello.", "Hello."),
        ("export const size = 3;\nHello.", "Hello."),
        ('<Tabs groupId="os">\n<TabItem value={{a: 1}}>\nHello.\n</TabItem>\n</Tabs>', "Hello."),
        ("<Tip>Do this.</Tip>", "Do this."),
        ("<Version />Hello.{/* a comment */}", "Hello."),
    ],
)
def test_marks_go_and_words_stay(written: str, read: str) -> None:
    assert without_site_marks(written).strip() == read


@pytest.mark.parametrize(
    "prose",
    [
        "Use <Name> here, or <Producer>-<Day>.",
        "A Map<String, Object> of List<String>.",
        "import the module from the folder",
        "export the table",
        "{{ .Values.image }} is filled in",
        "std::vector ::: none",
        "The ratio is 3:::1.",
    ],
)
def test_placeholders_templates_and_plain_words_are_no_marks(prose: str) -> None:
    assert without_site_marks(prose) == prose


@pytest.mark.parametrize("marks", [":::", "{{< /note >}}", "<Tabs>\n", "import A from 'a'"])
def test_marks_alone_say_nothing(marks: str) -> None:
    assert says_nothing(marks)


@pytest.mark.parametrize(
    "piece", ["<A ", "{{<", "{/*", '<A a="', "<A a=b ", "import a,\n", "<A a={{", ":::a "]
)
def test_marks_that_never_end_cost_no_more_than_their_length(piece: str) -> None:
    start = time.process_time()

    without_site_marks(piece * 3_000)

    assert time.process_time() - start < 2
