"""The sequential model. torch is imported inside the tests: collecting them must not cost every worker its seconds."""

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from recsys_core import World, artifact
from recsys_core.__main__ import main
from recsys_core.candidates.popularity import Popularity
from recsys_core.candidates.sequential import Sequential
from recsys_core.data import Dataset, Histories, Interactions
from recsys_core.errors import InvalidConfig, InvalidData, LibraryMissing, UnknownItem
from recsys_core.judge import Split, judge, load_protocol
from recsys_core.sequential.batches import Batches, cut
from recsys_core.sequential.config import SequentialConfig
from recsys_core.sequential.encoder import Encoder
from recsys_core.sequential.live import LiveListeners
from recsys_core.sources import fit
from recsys_core.stages import configure
from recsys_core.watch import Watch

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="needs torch: make training"
)
SMALL = SequentialConfig(
    dimensions=16, negatives=128, dropout=0.2, learning_rate=0.01, epochs=12, patience=None
)
TINY = SMALL.model_copy(update={"dimensions": 4, "negatives": 8, "epochs": 5, "batch_users": 8})


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """As in training: on matrices as small as these, threads only get into each other's way."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def fitted(parts: Split) -> Sequential:
    model = fit(SMALL, parts.train)
    assert isinstance(model, Sequential)
    return model


@pytest.fixture(scope="module")
def sequences() -> Histories:
    rng = np.random.default_rng(0)
    return Histories.of(
        [rng.permutation(20)[: rng.integers(3, 9)].tolist() for _ in range(24)], item_count=20
    )


def test_numpy_and_torch_compute_the_same() -> None:
    import torch

    from recsys_core.sequential.network import Network

    config = SequentialConfig(dimensions=24, blocks=2, heads=3, length=7)
    network = Network(config, 30).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    rows = [[1], [2, 3, 4], list(range(7)), list(range(19)), [5, 5, 5]]
    weights = {name: tensor.numpy() for name, tensor in network.state_dict().items()}
    ours = Encoder(weights, heads=3).encode(Histories.of(rows, item_count=30))
    for row, vector in zip(rows, ours, strict=True):
        items = torch.tensor([[*row[-7:], 0, 0]])  # padding must not show
        with torch.no_grad():
            theirs = network(items, torch.tensor([len(row[-7:])]))[0, len(row[-7:]) - 1]
        np.testing.assert_allclose(vector, theirs.numpy(), atol=1e-4)


def test_sampled_softmax_over_all_items_is_the_full_softmax() -> None:
    import torch

    from recsys_core.sequential.losses import full_softmax, sampled_softmax

    wanted = torch.tensor([0, 3, 3, 8, 1])
    found = []
    for sampled in (True, False):
        torch.manual_seed(1)
        hidden, items = torch.randn(5, 4, requires_grad=True), torch.randn(9, 4, requires_grad=True)
        given = (hidden, items, wanted)
        loss = sampled_softmax(*given, torch.arange(9)) if sampled else full_softmax(*given, chunk=2)
        loss.backward()
        found.append([each.numpy() for each in (loss.detach(), hidden.grad, items.grad)])
    for ours, theirs in zip(*found, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)


def test_sampled_softmax_estimates_the_full_softmax_from_a_part() -> None:
    """exp(loss) is linear in the sum over the negatives, so its mean over draws is the full one."""
    import torch

    from recsys_core.sequential.losses import full_softmax, sampled_softmax

    torch.manual_seed(1)
    hidden, items, wanted = torch.randn(1, 4), torch.randn(50, 4), torch.tensor([7])
    draws = [torch.randperm(50)[:10].sort().values for _ in range(500)]
    mean = torch.stack([sampled_softmax(hidden, items, wanted, drawn).exp() for drawn in draws]).mean()
    assert float(mean) == pytest.approx(float(full_softmax(hidden, items, wanted).exp()), rel=0.05)


@pytest.mark.parametrize("loss", ["sampled_softmax", "full_softmax", "gbce", "bce"])
def test_every_loss_goes_down(loss: str, sequences: Histories) -> None:
    from recsys_core.sequential.learner import Learner

    learner = Learner(sequences, TINY.model_copy(update={"loss": loss}), seed=0)
    epochs = [
        np.mean(
            [
                learner.step(rows, epoch=epoch, step=step)
                for step, rows in enumerate(learner.batches.epoch(epoch))
            ]
        )
        for epoch in range(12)
    ]
    assert np.mean(epochs[-3:]) < 0.99 * np.mean(epochs[:3])


def test_adam_takes_the_steps_of_the_paper() -> None:
    import torch

    from recsys_core.sequential.adam import Adam

    parameter = torch.tensor([1.0, -2.0, 0.5], requires_grad=True)
    adam = Adam({"x": parameter}, rate=0.1)
    place, mean, square = np.array([1.0, -2.0, 0.5]), np.zeros(3), np.zeros(3)
    for step in range(1, 6):
        (parameter**3).sum().backward()
        gradient = 3 * place**2
        mean, square = 0.9 * mean + 0.1 * gradient, 0.98 * square + 0.02 * gradient**2
        place = place - 0.1 * (mean / (1 - 0.9**step)) / (np.sqrt(square / (1 - 0.98**step)) + 1e-8)
        adam.step()
    np.testing.assert_allclose(parameter.detach().numpy(), place, rtol=1e-4)


def test_gbce_lies_between_bce_and_no_overconfidence() -> None:
    from recsys_core.sequential.losses import gbce_power

    assert gbce_power(0.1, 0.0) == pytest.approx(1)
    assert gbce_power(0.1, 1.0) == pytest.approx(0.1)


@settings(max_examples=40, deadline=None)
@given(lengths=st.lists(st.integers(0, 23), min_size=1, max_size=6), length=st.integers(1, 7))
def test_every_transition_is_in_exactly_one_window(lengths: list[int], length: int) -> None:
    rows = [list(range(place * 30, place * 30 + size)) for place, size in enumerate(lengths)]
    windows = cut(Histories.of(rows, item_count=200), length)
    assert all(2 <= size <= length + 1 for size in windows.lengths)
    found = [pair for row in range(len(windows)) for pair in pairwise(windows.row(row).tolist())]
    assert sorted(found) == sorted(pair for row in rows for pair in pairwise(row))


def test_an_epoch_takes_every_window_once_and_another_epoch_in_another_order(sequences: Histories) -> None:
    batches = Batches(sequences, TINY.model_copy(update={"batch_targets": 20}), seed=1)
    first, second = batches.epoch(0), batches.epoch(1)
    assert sorted(np.concatenate(first)) == list(range(len(batches.windows)))
    assert not np.array_equal(np.concatenate(first), np.concatenate(second))
    assert max(len(batches.batch(rows, epoch=0, step=0).wanted) for rows in first) <= 20


def test_a_share_of_a_batch_adds_up_to_the_whole(sequences: Histories) -> None:
    for loss in ("sampled_softmax", "bce"):
        batches = Batches(sequences, TINY.model_copy(update={"loss": loss}), seed=1)
        whole = batches.batch(batches.epoch(0)[0], epoch=0, step=0)
        shares = [whole.share(part, 3) for part in range(3)]
        assert sorted(np.concatenate([share.wanted for share in shares])) == sorted(whole.wanted)
        assert all(share.filled.sum() == len(share.wanted) for share in shares)


def test_it_beats_popularity(fitted: Sequential, parts: Split) -> None:
    protocol = load_protocol("loo-full")
    ours = judge(fitted, parts, protocol)["masked"].values["ndcg@10"].mean()
    floor = judge(Popularity.fit(parts.train), parts, protocol)["masked"].values["ndcg@10"].mean()
    assert ours > 1.2 * floor


def test_a_stored_model_scores_as_before_without_torch(
    fitted: Sequential, parts: Split, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    past = parts.histories.slice(0, 9)
    scores = fitted.score(past)
    artifact.save(fitted, tmp_path / "model")
    monkeypatch.setitem(sys.modules, "torch", None)
    loaded = artifact.load(tmp_path / "model")
    assert loaded.config == SMALL
    assert loaded.facts["epochs"] == 12
    assert np.array_equal(loaded.score(past), scores)
    np.testing.assert_allclose(loaded.score(past.slice(4, 5))[0], scores[4], rtol=1e-4, atol=1e-5)
    with pytest.raises(LibraryMissing, match=r"training a sequential model needs torch.*make training"):
        fit(SMALL, parts.train)


def test_who_has_no_history_is_shown_what_is_popular(fitted: Sequential, parts: Split) -> None:
    nobody, one = fitted.score(Histories.of([[], [3]], item_count=len(fitted.item_ids)))
    np.testing.assert_allclose(nobody, np.log1p(parts.train.counts), rtol=1e-6)
    assert np.isfinite(one).all()


@pytest.mark.parametrize("item", [-1, 480])
def test_an_item_outside_the_catalogue_is_named(item: int, fitted: Sequential) -> None:
    with pytest.raises(UnknownItem, match=f"item index {item} is none of the 480"):
        fitted.score(Histories.of([[1, item]], item_count=len(fitted.item_ids)))


def test_epochs_are_chosen_on_held_out_items_and_then_all_is_learned(sequences: Histories) -> None:
    from recsys_core.sequential.training import train

    config = TINY.model_copy(update={"epochs": 200, "patience": 2})
    trained = train(sequences, config)
    assert trained.ended == "patience"
    best = max(figure for _, figure in trained.rounds)
    assert trained.epochs == next(epoch for epoch, figure in trained.rounds if figure == best)
    alone = train(sequences, config.model_copy(update={"patience": None, "epochs": trained.epochs}))
    assert all(np.array_equal(trained.weights[name], alone.weights[name]) for name in alone.weights)


def test_a_budget_that_is_used_up_ends_training(sequences: Histories) -> None:
    from recsys_core.sequential.training import train

    for patience in (None, 2):
        trained = train(sequences, TINY.model_copy(update={"minutes": 1e-9, "patience": patience}))
        assert (trained.ended, trained.epochs) == ("minutes", 0)


@pytest.mark.parametrize("patience", [None, 1])
def test_a_cancelled_training_goes_on_to_the_very_same_weights(
    patience: int | None, sequences: Histories, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from recsys_core.sequential import telling
    from recsys_core.sequential.training import train

    monkeypatch.setattr(telling, "_EVERY", 0.0)
    config = TINY.model_copy(update={"patience": patience})
    told: list[str] = []
    whole = train(sequences, config, watch=Watch(lambda stage, _, __: told.append(stage)))
    watches = [cancelled_after(steps, tmp_path / "checkpoints") for steps in (2, 3, 4)]
    for watch in watches:
        with pytest.raises(KeyboardInterrupt):
            train(sequences, config, watch=watch)
    for path in sorted((tmp_path / "checkpoints").iterdir())[-1:]:
        (path / "tensors.safetensors").write_bytes(b"cut off")  # a damaged one is passed over
    resumed = train(sequences, config, watch=Watch(checkpoints=tmp_path / "checkpoints"))
    assert whole.rounds == resumed.rounds
    assert all(np.array_equal(whole.weights[name], resumed.weights[name]) for name in whole.weights)
    assert all("targets/s" in stage and "min left" in stage for stage in told)


def cancelled_after(steps: int, checkpoints: Path) -> Watch:
    seen: Iterator[int] = iter(range(steps))

    def progress(stage: str, done: int, total: int) -> None:
        if next(seen, None) is None:
            raise KeyboardInterrupt

    return Watch(progress, checkpoints, seconds=0)


def test_a_listener_s_vector_follows_each_event(fitted: Sequential, parts: Split) -> None:
    ids = fitted.item_ids
    live = LiveListeners(fitted)
    assert np.array_equal(live.query("new"), fitted.queries(Histories.of([[]], item_count=len(ids)))[0])
    live.begin("a", [ids[place] for place in range(60)])
    for place in (70, 71):
        live.heard("a", ids[place])
    with pytest.raises(UnknownItem, match="no item 'unheard' among the 480"):
        live.heard("a", "unheard")
    expected = fitted.queries(Histories.of([[*range(60), 70, 71]], item_count=len(ids)))[0]
    np.testing.assert_allclose(live.query("a"), expected, atol=1e-6)


def test_data_without_order_or_with_nothing_to_learn_from_is_refused(world: World) -> None:
    unordered = Dataset.build("tags", Interactions(["a", "a"], ["1", "2"]), ordered=False)
    with pytest.raises(InvalidData, match="tags has no order"):
        fit(SMALL, unordered)
    short = Dataset.build("short", Interactions(["a", "b"], ["1", "2"]), ordered=True)
    with pytest.raises(InvalidData, match="nobody has two interactions"):
        fit(SMALL, short)
    pair = Dataset.build("pair", Interactions(["a", "a"], ["1", "2"]), ordered=True)
    with pytest.raises(InvalidData, match="nobody has three interactions"):
        fit(SMALL.model_copy(update={"patience": 1}), pair)


def test_an_impossible_configuration_is_refused() -> None:
    with pytest.raises(InvalidConfig, match="dimensions = 10 cannot be shared by heads = 4"):
        configure("candidates", {"kind": "sequential", "dimensions": 10, "heads": 4}, where="run.json")


def test_the_command_keeps_a_budget_and_refuses_one_where_there_is_none(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rng = np.random.default_rng(0)
    lines = [" ".join(map(str, [user + 1, *(1 + rng.permutation(30)[:6])])) for user in range(30)]
    (tmp_path / "Small.txt").write_text("\n".join(lines) + "\n")
    (tmp_path / "run.json").write_text('{"dimensions": 4, "epochs": 1, "patience": null}')
    common = ["evaluate", "--data", str(tmp_path / "Small.txt"), "--format", "s3rec", "--minutes", "1"]
    assert main([*common, "--model", "sequential", "--config", str(tmp_path / "run.json"), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["model"]["config"]["minutes"] == 1
    assert main([*common, "--model", "item_knn"]) == 2
    assert "minutes = 1.0: 'item_knn' is not trained in epochs" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_twenty_kills_change_nothing(tmp_path: Path) -> None:
    config = '{"users": 40, "tracks": 40, "episodes": 10, "audiobooks": 5, "playlists": 0}'
    (tmp_path / "world.json").write_text(config)
    (tmp_path / "train.toml").write_text(
        'name = "sequence"\ndata = {path = "world.json", format = "world"}\n'
        'model = {kind = "sequential", dimensions = 16, negatives = 32, epochs = 20, patience = 3}\n'
    )
    assert int(told("-m", "tests.recsys_core.kill_a_training", str(tmp_path))) == 20


@pytest.mark.integration
@pytest.mark.timeout(600)
def test_two_processes_have_the_losses_of_one() -> None:
    program = ["-m", "tests.recsys_core.learn_together"]
    one, two = (losses_of(*program), losses_of(*TORCHRUN, *program))
    assert len(one) == 50
    np.testing.assert_allclose(two, one, atol=1e-5, rtol=0)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_processes_make_the_artifact_that_one_makes(tmp_path: Path) -> None:
    (tmp_path / "world.json").write_text('{"users": 60, "tracks": 40, "episodes": 10, "audiobooks": 5}')
    (tmp_path / "train.toml").write_text(
        'name = "sequence"\ndata = {path = "world.json", format = "world"}\nmodel = {kind = "sequential", '
        "dimensions = 16, negatives = 32, epochs = 8, dropout = 0.0, patience = 2}\n"
    )
    common = ["--config", str(tmp_path / "train.toml"), "--out"]
    told(*TORCHRUN, "-m", "recsys_core.sequential.together", *common, str(tmp_path / "two"))
    assert main(["train", *common, str(tmp_path / "one")]) == 0
    one, two = (artifact.load(tmp_path / name / "model") for name in ("one", "two"))
    assert one.facts["epochs"] == two.facts["epochs"]
    for name in one.weights:
        np.testing.assert_allclose(two.weights[name], one.weights[name], atol=1e-3)


TORCHRUN = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")


def told(*arguments: str) -> str:
    done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def losses_of(*arguments: str) -> list[float]:
    return [float(loss) for loss in told(*arguments).split()]
