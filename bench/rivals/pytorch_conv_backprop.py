"""The layers of a recipe of convolutions trained by backpropagation in PyTorch, for bench/conv-accuracy.ts.

Convolutions, pools and ReLU as the recipe has them; the last layer's activities, averaged over as many cells, go into one linear layer.
Cross-entropy, Adam; images are altered as the recipe says; the rate is held, then falls linearly to zero. `--normalise batch` normalises
the channels of a batch, as is usual. Positions divided as the library does it learn next to nothing like this: a gradient that comes back
through a division of what is nearly off grows in every layer.
"""

import argparse
import json
import os
import time

# First: it settles how the BLAS is loaded.
import pytorch

import torch
from torch import nn
from torch.nn import functional as F

from pytorch_conv import inputs, keep_memory, load_images

EVALUATED_AT_ONCE = 500


def arguments():
    """What the bench says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", required=True, help="holds recipe.json, and train and test as .images and .labels")
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--images", type=int, required=True, help="train on the first N")
    parser.add_argument("--held-out", type=int, default=0,
                        help="evaluate on the last N training images instead of the test set")
    parser.add_argument("--trial", type=int, default=0, help="take so many steps only, and do not evaluate")
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--normalise", choices=["nothing", "batch"], required=True)
    parser.add_argument("--channels-last", action="store_true")
    return parser.parse_args()


def network(recipe, classes, normalise):
    """The recipe's layers, and a linear one."""
    rows, columns, channels = [*recipe["image"], 1][:3]
    modules = []
    for layer in recipe["layers"]:
        size, pool = layer["size"], layer.get("maxPool", 1)
        is_batch = normalise == "batch"
        modules.append(nn.Conv2d(channels, layer["channels"], size, padding=size // 2, bias=not is_batch))
        channels = layer["channels"]
        if pool > 1:
            modules.append(nn.MaxPool2d(pool))
        if is_batch:
            modules.append(nn.BatchNorm2d(channels))
        modules.append(nn.ReLU(inplace=True))
        rows, columns = rows // pool, columns // pool
    cells = recipe["layers"][-1]["cells"]
    return nn.Sequential(*modules, nn.AvgPool2d((rows // cells, columns // cells)), nn.Flatten(),
                         nn.Linear(channels * cells * cells, classes))


def error_of(model, recipe, images, labels, memory_format):
    """Percent wrong."""
    still = {**recipe, "shift": 0, "flip": False}
    model.eval()
    wrong = 0
    with torch.no_grad():
        for rows in torch.arange(len(labels)).split(EVALUATED_AT_ONCE):
            answers = model(inputs(still, images[rows], memory_format)).argmax(1)
            wrong += (answers != labels[rows]).sum().item()
    return 100 * wrong / len(labels)


def main():
    """Trains, and looks once at what it is judged by."""
    options = arguments()
    keep_memory()
    torch.manual_seed(options.seed)
    torch.set_flush_denormal(True)
    torch.set_num_threads(options.threads)
    blas = pytorch.limit_blas(options.threads)

    with open(os.path.join(options.folder, "recipe.json"), encoding="utf-8") as file:
        recipe = json.load(file)
    images, labels = load_images(options.folder, "train", recipe["image"])
    if options.held_out:
        judged = images[-options.held_out:], labels[-options.held_out:]
    else:
        judged = load_images(options.folder, "test", recipe["image"])
    images, labels = images[:options.images], labels[:options.images]

    memory_format = torch.channels_last if options.channels_last else torch.contiguous_format
    model = network(recipe, int(labels.max()) + 1, options.normalise).to(memory_format=memory_format)
    optimizer = torch.optim.Adam(model.parameters(), lr=options.rate, foreach=True)
    batch, hold = recipe["batch"], recipe["holdShare"]
    steps = options.epochs * -(-len(labels) // batch)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: min(1, (1 - step / steps) / (1 - hold)))

    start = time.perf_counter()
    done = 0
    for _ in range(options.epochs):
        for rows in torch.randperm(len(labels)).split(batch):
            if options.trial and done == options.trial:
                break
            optimizer.zero_grad(set_to_none=True)
            F.cross_entropy(model(inputs(recipe, images[rows], memory_format)), labels[rows]).backward()
            optimizer.step()
            schedule.step()
            done += 1
    seconds = time.perf_counter() - start
    error = None if options.trial else error_of(model, recipe, *judged, memory_format)
    pytorch.emit(error=error, trainSeconds=seconds, threads=options.threads,
                 framework=f"pytorch {torch.__version__}", blas=blas)


if __name__ == "__main__":
    main()
