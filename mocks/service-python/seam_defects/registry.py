"""Defects by name. Each is a patch of one place of the service, laid over it before it starts."""

import difflib
import sys
from collections.abc import Callable
from typing import Any

Patch = Callable[[], None]
EARLY: dict[str, Patch] = {}
# Those that patch what only stands once the operations are offered.
LATE: dict[str, Patch] = {}


def defect(name: str, *, late: bool = False) -> Callable[[Patch], Patch]:
    """Registers a patch under the name of its defect."""

    def register(patch: Patch) -> Patch:
        (LATE if late else EARLY)[name] = patch
        return patch

    return register


def replace(original: Any, new: Any) -> None:
    """Puts something in the place of a function or a value, in every module that has it."""
    for name, module in list(sys.modules.items()):
        if name.startswith("seam_service"):
            for attribute, value in list(vars(module).items()):
                if value is original:
                    setattr(module, attribute, new)


def wanted(names: str) -> list[str]:
    """The defects that are asked for; ends the process where there is no such defect."""
    asked = [name.strip() for name in names.split(",") if name.strip()]
    known = [*EARLY, *LATE]
    for name in asked:
        if name not in known:
            near = difflib.get_close_matches(name, known, 3)
            hint = f"; near it: {', '.join(near)}" if near else ""
            sys.exit(f"error: SEAMSTRESS_DEFECT: there is no defect {name!r}{hint}. defects.yaml lists them")
    return asked
