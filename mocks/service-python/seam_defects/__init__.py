"""The service with the defects that SEAMSTRESS_DEFECT names: `uvicorn seam_defects:app`."""

import importlib
import os

from . import answers, calls, content, data, errors, flow, once, runtime
from .registry import EARLY, LATE, wanted

__all__ = ["answers", "app", "calls", "content", "data", "errors", "flow", "once", "runtime"]

_names = wanted(os.environ.get("SEAMSTRESS_DEFECT", ""))
for _name in _names:
    if _name in EARLY:
        EARLY[_name]()
_app = importlib.import_module("seam_service.app")
for _name in _names:
    if _name in LATE:
        LATE[_name]()
app = _app.app
