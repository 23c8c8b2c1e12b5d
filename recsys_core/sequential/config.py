"""What can be set about the sequential model."""

from typing import Literal, Self

from pydantic import Field, model_validator

from recsys_core.config import Config

Loss = Literal["sampled_softmax", "full_softmax", "gbce", "bce"]


class SequentialConfig(Config):
    """The defaults are one configuration for every data set; what depends on the data's size follows from it.

    length: how many of the latest items are read. negatives: distinct items drawn for each batch, shared by its
    targets, at most all there are; `bce` draws one for each target instead, and `full_softmax` none. calibration: gBCE's t, 0 for plain BCE and 1 for no
    overconfidence at all. batch_users, batch_targets: a batch ends at whichever comes first.

    epochs: at most so many. patience: give up after so many rounds without a better ndcg@10 on held-out items, a round
    being the epochs that make 50 steps; None trains exactly `epochs` and holds nothing out. minutes: wall-clock budget
    of the whole fitting, the refit included.
    """

    kind: Literal["sequential"] = "sequential"
    dimensions: int = Field(default=64, ge=2, le=1_024)
    blocks: int = Field(default=1, ge=1, le=24)
    heads: int = Field(default=2, ge=1, le=64)
    length: int = Field(default=50, ge=1, le=2_048)
    dropout: float = Field(default=0.5, ge=0, lt=1)
    loss: Loss = "sampled_softmax"
    negatives: int = Field(default=1_024, ge=1, le=1_000_000)
    calibration: float = Field(default=0.75, ge=0, le=1)
    learning_rate: float = Field(default=0.003, gt=0, le=1)
    batch_users: int = Field(default=128, ge=1, le=100_000)
    batch_targets: int = Field(default=2_048, ge=1, le=10_000_000)
    epochs: int = Field(default=200, ge=1, le=100_000)
    patience: int | None = Field(default=10, ge=1, le=10_000)
    validation_users: int = Field(default=10_000, ge=1, le=10_000_000)
    minutes: float = Field(default=20.0, gt=0, le=100_000)

    @model_validator(mode="after")
    def _heads_divide(self) -> Self:
        if self.dimensions % self.heads:
            raise ValueError(f"dimensions = {self.dimensions} cannot be shared by heads = {self.heads}")
        return self
