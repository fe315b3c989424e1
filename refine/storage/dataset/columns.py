"""The columns of the dataset, described once: for the Parquet schema, the dataset card and the README.

Knows: names, types, units, ranges, what a missing value means. Does not know: where the values come from.
"""

from dataclasses import dataclass
from typing import Literal

from refine.arms import meaning
from refine.metrics import METRICS

Kind = Literal["string", "int64", "float64", "image"]


@dataclass(frozen=True, slots=True)
class DatasetColumn:
    """A column of a config. `kind` is the name of a `datasets` value type, or `image`.

    In an `optional` column values may be missing, and a shard may lack it: it was written before there was the column.
    """

    name: str
    kind: Kind
    meaning: str
    optional: bool = False


ITERATIONS = (
    DatasetColumn("iteration_id", "string", "id of the iteration, unique"),
    DatasetColumn("session_id", "string", "id of the session (one participant's visit)"),
    DatasetColumn("trial_id", "string", "id of the trial (one target in one session)"),
    DatasetColumn("trial", "int64", "number of the trial within the session, from 1"),
    DatasetColumn("target_id", "string", "id of the target, see config `targets`"),
    DatasetColumn("subject", "string", "subject of the target"),
    DatasetColumn("arm", "string", meaning()),
    DatasetColumn("iteration", "int64", "number of the iteration (round) within the trial, from 1"),
    DatasetColumn(
        "rank",
        "int64",
        "the participant's rank of this drawing within the trial; 1 = most similar. It is 1 + the number of drawings ranked "
        "better: drawings with the same `pixel_hash` may share one (1, 2, 2, 4), no others do",
    ),
    DatasetColumn("prompt", "string", "what the participant wrote"),
    DatasetColumn("unread", "string", "the end of the prompt that the text encoders did not read; usually empty"),
    DatasetColumn("picture", "image", "the drawing, lossless"),
    DatasetColumn("pixel_hash", "string", "SHA-256 of width, height (4 bytes each, big-endian) and RGB bytes"),
    *(DatasetColumn(info.id, "float64", info.column, optional=True) for info in METRICS.values()),
    DatasetColumn("drawing_ms", "int64", "time to draw, milliseconds"),
    DatasetColumn("scoring_ms", "int64", "time to compute the scores, milliseconds"),
    DatasetColumn(
        "thinking_ms",
        "int64",
        "time from the previous drawing (or the start of the trial) to this prompt, milliseconds",
    ),
    DatasetColumn("profile", "string", "the weights that drew and compared: `world` or `paper`"),
    DatasetColumn("model", "string", "the model that drew"),
    DatasetColumn("revision", "string", "its revision or edition"),
    DatasetColumn("seed", "int64", "seed of the noise"),
    DatasetColumn("steps", "int64", "denoising steps"),
    DatasetColumn("guidance_scale", "float64", "classifier-free guidance (CFG)"),
    DatasetColumn("width", "int64", "width of the drawing, pixels"),
    DatasetColumn("height", "int64", "height of the drawing, pixels"),
    DatasetColumn("dtype", "string", "number format that the model ran in"),
    DatasetColumn("device", "string", "device that the model ran on"),
    DatasetColumn("versions", "string", "versions of the libraries that drew, JSON"),
    DatasetColumn("protocol_hash", "string", "names the conditions of the study; never pool two"),
    DatasetColumn("date", "string", "UTC date on which the session ended, YYYY-MM-DD"),
)

SESSIONS = (
    DatasetColumn("session_id", "string", "id of the session, unique"),
    DatasetColumn("arm", "string", meaning()),
    DatasetColumn("trials", "int64", "trials in the session"),
    DatasetColumn("iterations_per_trial", "int64", "iterations (rounds) in each trial"),
    DatasetColumn("duration_ms", "int64", "time from enrolment to the last ranking, milliseconds"),
    DatasetColumn("profile", "string", "the weights that drew and compared: `world` or `paper`"),
    DatasetColumn("protocol_hash", "string", "names the conditions of the study; never pool two"),
    DatasetColumn("protocol", "string", "the conditions themselves, JSON"),
    DatasetColumn("consent_version", "string", "version of the consent text that the participant agreed to"),
    DatasetColumn(
        "withdrawal_digest",
        "string",
        "slow hash of the participant's withdrawal code, by which the session can be found and removed",
    ),
    DatasetColumn("date", "string", "UTC date on which the session ended, YYYY-MM-DD"),
)

TARGETS = (
    DatasetColumn("target_id", "string", "id of the target"),
    DatasetColumn("subject", "string", "subject of the target"),
    DatasetColumn(
        "grade",
        "string",
        "how hard the target is said to be, such as `easy`; null where nothing is said",
        optional=True,
    ),
    DatasetColumn("prompt", "string", "the prompt that the target was drawn from, hidden from participants"),
    DatasetColumn("picture", "image", "the target, lossless"),
    DatasetColumn("pixel_hash", "string", "SHA-256 of width, height (4 bytes each, big-endian) and RGB bytes"),
    DatasetColumn("profile", "string", "the weights that drew it: `world` or `paper`"),
    DatasetColumn(
        "protocol_hash",
        "string",
        "the protocol that it was shown under: join with `iterations` on this and `target_id`",
    ),
)

CONFIGS: dict[str, tuple[DatasetColumn, ...]] = {
    "iterations": ITERATIONS,
    "sessions": SESSIONS,
    "targets": TARGETS,
}
