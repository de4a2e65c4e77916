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


def scaled(x):
    """Rows divided by their root mean square: only their direction goes on."""
    return x / (1e-20 + np.sqrt((x * x).mean(-1, keepdims=True)))


def softmax(logits):
    powers = np.exp(logits - logits.max())
    return powers / powers.sum()


def current(recipe):
    """The recipe as files of the format "forward-forward 2" have it, as far as predicting needs it."""
    if "learning" in recipe:
        return recipe
    unlabelled = "unsupervised" if recipe["labelStrength"] == 0 else "contrast"
    learning = {
        "kind": recipe.get("schedule", {"kind": unlabelled})["kind"],
        "label": {"kind": "first", "strength": recipe["labelStrength"]},
        "goodness": recipe["goodness"],
        "readout": {"from": recipe["readFrom"] - 1},
        **({"between": recipe["between"]} if "between" in recipe else {}),
    }
    return {**recipe, "learning": learning}


def by_contrast(w, learning, layers, classes, image):
    label = learning["label"]
    # A row for each label, in place of the first inputs or behind the last, and one in which all classes are alike.
    labels = label["strength"] * np.vstack([np.eye(classes), np.full(classes, 1 / classes)])
    images = np.tile(image, (classes + 1, 1))
    x = np.hstack([labels, images[:, classes:]] if label["kind"] == "first" else [images, labels])
    goodness = logits = 0
    for number, layer in enumerate(layers):
        x = np.maximum(scaled(x) @ w[f"layers.{number}.weight"] + w[f"layers.{number}.bias"], 0)
        if number >= learning["readout"]["from"]:
            slope = {"sum-of-squares": 1, "minus-sum-of-squares": -1, "mean-of-squares": 1 / x.shape[1]}
            goodness += slope[layer.get("goodness", learning["goodness"])] * (x[:-1] ** 2).sum(1)
            logits += scaled(x[-1]) @ w[f"readout.{number}.weight"]
    return goodness, softmax(logits)


def by_classes(w, learning, layers, classes, image):
    # Every layer says itself how likely each class is.
    x, goodness, logits = image, 0, 0
    for number in range(len(layers)):
        x = np.maximum(scaled(x) @ w[f"layers.{number}.weight"] + w[f"layers.{number}.bias"], 0)
        if number >= learning["readFrom"]:
            seen = {"linear": x, "squares": x * x, "normalized": scaled(x)}[learning["activity"]]
            told = seen @ w[f"classes.{number}.weight"]
            goodness += np.log(softmax(told))
            logits += scaled(x) @ w[f"readout.{number}.weight"] if "readout" in learning else told
    return goodness, softmax(logits)


def predict(w, about, image):
    """Goodness and probability of each class."""
    recipe = current(about["recipe"])
    learning = recipe["learning"]
    ways = {"contrast": by_contrast, "classes": by_classes}
    layers = [{"units": layer} if isinstance(layer, int) else layer for layer in recipe["layers"]]
    is_plain = "between" not in learning and (learning["kind"] == "contrast" or "groups" not in learning)
    if learning["kind"] not in ways or not is_plain or not all("units" in layer for layer in layers):
        sys.exit("expected dense layers, nothing between them, that learned by contrast or by classes")
    image = image - np.resize(recipe.get("channelMeans", [0]), len(image))
    return ways[learning["kind"]](w, learning, layers, about["classes"], image)


if __name__ == "__main__":
    weights, description = load(sys.argv[1])
    pixels = np.fromfile(sys.argv[2], np.uint8) / 255
    goodness, probabilities = predict(weights, description, pixels)
    print(json.dumps({"goodness": goodness.tolist(), "probabilities": probabilities.tolist()}))
