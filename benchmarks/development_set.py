"""Builds a development set for search out of public documentation: `python -m benchmarks.development_set PLAN OUT`.

PLAN is a YAML file that names folders of checked-out documentation (see `Project`), each in one of two halves
(`benchmarks/development_set.yaml` is ours, with the questions of `benchmarks/paraphrases.jsonl`):
what is tuned is tuned on `tuning`, what is reported comes from `held-out`. OUT gets a source folder for each
project, ready for `cuebook ingest`, and `questions-HALF.jsonl`. Nothing of OUT belongs into this repository: the
texts are other people's.

Questions of two kinds are made from the texts. `link`: the sentence around a link, asked for what it leads to;
the links of its page to that target lose their target in the copy, so that the index cannot learn the answer
from the question, and its own page does not count among the hits. `keyword`: a name out of code that few
sections hold. Questions that people wrote (`issue`, `paraphrase`) are read from the files that PLAN names.
"""

import argparse
import json
import random
import re
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from ingest.documents import Page, Section
from ingest.markdown.blocks import blocks_of
from ingest.markdown.links import links_of
from ingest.markdown.plain import plain
from ingest.markdown.sentences import sentences
from ingest.page_links import PageLinks
from ingest.sources.folder import read_folder

_MARK = "\ue010"
_NAME = re.compile(
    r"`(--?[a-z][\w-]{4,}|[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+|[a-z]+(?:[A-Z][a-z0-9]+)+|[\w-]+(?:\.[\w-]+){1,4}|[A-Z][a-z]+(?:[A-Z][a-z]+)+)`"
)
_KEYWORD_FORMS = ("{name}", "What is {name} for?", "{name} {heading}")
_OWN_AT_MOST = 6  # pages with the same sentence; more is a notice, not a question
_PER_PAGE = 2  # questions of one kind that one page asks, and that one page answers


@dataclass(frozen=True)
class Project:
    """`folder` is relative to the plan's `root`, checked out of `repository` at `revision`; `only` and `leave_out` are paths below it, `posts` pages that are
    not indexed and whose links ask. `questions` are JSON lines with `kind`, `question`, `path`, `anchor`."""

    name: str
    half: str
    folder: str
    title: str
    repository: str = ""
    revision: str = ""
    only: Sequence[str] = ()
    leave_out: Sequence[str] = ()
    posts: Sequence[str] = ()


@dataclass(frozen=True)
class Question:
    """`relevant` are `[path, anchor]`, the anchor null where only the page is known; `own` is not to be found."""

    kind: str
    project: str
    question: str
    relevant: list[tuple[str, str | None]]
    own: list[str] = field(default_factory=list)

    def line(self) -> str:
        return json.dumps(self.__dict__, ensure_ascii=False)


def copy(project: Project, *, root: Path, into: Path) -> None:
    """The project's Markdown as a source: a catalog descriptor, an `mkdocs.yml`, and its pages."""
    shutil.rmtree(into, ignore_errors=True)
    source = root / project.folder
    for file in sorted((*source.rglob("*.md"), *source.rglob("*.mdx"))):
        path = file.relative_to(source).as_posix()
        if _under(path, project.posts) or (
            _under(path, project.only or [""]) and not _under(path, project.leave_out)
        ):
            kind = "posts" if _under(path, project.posts) else "docs"
            target = (into / kind / path).with_suffix(".md")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(file.read_bytes())
    (into / "mkdocs.yml").write_text(yaml.safe_dump({"site_name": project.title}), encoding="utf-8")
    (into / "catalog-info.yaml").write_text(yaml.safe_dump_all(_entities(project)), encoding="utf-8")


def _entities(project: Project) -> Iterator[Mapping[str, Any]]:
    annotations = {"backstage.io/techdocs-ref": "dir:."}
    for kind, spec in (
        ("Group", {"type": "team", "children": []}),
        ("Component", {"type": "documentation", "lifecycle": "production", "owner": f"{project.name}-team"}),
    ):
        metadata: dict[str, Any] = {"name": f"{project.name}-team" if kind == "Group" else project.name}
        if kind == "Component":
            metadata |= {"title": project.title, "annotations": annotations}
        yield {"apiVersion": "backstage.io/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec}


def _under(path: str, folders: Iterable[str]) -> bool:
    return any(not folder or path == folder or path.startswith(f"{folder}/") for folder in folders)


def link_questions(
    project: Project, folder: Path, pages: Sequence[Page], rng: random.Random, *, most: int
) -> list[Question]:
    """Sentences around links, at most two from a page and two for a page; their links are cut in the copy."""
    links = PageLinks(pages)
    posts = list(_posts(folder / "posts", pages))
    asked: dict[str, list[Question]] = defaultdict(list)
    for page in (*posts, *pages):
        for question, target in _sentences_with_links(project, page, links):
            asked[f"{target.path}"].append(question)
    taken: dict[str, int] = defaultdict(int)
    found: list[Question] = []
    for questions in rng.sample(list(asked.values()), len(asked)):
        rng.shuffle(questions)
        # Links to a section tell more than links to a page.
        questions.sort(key=lambda question: question.relevant[0][1] is None)
        for question in questions[:_PER_PAGE]:
            if taken[question.own[0]] < _PER_PAGE:
                taken[question.own[0]] += 1
                found.append(question)
    found = found[:most]
    said = {page.path: " ".join(plain(page.markdown).split()) for page in pages}
    for question in found:
        question.own.extend(
            path for path, text in said.items() if question.question in text and path not in question.own
        )
        _cut_links(folder, [page for page in pages if page.path in question.own], links, question)
    return [question for question in found if len(question.own) <= _OWN_AT_MOST]


def _posts(folder: Path, pages: Sequence[Page]) -> Iterator[Page]:
    for file in sorted(folder.rglob("*.md")) if folder.is_dir() else ():
        text = file.read_text(encoding="utf-8", errors="replace")
        path = f"../posts/{file.relative_to(folder).as_posix()}"
        yield replace(pages[0], path=path, markdown=text, sections=())


def _sentences_with_links(project: Project, page: Page, links: PageLinks) -> Iterator[tuple[Question, Page]]:
    for block in blocks_of(page.markdown):
        if block.kind not in ("paragraph", "list", "steps"):
            continue
        for link in links_of(block.text):
            found = links.resolve(page, link.target)
            if found is None or found[0] is page:
                continue
            marked = f"{block.text[: link.start]}{link.text}{_MARK}{block.text[link.end :]}"
            sentence = next((one for one in sentences(plain(marked)) if _MARK in one), "")
            sentence = " ".join(sentence.replace(_MARK, "").split())
            if (
                8 <= len(sentence.split()) <= 45
                and not sentence.endswith(":")
                and found[0].path not in ("_index.md", "index.md", "README.md")
            ):
                relevant = [(found[0].path, found[1] or None)]
                yield Question("link", project.name, sentence, relevant, [page.path]), found[0]


def _cut_links(folder: Path, pages: Sequence[Page], links: PageLinks, question: Question) -> None:
    """Replace links to what the question asks for by their words, on the pages that have its sentence."""
    (target, _), *_ = question.relevant
    for page in pages:
        file = folder / "docs" / page.path
        text = file.read_text(encoding="utf-8")
        for link in reversed(list(links_of(text))):
            found = links.resolve(page, link.target)
            if found is not None and found[0].path == target:
                text = text[: link.start] + link.text + text[link.end :]
        file.write_text(text, encoding="utf-8")


def keyword_questions(
    project: Project, pages: Sequence[Page], rng: random.Random, *, most: int
) -> list[Question]:
    """Names out of code spans that at most three sections hold."""
    sections = [section for page in pages for section in page.sections]
    holding: dict[str, list[Section]] = defaultdict(list)
    for section in sections:
        for name in set(_NAME.findall(section.text)):
            holding[name].append(section)
    rare = sorted(name for name, held in holding.items() if len(held) == 1)
    rng.shuffle(rare)
    found: list[Question] = []
    taken: dict[str, int] = defaultdict(int)
    for name in rare:
        (home,) = holding[name]
        held = [section for section in sections if name in section.text]
        if len(held) > 3 or taken[str(home.path)] >= _PER_PAGE:
            continue
        taken[str(home.path)] += 1
        text = _KEYWORD_FORMS[len(found) % len(_KEYWORD_FORMS)].format(name=name, heading=home.title)
        relevant: list[tuple[str, str | None]] = [(str(one.path), one.anchor) for one in held]
        found.append(Question("keyword", project.name, text, relevant))
        if len(found) == most:
            break
    return found


def written_questions(projects: Mapping[str, Sequence[Page]], files: Sequence[Path]) -> Iterator[Question]:
    """Questions that people wrote. Raises `SystemExit` for one whose page or section does not exist."""
    for file in files:
        for line in file.read_text(encoding="utf-8").splitlines():
            asked = json.loads(line)
            places = asked.get("relevant") or [[asked["path"], asked.get("anchor")]]
            for path, anchor in places:
                page = next((one for one in projects[asked["project"]] if one.path == path), None)
                anchors = [section.anchor for section in page.sections] if page else []
                if anchor is not None and anchor not in anchors:
                    raise SystemExit(f"{file}: {path}#{anchor} of {asked['project']} is not there: {anchors}")
                if page is None:
                    raise SystemExit(f"{file}: {path} of {asked['project']} is not there")
            yield Question(
                asked["kind"],
                asked["project"],
                asked["question"],
                [(path, anchor) for path, anchor in places],
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("plan", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--links", type=int, default=60, help="link questions of a project at most")
    parser.add_argument("--names", type=int, default=25, help="keyword questions of a project at most")
    options = parser.parse_args()
    plan = yaml.safe_load(options.plan.read_text(encoding="utf-8"))
    root = options.plan.parent / plan.get("root", ".")
    pages: dict[str, Sequence[Page]] = {}
    questions: list[Question] = []
    projects = [Project(**values) for values in plan["projects"]]
    for project in projects:
        rng = random.Random(f"{project.name}-7")
        folder = options.out / project.half / project.name
        copy(project, root=root, into=folder)
        pages[project.name] = read_folder(folder).pages
        made = link_questions(project, folder, pages[project.name], rng, most=options.links)
        made += keyword_questions(project, pages[project.name], rng, most=options.names)
        questions += made
        print(f"{project.name}: {len(pages[project.name])} pages, {len(made)} questions made")
    files = [options.plan.parent / name for name in plan.get("questions", ())]
    questions += written_questions(pages, files)
    half_of = {project.name: project.half for project in projects}
    for half in sorted(set(half_of.values())):
        lines = [question.line() for question in questions if half_of[question.project] == half]
        (options.out / f"questions-{half}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"{half}: {len(lines)} questions")


if __name__ == "__main__":
    main()
