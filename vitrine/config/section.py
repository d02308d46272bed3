"""What all sections of a recipe share: the base class, and ways of writing values that YAML readers know."""

from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

Share = Annotated[float, Field(ge=0, lt=1)]


def _read_switch(value: object) -> object:
    """`on`, `off`, `yes` and `no` mean what they say, as in the first YAML."""
    return {"on": True, "yes": True, "off": False, "no": False}.get(str(value).lower(), value)


def read_nothing(value: object) -> object:
    """`off`, `no` and `false` choose 'none' where a name is expected."""
    return "none" if str(value).lower() in ("off", "no", "false") else value


def name_switch(value: object) -> object:
    """`yes`, `no`, `true` and `false` choose 'on' and 'off' where these are two names among others."""
    return {"yes": "on", "true": "on", "no": "off", "false": "off"}.get(str(value).lower(), value)


Switch = Annotated[bool, BeforeValidator(_read_switch)]
OptionalSwitch = Annotated[bool | None, BeforeValidator(_read_switch)]


class Section(BaseModel):
    """What all sections share: unknown names are refused, text is not a number, values cannot change later."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)
