"""The dataset card: what people, and the `datasets` library, need to know to load the data.

Knows: the form of a card. Does not know: any row.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml
from datasets import Features

from refine.flow.stopping import rule_of
from refine.metrics import METRICS
from refine.protocol import read_protocol
from refine.storage.dataset.columns import CONFIGS
from refine.storage.dataset.stats import Count, Stats


@dataclass(frozen=True, slots=True)
class Notice:
    """What a card says that is not counted: the licence (an identifier of the Hub) and consent texts by version."""

    licence: str = "cc-by-4.0"
    consents: Mapping[str, str] = field(default_factory=dict)


WEIGHTS = {
    "world": (
        "drawn by the small weights of the embedded world (Apache-2.0, with artwork from Fluent Emoji, MIT, Copyright (c) "
        "Microsoft Corporation)"
    ),
    "paper": "drawn by Stable Diffusion 3 medium (Stability AI Community License)",
}

ERASED = "Rows and pictures were removed, from the history as well."

APPENDED = "Every shard is written once, is named by its content, and is never changed; new sessions are new shards."
COMPACTED = "This is a compacted copy for reading: nothing is added to it, and nobody can withdraw from it."

TEXT = """
# Thousand Prompts: the data

Sessions of an online study of iterative prompt refinement: a participant is shown a target picture, writes a prompt,
a diffusion model draws it, image-similarity metrics compare the drawing with the target, and after the last round the
participant ranks the drawings. It reproduces [arXiv 2504.20340](https://arxiv.org/abs/2504.20340) and carries it to a
crowd.

```python
from datasets import load_dataset

iterations = load_dataset("{name}", "iterations", split="train")  # or "sessions", "targets"
```

## What is in it

{counts}

![How often each round's drawing was ranked most similar](first_choices.svg)

**Withdrawn:** {withdrawn}

{shards} Metric values
are raw, as the metric's library returns them. **Never pool rows of two values of `protocol_hash`**: they were made
under different conditions, which column `protocol` of `sessions` tells in full. Where a drawing differs from its target is not
kept: `python -m refine.similarity TARGET DRAWING --map OUT` computes it again from the columns `picture`.

## Columns

{columns}
## What participants agreed to

{consents}
## Known limits

- Participants are volunteers who found the study online. They are not a sample of any population, and nobody checked
  that each took part once: the dataset knows sessions, not people.
- Prompts are published as they were written. Participants were asked to write nothing about themselves or others.
- Durations come from the server. `duration_ms` of a session holds the time that drawings waited in a line; the
  durations of an iteration do not. There is no time of day in the data, but the Hub shows when a commit was made.
- Sessions that were not finished are not in it, so whoever gave up is missing.
- The seed of all drawings is the same: two drawings of one prompt under one protocol are the same picture.
- Copies that others made before a withdrawal cannot be called back. If you keep a copy, please load it anew now and then.

## Licence and citation

Licence: {licence}. Please cite this dataset, and the study it reproduces:

```bibtex
@misc{{thousandprompts,
  title        = {{Thousand Prompts: sessions of iterative prompt refinement}},
  author       = {{{{The Thousand Prompts contributors}}}},
  year         = {{{year}}},
  howpublished = {{{published}}}
}}
@article{{trinh2025picture,
  title   = {{A Picture is Worth a Thousand Prompts? Efficacy of Iterative Human-Driven Prompt Refinement in Image
             Regeneration Tasks}},
  author  = {{Trinh, Khoi and Seidenberger, Scott and Wijewickrama, Raveen and Jadliwala, Murtuza and Maiti, Anindya}},
  journal = {{arXiv preprint arXiv:2504.20340}},
  year    = {{2025}}
}}
```
"""


def card(features: Mapping[str, Features], stats: Stats, notice: Notice, name: str) -> str:
    """The text of the dataset's README.md. `name` is what `load_dataset` is given: `owner/name` or a folder.

    Its YAML names no splits and no numbers of rows: a new shard would make them untrue, and loading fail.
    """
    front = {
        "license": notice.licence,
        "pretty_name": "Thousand Prompts",
        "language": ["en"],
        "task_categories": ["text-to-image"],
        "tags": ["user-study", "image-similarity", "prompt-engineering", "human-feedback"],
        "configs": [
            {
                "config_name": config,
                "data_files": [{"split": "train", "path": f"data/{config}/*.parquet"}],
                **({"default": True} if config == "iterations" else {}),
            }
            for config in features
        ],
        "dataset_info": [
            {"config_name": config, "features": columns._to_yaml_list()} for config, columns in features.items()
        ],
    }
    withdrawn = len(stats.withdrawn)
    text = TEXT.format(
        name=name,
        counts="\n\n".join(map(_paragraph, stats.counts, stats.counts.values())) or "No session yet.",
        withdrawn="nobody." if not withdrawn else f"{_number(withdrawn, 'session')}. {ERASED}",
        shards=COMPACTED if stats.compacted else APPENDED,
        columns=columns_table(),
        consents="".join(map(_consent, stats.consents, stats.consents.values())) or "The text is not known.\n",
        licence=notice.licence.upper(),
        published=f"Hugging Face dataset {name}" if name.count("/") == 1 else "Dataset",
        year=max((count.until[:4] for count in stats.counts.values()), default="2026"),
    )
    return f"---\n{yaml.safe_dump(front, sort_keys=False)}---\n{text}"


def columns_table() -> str:
    """The columns of all configs as Markdown tables."""
    sections = []
    for config, columns in CONFIGS.items():
        rows = "\n".join(f"| `{column.name}` | {column.kind} | {column.meaning} |" for column in columns)
        sections.append(f"#### `{config}`\n\n| column | type | meaning |\n| --- | --- | --- |\n{rows}\n")
    return "\n".join(sections)


def _paragraph(protocol_hash: str, count: Count) -> str:
    protocol = read_protocol(json.loads(count.protocol))
    drawing = protocol.drawing
    target_seed = "" if protocol.target_seed is None else f" (targets {protocol.target_seed})"
    weights = WEIGHTS.get(count.profile, "drawn by weights as column `model` names them")
    credits = [METRICS[name].credit if name in METRICS else f"`{name}`" for name in protocol.metrics]
    measures = [f" ({words})" for words in protocol.measures] or [""] * len(protocol.metrics)
    metrics = [f"`{name}`{words}" for name, words in zip(protocol.metrics, measures, strict=True)]
    return (
        f"**Protocol `{protocol_hash}`**: {_number(count.sessions, 'session')}, {_number(count.trials, 'trial')}, "
        f"{_number(count.iterations, 'iteration')}, ended between {count.since} and {count.until}. "
        f"Profile `{count.profile}`: {weights}; compared by {', '.join(credits)}. Model `{drawing.model}` ({drawing.revision}), seed {drawing.seed}{target_seed}, "
        f"{drawing.steps} steps, CFG {drawing.guidance_scale:g}, {drawing.width} x {drawing.height} pixels; "
        f"{rule_of(protocol.stopping).label} a trial, {_number(protocol.trials, 'trial')} a session, arms: "
        f"{', '.join(f'`{arm}`' for arm in protocol.arms)}; metrics {', '.join(metrics)}."
    )


def _number(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'s' * (count != 1)}"


def _consent(version: str, text: str) -> str:
    if not text:
        return f"Version `{version}`: the text is not known any more.\n\n"
    quoted = "\n".join(f"> {line}".rstrip() for line in text.strip().splitlines())
    return f"Version `{version}`:\n\n{quoted}\n\n"
