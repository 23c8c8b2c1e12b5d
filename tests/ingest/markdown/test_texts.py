"""What is embedded, searched and quoted of a page."""

import pytest

from ingest.markdown import plain, sentences


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ('See [the *docs*](a.md "t") and ![a chart](x.png).', "See the docs and a chart."),
        ("Run `make **x**` & **stop** it, snake_case_name.", "Run make **x** & stop it, snake_case_name."),
        ("a <!-- secret --> b<br/>c &amp; d", "a  bc & d"),
        ("<script>\nalert(1)\n</script>after", "after"),
        ("## Title ##\n> quoted\n- [x] done", "Title ##\nquoted\n- [x] done"),
        ('!!! warning "Mind"\n    the gap\n??? tip\n    more', "Mind\nthe gap\nTip\nmore"),
        ("| a | b |\n|---|:-:|\n| `1|2` | 3 |", "a | b\n\n1|2 | 3"),
        ("```python title='x'\nx = [1](2)\n```\nend", "x = [1](2)\nend"),
        ("[ref][1] and note[^2].\n\n[1]: https://x.example\n*[API]: interface", "ref and note."),
        ("Text {: .wide } here\n![i](u){ width=3 }", "Text  here\ni{ width=3 }"),
        (r"\*literal\* <https://x.example/a>", "*literal* https://x.example/a"),
        ('{{< note title="Mind" >}} the gap {{< /note >}} `{{< kept >}}`', "Mind the gap  {{< kept >}}"),
        (
            ':::tip Do\nthis\n:::\n\nimport Tabs from "@theme/Tabs";\n\n<Tabs groupId="os">now</Tabs>',
            "this\n\nnow",
        ),
        ("```mdx\n:::tip\nimport a from 'b'\n```", ":::tip\nimport a from 'b'"),
        ("", ""),
    ],
)
def test_plain_text_is_what_a_reader_sees(markdown: str, text: str) -> None:
    assert plain(markdown) == text


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Since v1.2.3 it takes 0.5 s. Then more.", ["Since v1.2.3 it takes 0.5 s.", "Then more."]),
        ("Use a cache, e.g. Redis. See Fig. 3.", ["Use a cache, e.g. Redis.", "See Fig. 3."]),
        ("Run `a. B` now. `c` is next.", ["Run `a. B` now.", "`c` is next."]),
        ('See [x. Y](a.md "B. C"). Go on.', ['See [x. Y](a.md "B. C").', "Go on."]),
        ("Lines\nwrap here. Next.", ["Lines\nwrap here.", "Next."]),
        ("- one. Two\n- [ ] three\n2. four", ["one.", "Two", "three", "four"]),
        ("| a | b |\n|---|---|\n| 1. X | 2 |", ["| a | b |", "| 1. X | 2 |"]),
        ("Do:\n\n```sh\na. B\n\nc\n```\nDone.", ["Do:", "```sh\na. B\n\nc\n```", "Done."]),
        ('!!! note "Title"\n    Body. More.', ['note "Title"\n    Body.', "More."]),
        ("Shown <!-- not. This --> here.", ["Shown", "here."]),
        ("***", []),
    ],
)
def test_sentences_are_found_as_they_stand(text: str, found: list[str]) -> None:
    assert list(sentences(text)) == found
    assert all(sentence in text for sentence in sentences(text))
