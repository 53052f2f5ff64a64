"""sanitize(): the steps with all sanitizers in them."""

from typing import Final

from sanitizers.registry import SANITIZERS
from sanitizers.steps import UNKNOWN_TYPE, Pipeline, by_type

__all__ = ["UNKNOWN_TYPE", "sanitize"]

sanitize: Final = Pipeline(by_type(SANITIZERS), is_whole=True).sanitize
