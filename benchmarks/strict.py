"""The base class of all checked options."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo


class Strict(BaseModel):
    """Immutable values; unknown fields, NaN and infinity are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    @classmethod
    def fields(cls) -> Mapping[str, FieldInfo]:
        """Fields by name; a model whose fields are known at run time only overrides it."""
        return cls.model_fields
