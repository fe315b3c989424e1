"""A folder of targets as the study reads it, made from pictures in memory."""

from refine.target_list import LIST, Entry, write_list


def save_targets(folder, drawn):
    """Write targets with their pictures, (`Target`, RGB picture), into a folder that `load_targets` reads."""
    folder.mkdir(parents=True, exist_ok=True)
    entries = []
    for target, picture in drawn:
        picture.save(folder / f"{target.id}.png")
        entries.append(
            Entry(target.id, target.subject, target.prompt, f"{target.id}.png", target.picture, target.grade)
        )
    write_list(folder / LIST, entries)
