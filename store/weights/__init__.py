"""The models that hear, speak and think: the catalogue, the shelf they stand on, and how they are fetched."""

from store.weights.entries import Model, ModelFile, UnknownModel, catalogue, default, defaults, model
from store.weights.shelf import ModelDamaged, ModelMissing, file, folder, path, present, verify

__all__ = [
    "Model",
    "ModelDamaged",
    "ModelFile",
    "ModelMissing",
    "UnknownModel",
    "catalogue",
    "default",
    "defaults",
    "file",
    "folder",
    "model",
    "path",
    "present",
    "verify",
]
