"""Backpropagation in PyTorch as one would write it, for bench/time-to-accuracy.ts.

Two layers of 600 ReLU units, cross-entropy, Adam; images move by up to a pixel each way, anew every time they are shown; the rate is
held, then falls linearly to zero. With `--settled S` images leave the gradient whose label the network doubts by less than S: one pass
for all without a graph, and the gradients of the rest in closed form, since autograd would go back through all rows all the same.
"""

import argparse
import os
import time

# First: it settles how the BLAS is loaded.
import pytorch

import torch
from torch import nn

BATCH = 200
UNITS = 600
HOLD = 0.3


def arguments():
    """What the bench says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="folder with the raw MNIST files")
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--images", type=int, default=60000, help="train on the first N")
    parser.add_argument("--held-out", type=int, default=0,
                        help="evaluate on the last N training images instead of the test set")
    parser.add_argument("--rate", type=float, default=0.001)
    parser.add_argument("--settled", type=float, default=0)
    return parser.parse_args()


def load(folder, part):
    """Pixels from 0 to 1 (images, 28, 28) and labels."""
    pixels = pytorch.read_idx(os.path.join(folder, f"{part}-images-idx3-ubyte"), 16)
    labels = pytorch.read_idx(os.path.join(folder, f"{part}-labels-idx1-ubyte"), 8)
    return pixels.view(-1, 28, 28).float().div_(255), labels.long()


def moved(pixels):
    """Every image in all places, (images, 3, 3, 28, 28): a view of one copy with a border of zeros."""
    return nn.functional.pad(pixels, (1, 1, 1, 1)).unfold(1, 28, 1).unfold(2, 28, 1)


def backward(model, loss, images, labels):
    """Gradients of all rows."""
    loss(model(images), labels).backward()


def backward_of_unsettled(model, settled, images, labels):
    """The same without the rows that are settled."""
    layers = [layer for layer in model if isinstance(layer, nn.Linear)]
    with torch.no_grad():
        activities = [images]
        for layer in layers[:-1]:
            activities.append(layer(activities[-1]).relu_())
        error = layers[-1](activities[-1]).softmax(1)
        error[torch.arange(len(labels)), labels] -= 1
        doubt = -error.gather(1, labels.unsqueeze(1)).squeeze(1)
        active = (doubt >= settled).nonzero().squeeze(1)
        error = error.index_select(0, active).div_(len(labels))
        for layer, below in zip(reversed(layers), reversed(activities)):
            below = below.index_select(0, active)
            layer.weight.grad = error.t() @ below
            layer.bias.grad = error.sum(0)
            if layer is not layers[0]:
                error = (error @ layer.weight).mul_(below > 0)


def main():
    """Trains, and looks once at what it is judged by."""
    options = arguments()
    torch.manual_seed(options.seed)
    torch.set_flush_denormal(True)
    torch.set_num_threads(options.threads)
    blas = pytorch.limit_blas(options.threads)

    pixels, labels = load(options.data, "train")
    if options.held_out:
        judged = pixels[-options.held_out:], labels[-options.held_out:]
    else:
        judged = load(options.data, "t10k")
    windows, labels = moved(pixels[:options.images]), labels[:options.images]

    model = nn.Sequential(nn.Linear(784, UNITS), nn.ReLU(), nn.Linear(UNITS, UNITS), nn.ReLU(), nn.Linear(UNITS, 10))
    loss = nn.CrossEntropyLoss()
    optimizer = torch.optim.Adam(model.parameters(), lr=options.rate)
    steps = options.epochs * -(-len(labels) // BATCH)
    schedule = torch.optim.lr_scheduler.LambdaLR(
        optimizer, lambda step: min(1, (1 - step / steps) / (1 - HOLD)))

    start = time.perf_counter()
    for _ in range(options.epochs):
        for batch in torch.randperm(len(labels)).split(BATCH):
            down, right = torch.randint(3, (2, len(batch)))
            images = windows[batch, down, right].view(-1, 784)
            optimizer.zero_grad(set_to_none=True)
            if options.settled:
                backward_of_unsettled(model, options.settled, images, labels[batch])
            else:
                backward(model, loss, images, labels[batch])
            optimizer.step()
            schedule.step()
    seconds = time.perf_counter() - start

    with torch.no_grad():
        answers = model(judged[0].view(-1, 784)).argmax(1)
    error = 100 * (answers != judged[1]).sum().item() / len(answers)
    pytorch.emit(error=error, trainSeconds=seconds, threads=options.threads,
                 framework=f"pytorch {torch.__version__}", blas=blas)


if __name__ == "__main__":
    main()
