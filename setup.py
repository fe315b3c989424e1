"""What pyproject.toml cannot say of the package: the folder assets/ becomes refine/assets."""

from setuptools import find_packages, setup

setup(
    packages=[*find_packages(include=["refine", "refine.*"]), "refine.assets"],
    package_dir={"refine.assets": "assets"},
    package_data={
        "refine": ["py.typed"],
        "refine.assets": ["consent.md", "paper/**/*", "ui/**/*", "world*/**/*"],
        "refine.storage.journal.migrations": ["versions/*.py"],
    },
)
