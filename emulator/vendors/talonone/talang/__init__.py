"""Talang, the language of Talon.One rules: compiles expressions and evaluates them.

After the vendor's open-source interpreter (talon-one/talang 38ca351, MIT), read as a reference; where this one
differs on purpose, the function's module says so. Nothing here knows of HTTP, storage or the clock.
"""

from emulator.vendors.talonone.talang.answers import JSON, to_json
from emulator.vendors.talonone.talang.errors import TalangError, TalangLimit
from emulator.vendors.talonone.talang.evaluation import Allowance, Block, Evaluation
from emulator.vendors.talonone.talang.kinds import Kind, Value, kind_name
from emulator.vendors.talonone.talang.program import Program, compile
from emulator.vendors.talonone.talang.scope import Scope
from emulator.vendors.talonone.talang.vocabulary import HostFunction, Vocabulary

__all__ = [
    "JSON",
    "Allowance",
    "Block",
    "Evaluation",
    "HostFunction",
    "Kind",
    "Program",
    "Scope",
    "TalangError",
    "TalangLimit",
    "Value",
    "Vocabulary",
    "compile",
    "kind_name",
    "to_json",
]
