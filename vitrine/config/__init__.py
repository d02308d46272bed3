"""Recipes: their schema, loading, and description."""
