"""The text of a built page comes back with its anchors, steps, code, tables and notes."""

from ingest.markdown.sections import split_sections
from ingest.sources.backstage.page_text import page_markdown

PAGE = """<html><head><title>x</title></head><body><nav>Menu</nav><article class="md-content__inner">
<a class="md-content__button" href="/edit">Edit</a>
<h1 id="probe-co">Probe &amp; co<a class="headerlink" href="#probe-co">&para;</a></h1>
<p>Intro with <code>a `b`</code>, <strong>bold</strong> and
a <a href="sub/other/#two-words">link</a>.</p><script>alert(1)</script>
<h2 id="own-anchor">Two words<a class="headerlink" href="#own-anchor">&para;</a></h2>
<ol start="3"><li>First</li><li><p>Second</p>
<div class="language-bash highlight"><table class="highlighttable"><tr><td class="linenos"><pre>1</pre></td>
<td class="code"><div><pre><span></span><code>payctl<span class="w"> </span>keys  --force
  --twice
</code></pre></div></td></tr></table></div></li></ol>
<ul><li>a<ul><li>b</li></ul></li><li><label><input type="checkbox" checked/></label> done</li></ul>
<table><thead><tr><th>A</th><th>B</th></tr></thead><tbody><tr><td>1</td><td>x | y</td></tr></tbody></table>
<div class="admonition warning"><p class="admonition-title">Take "care"</p><p>Do not <em>drop</em> it.</p></div>
<h2 id="two-words_1">Two words</h2>
<blockquote><p>quoted</p></blockquote>
<div class="tabbed-set"><div class="tabbed-labels"><label>Linux</label></div><div class="tabbed-content">
<div class="tabbed-block"><p>apt</p></div></div></div>
<details class="note"><summary>More</summary>hidden</details>
</article></body></html>"""


def test_a_page_is_cut_at_the_anchors_that_it_has() -> None:
    cuts = split_sections(page_markdown(PAGE)).cuts
    assert [cut.anchor for cut in cuts] == ["", "own-anchor", "two-words_1"]
    assert [cut.heading for cut in cuts] == ["Probe & co", "Two words", "Two words"]
    assert cuts[0].text == "Intro with `` a `b` ``, **bold** and a [link](sub/other/#two-words)."


def test_steps_code_tables_and_notes_stay_whole() -> None:
    _, second, third = split_sections(page_markdown(PAGE)).cuts
    assert [block.kind for block in second.blocks] == ["steps", "list", "table", "admonition"]
    assert "payctl keys  --force\n      --twice" in second.blocks[0].text
    assert second.blocks[0].text.startswith("3. First")
    assert second.blocks[1].text == "- a\n    - b\n- [x] done"
    assert "| 1 | x \\| y |" in second.blocks[2].text
    assert second.blocks[3].text == "!!! warning \"Take 'care'\"\n    Do not *drop* it."
    assert [block.kind for block in third.blocks] == ["quote", "admonition", "admonition"]


def test_definitions_keep_their_terms() -> None:
    text = page_markdown(
        "<article><dl><dt>Batch</dt><dd>One run.</dd><dt>Feed</dt><dd><p>A</p><p>B</p></dd></dl></article>"
    )
    assert text == "Batch\n:   One run.\n\nFeed\n:   A\n\n    B"


def test_scripts_menus_and_line_numbers_are_no_text() -> None:
    text = page_markdown(PAGE)
    assert not [word for word in ("alert", "Menu", "Edit", "¶") if word in text]
    assert "\n1\n" not in text


def test_what_no_reader_sees_is_no_text() -> None:
    hidden = (
        "<p hidden>one</p>",
        '<div style="color:red;DISPLAY : none"><p>two</p></div>',
        "<p>a<span style='visibility:hidden'>three</span></p>",
    )
    text = page_markdown(f"<article><p>shown</p>{''.join(hidden)}<!-- four --></article>")
    assert text == "shown\n\na"


def test_a_page_without_end_tags_or_too_deep_is_still_text() -> None:
    assert page_markdown("<article><p>one<p>two<div>" + "<div>" * 5_000 + "three").startswith("one")
    assert page_markdown("") == ""
