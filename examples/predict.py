"""Predicts with a model file in numpy alone: python3 predict.py MODEL IMAGE, an image being `inputs` raw bytes."""

import json
import sys

import numpy as np


def load(path):
    """The weights by name and the description of a model file."""
    raw = open(path, "rb").read()
    begin = 8 + int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8:begin])
    about = json.loads(header.pop("__metadata__")["description"])
    types = {"F32": "<f4", "I8": "i1"}
    spans = {n: (t, *(begin + o for o in t["data_offsets"])) for n, t in header.items()}
    w = {n: np.frombuffer(raw[a:b], types[t["dtype"]]).reshape(t["shape"]) for n, (t, a, b) in spans.items()}
    return {n: v * w.get(n + ".scale", np.float32(1)) for n, v in w.items()}, about


def predict(w, about, image):
    """Goodness and probability of each class."""
    recipe, classes = about["recipe"], about["classes"]
    # A row for each label, in place of the first inputs, and one in which all classes are alike.
    labels = recipe["labelStrength"] * np.vstack([np.eye(classes), np.full(classes, 1 / classes)])
    x = np.hstack([labels, np.tile(image[classes:], (classes + 1, 1))])
    goodness = logits = 0
    for layer, units in enumerate(recipe["layers"]):
        x = x / (1e-20 + np.sqrt((x * x).mean(1, keepdims=True)))
        x = np.maximum(x @ w[f"layers.{layer}.weight"] + w[f"layers.{layer}.bias"], 0)
        if layer + 1 >= recipe["readFrom"]:
            slope = {"sum-of-squares": 1, "minus-sum-of-squares": -1, "mean-of-squares": 1 / units}
            goodness += slope[recipe["goodness"]] * (x[:-1] ** 2).sum(1)
            neutral = x[-1] / (1e-20 + np.sqrt((x[-1] ** 2).mean()))
            logits += neutral @ w[f"readout.{layer}.weight"]
    powers = np.exp(logits - logits.max())
    return goodness, powers / powers.sum()


if __name__ == "__main__":
    weights, description = load(sys.argv[1])
    pixels = np.fromfile(sys.argv[2], np.uint8) / 255
    goodness, probabilities = predict(weights, description, pixels)
    print(json.dumps({"goodness": goodness.tolist(), "probabilities": probabilities.tolist()}))
