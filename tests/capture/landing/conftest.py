"""Each test has a folder of files of its own."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def folder_of_its_own(settings: Any, tmp_path: Path) -> None:
    settings.CONFIG = settings.CONFIG.model_copy(update={"data_dir": tmp_path})
