"""The dataset card: what people, and the `datasets` library, need to know to load the data.

Knows: the form of a card. Does not know: any row.
"""

from collections.abc import Mapping

import yaml
from datasets import Features

from refine.storage.columns import CONFIGS

TEXT = """
# Thousand Prompts: the data

Sessions of an online study of iterative prompt refinement: a participant is shown a target picture, writes a prompt,
a diffusion model draws it, image-similarity metrics compare the drawing with the target, and after the last round the
participant ranks the drawings. It reproduces arXiv 2504.20340 and carries it to a crowd.

```python
from datasets import load_dataset

iterations = load_dataset("owner/name", "iterations", split="train")  # or the path of this folder
```

Every shard is written once and never changed; new sessions are new shards. A participant who withdraws disappears.
There are no names, accounts or addresses in it, no time of day, and no free text other than prompts.
Metric values are raw, as the metric's library returns them. Never pool rows of two values of `protocol_hash`.

{columns}
## Licence and citation

CC BY 4.0. Please cite this dataset, and the study it reproduces:

```bibtex
@article{{trinh2025picture,
  title   = {{A Picture is Worth a Thousand Prompts? Efficacy of Iterative Human-Driven Prompt Refinement in Image
             Regeneration Tasks}},
  author  = {{Trinh, Khoi and Seidenberger, Scott and Wijewickrama, Raveen and Jadliwala, Murtuza and Maiti, Anindya}},
  journal = {{arXiv preprint arXiv:2504.20340}},
  year    = {{2025}}
}}
```
"""


def card(features: Mapping[str, Features]) -> str:
    """The text of the dataset's README.md, given the features of each config.

    It names no counts and no splits: a new shard must not make it untrue.
    """
    front = {
        "license": "cc-by-4.0",
        "pretty_name": "Thousand Prompts",
        "tags": ["user-study", "text-to-image", "image-similarity", "prompt-engineering"],
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
    return f"---\n{yaml.safe_dump(front, sort_keys=False)}---\n{TEXT.format(columns=columns_table())}"


def columns_table() -> str:
    """The columns of all configs as Markdown tables."""
    sections = []
    for config, columns in CONFIGS.items():
        rows = "\n".join(f"| `{column.name}` | {column.kind} | {column.meaning} |" for column in columns)
        sections.append(f"#### `{config}`\n\n| column | type | meaning |\n| --- | --- | --- |\n{rows}\n")
    return "\n".join(sections)
