"""Recipes, one file each: a configuration and a folder in, an artifact with its manifest out."""

from recsys_core.recipes.recipe import Made, Recipe, prepare, recipes, run_recipe

__all__ = ["Made", "Recipe", "prepare", "recipes", "run_recipe"]
