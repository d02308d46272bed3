"""Recipes. In: YAML and `section.name=value` overrides; out: one frozen `Recipe`, or one error with every fault."""
