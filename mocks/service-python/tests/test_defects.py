import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent.parent
LISTED = re.findall(r"name: ([\w-]+)", (HERE / "defects.yaml").read_text(encoding="utf-8"))


def start(names: str, code: str = "import seam_defects") -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "SEAMSTRESS_DEFECT": names}
    return subprocess.run(
        [sys.executable, "-c", code], cwd=HERE, env=environment, capture_output=True, text=True, check=False
    )


def test_the_list_names_each_defect_once() -> None:
    told = start("", "from seam_defects.registry import EARLY, LATE\nimport seam_defects\nprint(*EARLY, *LATE)")
    assert sorted(told.stdout.split()) == sorted(LISTED)
    assert len(set(LISTED)) == len(LISTED)


def test_each_defect_can_be_laid_over_the_service() -> None:
    # In one process each, without starting an interpreter anew.
    code = (
        "import os, sys\nimport seam_defects, seam_service.app\n"
        "from seam_defects.registry import EARLY, LATE\n"
        "for name, patch in [*EARLY.items(), *LATE.items()]:\n"
        "    child = os.fork()\n"
        "    if not child:\n"
        "        try:\n            patch()\n        except BaseException as error:\n"
        "            print(name, repr(error), flush=True)\n            os._exit(1)\n"
        "        os._exit(0)\n"
        "    os.waitpid(child, 0)\n"
    )
    told = start("", code)
    assert (told.returncode, told.stdout) == (0, ""), told.stderr


@pytest.mark.parametrize("name", ["throtled-as-500", "nothing-like-it"])
def test_an_unknown_defect_ends_the_process(name: str) -> None:
    told = start(name)
    assert told.returncode == 1
    assert f"there is no defect '{name}'" in told.stderr
    assert ("throttled-as-500" in told.stderr) == (name == "throtled-as-500")
