"""Pages whose headings are easy to get wrong."""

TRICKY_PAGES = {
    "repeated.md": "# Setup\n\n## Setup\n\ntext\n\n## Usage\n\n### Setup\n\n## Usage\n\n## Setup_1\n\n## Setup\n",
    "markup.md": (
        "# The `feast` *store* & [its docs](index.md)\n\n"
        "## `spec.replicas` and ``a `tick` ``\n\n## Read **more**: part 1.2\n\n## C++ & C# -- 1/2 (c)\n\n"
        "## An <em>inline</em> tag\n\n## :rocket: Launch\n\n## https://example.com/a?b=c\n\n## snake_case_name\n\n"
        "## Ünïcödé straße 日本\n\n## \\*Escaped\\* and &amp; entity\n\n## A footnote[^1]\n\n## [Ref][r] link\n\n"
        "## ~~Old~~ ^^new^^ ==marked==\n\n## {++added++} words\n\n## ???\n\n##\n\n## Closed ##\n\n#Tight\n\n"
        "## A --> B\n\n## 1st of 2nd\n\n## @mention user@example.com\n\n## www.example.com\n\n"
        "[r]: https://example.com\n[^1]: note\n"
    ),
    "attributes.md": (
        "# Top {#start}\n\n## Named {#named}\n\n## Named\n\n## Class only { .wide }\n\n## Named {: #other .x }\n\n"
        "A paragraph.\n{: #taken }\n\n## Taken\n\nUnderlined {#mine}\n----------\n\n## Mine\n"
    ),
    "underlined.md": "Title\n=====\n\nintro\nPart two\n---\n\n- item\n---\n\n* * *\n\nText\n\n---\n\nLast part\n-\n",
    "fences.md": (
        '# Code\n\n```bash\n# not a heading\n```\n\n~~~\n## nor this\n~~~\n\n````markdown title="x"\n```yaml\n# no\n'
        "---\n```\n````\n\n``` yaml\n---\nhide: true\n---\n\n# no\n```\n\n    # indented code\n\n## After\n\n"
        "```{ .yaml .annotate }\n# (1)!\n```\n\n1. Step\n\n    ```sh\n    # comment\n    ```\n\n"
        "2. Step\n```\n# tight\n```\n\n## Unclosed\n\n```python\n# comment\n"
    ),
    "quoted-fence.md": "# Q\n\n```\n> quoted\n# x\n```\n\n## After\n\n> ```\n> # y\n> ```\n\n## End\n",
    "html.md": (
        "<!-- a\n\n# comment\n\nend -->\n# Page\n\n<div>\n\n# raw\n\n</div>\n\n## One\n\n<div markdown>\n\n## In div\n\n"
        '</div>\n\n<p\n  class="x">\n</p>\n## Two\n\n<details><summary>s</summary>\n\n## Hidden\n\n</details>\n\n'
        '<h2 id="raw">Raw</h2>\n\n## Raw\n\n<pre>\n# pre\n</pre>\n\n## Three\n'
    ),
    "nested.md": (
        '# Nested\n\n!!! note\n\n    ## Same\n\n    text\n\n## Same\n\n=== "Tab"\n\n    ### Same\n\n- item\n\n'
        '  ## Same\n\n> ## Same\n\n## Same\n\n??? tip "More"\n    # Deep\n\n1. one\n# Deep\n\nTerm\n:   ## Same\n\n'
        "## Same\n"
    ),
    "prose.md": (
        "Intro first\nover lines\n\n# Late title\n\ntext # no\n# In the middle\nmore\n\n| a | b |\n|---|---|\n"
        "| # | x |\n\n## Table end\n\na | b\n--|--\nc | d\n\n   ## indented\n\n## 2024 plan, v1.2.3\n\n#hash #tag\n"
    ),
}
