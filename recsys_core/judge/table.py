"""Evaluation results as text for people, side by side."""

from recsys_core.judge.result import EvaluationResult


def table(results: dict[str, EvaluationResult]) -> str:
    """Results side by side, masked and unmasked, with intervals."""
    first = next(iter(results.values()))
    lines = [f"{first.data['name']}: {first.tested:,} tested users, {first.items:,} items"]
    for name, result in _with_companions(results):
        lines.append(f"{name}, {result.protocol.name} {result.protocol.hash[:12]}, {result.seeds} seed(s)")
        for view, spans in result.intervals.items():
            figures = "  ".join(
                f"{metric} {spans[metric].mean:.4f} [{spans[metric].low:.4f}, {spans[metric].high:.4f}]"
                for metric in ("recall@5", "ndcg@5", "recall@10", "ndcg@10")
                if metric in spans
            )
            lines.append(f"  {view:9s} {figures}  tied {result.ties[view]['share']:.1%}")
        lines += _doubts(result)
    return "\n".join(lines)


def _doubts(result: EvaluationResult) -> list[str]:
    """What in judged lists was doubtful, and what was done about it."""
    if result.predictions is None:
        return []
    from recsys_core.predictions import DOUBTS

    lines = [f"  {result.predictions['judged_users']:,} of {result.predictions['lists']:,} lists judged"]
    for name, told in DOUBTS.items():
        found = result.predictions[name]
        if found["count"]:
            lines.append(f"  {found['count']:,} {told} (such as {', '.join(found['examples'])})")
    return lines


def _with_companions(results: dict[str, EvaluationResult]) -> list[tuple[str, EvaluationResult]]:
    rows: list[tuple[str, EvaluationResult]] = []
    for name, result in results.items():
        rows.append((name, result))
        if result.beside is not None:
            rows.append((name, result.beside))
    return rows
