"""Hinton's supervised Forward-Forward recipe in PyTorch, for the rivals bench.

Closed-form gradients, no autograd. What makes it fast, and is still exact: see Network.step. Prints JSON lines.
"""

import argparse
import ctypes
import importlib.metadata
import json
import math
import os
import sys
import time

# Read once, when the library is loaded: a forced core type or cache size would only slow this rival down.
for name in [name for name in os.environ if name.startswith("OPENBLAS_")]:
    del os.environ[name]

try:
    import torch
except ImportError as error:
    print(f"pytorch is not installed ({error}): apt-get install python3-torch libopenblas0-pthread",
          file=sys.stderr)
    sys.exit(3)

CLASSES = 10
BATCH = 100
RATE, MOMENTUM, DECAY = 0.01, 0.9, 0.001
HEAD_RATE, HEAD_MOMENTUM, HEAD_DECAY = 0.1, 0.9, 0.003
PEER = 0.03
HOLD = 0.5
TINY = 1e-20


def arguments():
    """What every rival understands."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", required=True, help="folder with the raw MNIST files")
    parser.add_argument("--layers", default="1000,1000,1000")
    parser.add_argument("--images", type=int, default=60000, help="train on the first N")
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--total-epochs", type=int, default=100, help="length of the schedule")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--test", type=int, default=0, help="evaluate on the last N of the training set")
    return parser.parse_args()


def emit(**event):
    """Prints one line of the protocol."""
    print(json.dumps(event), flush=True)


def limit_blas(threads):
    """Sets OpenBLAS's own pool, which torch.set_num_threads does not reach; says which BLAS it is."""
    try:
        blas = ctypes.CDLL("libblas.so.3")
        blas.openblas_set_num_threads(threads)
        blas.openblas_get_config.restype = ctypes.c_char_p
        blas.openblas_get_corename.restype = ctypes.c_char_p
        version = " ".join(blas.openblas_get_config().decode().split()[:2])
        return f"{version} {blas.openblas_get_corename().decode()}"
    except (OSError, AttributeError):
        return torch.__config__.show().partition("BLAS_INFO=")[2].partition(",")[0] or "unknown"


def read_idx(path, header):
    """The bytes of a raw IDX file behind its header."""
    with open(path, "rb") as file:
        return torch.frombuffer(bytearray(file.read()[header:]), dtype=torch.uint8)


def load_images(folder):
    """The training set, normalised as with a label.

    Pixels (60000, 784) with nothing where the label goes; what the one label input of an image is, (60000, 1); what
    the pixels' factor is with a neutral label, likewise; labels (60000).
    """
    pixels = read_idx(os.path.join(folder, "train-images-idx3-ubyte"), 16).view(-1, 784).float().div_(255)
    pixels[:, :CLASSES] = 0
    squares = pixels.square().sum(1, keepdim=True)
    scale = (squares + 1).div_(784).rsqrt_()
    neutral_scale = (squares + 1 / CLASSES).div_(784).rsqrt_()
    labels = read_idx(os.path.join(folder, "train-labels-idx1-ubyte"), 8).long()
    return pixels.mul_(scale), scale, neutral_scale, labels


def gain(epoch, epochs):
    """The factor on every learning rate: 1, then falling linearly to almost zero."""
    if epoch <= HOLD * epochs:
        return 1.0
    return (0.5 + epochs - epoch) / (epochs - HOLD * epochs)


class Network:
    """All parameters, momenta and activities, allocated once; matrices are (inputs, units).

    Rows of a batch are neutral, positive, negative: the first pass (neutral and positive) is one block, and so are the
    rows of the gradient (positive and negative).
    """

    def __init__(self, sizes, inputs, generator):
        self.generator = generator
        self.sizes = sizes
        fan_ins = [inputs, *sizes[:-1]]
        self.weights = [torch.randn(fan_in, units, generator=generator).div_(math.sqrt(fan_in))
                        for fan_in, units in zip(fan_ins, sizes)]
        self.biases = [torch.zeros(units) for units in sizes]
        # In units of the weight decay, so that momentum and decay are one lerp.
        self.velocities = [torch.zeros_like(weight) for weight in self.weights]
        self.bias_velocities = [torch.zeros(units) for units in sizes]
        self.means = [torch.full((units,), 0.5) for units in sizes]
        self.heads = [torch.zeros(units, CLASSES) for units in sizes[1:]]
        self.head_velocities = [torch.zeros(units, CLASSES) for units in sizes[1:]]
        self.labels = torch.empty(3 * BATCH, CLASSES)
        self.activities = [torch.empty(3 * BATCH, units) for units in sizes]
        self.normalized = [torch.empty(3 * BATCH, units) for units in sizes]
        self.goodness = [torch.empty(3 * BATCH) for _ in sizes]
        # One row more than positive and negative ones: that of the peer term.
        self.inputs = [torch.empty(2 * BATCH + 1, fan_in) for fan_in in fan_ins]
        self.gradients = [torch.empty(2 * BATCH + 1, units) for units in sizes]

    def upper_layers(self, rows, activities, normalized, goodness):
        """Finishes the first layer's `rows` and passes them through the others."""
        for layer, units in enumerate(self.sizes):
            y = activities[layer][rows]
            if layer > 0:
                torch.addmm(self.biases[layer], normalized[layer - 1][rows], self.weights[layer], out=y)
            y.relu_()
            length = torch.linalg.vector_norm(y, dim=1)
            torch.square(length, out=goodness[layer][rows])
            length.div_(math.sqrt(units)).add_(TINY)
            torch.div(y, length.unsqueeze(1), out=normalized[layer][rows])

    def step(self, shown, scale, neutral_scale, targets, factor):
        """One batch: the images as prepared by load_images, targets (100)."""
        neutral, positive, negative = (slice(i * BATCH, (i + 1) * BATCH) for i in range(3))
        first = self.weights[0]
        one_hot = torch.nn.functional.one_hot(targets, CLASSES).float()

        # The rows of an image differ in nothing but the label and its length: one product serves all three.
        shared = shown @ first
        self.labels[neutral] = neutral_scale / CLASSES
        torch.mul(one_hot, scale, out=self.labels[positive])
        y = self.activities[0]
        torch.addmm(self.biases[0], self.labels[:2 * BATCH], first[:CLASSES], out=y[:2 * BATCH])
        y[neutral].addcmul_(shared, neutral_scale / scale)
        y[positive].add_(shared)
        self.upper_layers(slice(0, 2 * BATCH), self.activities, self.normalized, self.goodness)

        logits = sum(x[neutral] @ head for x, head in zip(self.normalized[1:], self.heads))
        error = one_hot - torch.softmax(logits, 1)
        wrong_logits = logits.scatter_(1, targets.unsqueeze(1), -math.inf)
        wrong = torch.multinomial(torch.softmax(wrong_logits, 1), 1, generator=self.generator)
        self.labels[negative].zero_().scatter_(1, wrong, scale)
        torch.addmm(self.biases[0], self.labels[negative], first[:CLASSES], out=y[negative])
        y[negative].add_(shared)
        self.upper_layers(slice(2 * BATCH, 3 * BATCH), self.activities, self.normalized, self.goodness)

        for layer in range(len(self.sizes)):
            self.learn(layer, shown, factor)
        for x, head, velocity in zip(self.normalized[1:], self.heads, self.head_velocities):
            velocity.addmm_(x[neutral].t(), error, beta=HEAD_MOMENTUM, alpha=(1 - HEAD_MOMENTUM) / BATCH)
            head.mul_(1 - factor * HEAD_RATE * HEAD_DECAY).add_(velocity, alpha=factor * HEAD_RATE)

    def learn(self, layer, shown, factor):
        """Moves one layer's weights."""
        units = self.sizes[layer]
        weight, velocity = self.weights[layer], self.velocities[layer]
        y = self.activities[layer][BATCH:]
        mean = self.means[layer].mul_(0.9).add_(y[:BATCH].mean(0), alpha=0.1)
        peer = (mean.mean() - mean).mul_(PEER)
        excess = self.goodness[layer][BATCH:] - units
        coefficients = torch.cat([torch.sigmoid(-excess[:BATCH]), -torch.sigmoid(excess[BATCH:])])
        share = (1 - MOMENTUM) / BATCH
        if os.environ.get('V_GATHER', '1') == '1' and layer == 0:
            both = coefficients.view(2, BATCH)
            active = both.any(0).nonzero().squeeze(1)
            count = len(active)
            chosen = both[:, active].unsqueeze(2)
            gradient = self.gradients[0][:2 * count + 1].narrow(0, 0, 2 * count)
            torch.mul(y.view(2, BATCH, units)[:, active], chosen, out=gradient.view(2, count, units))
            x = self.inputs[0][:count + 1]
            torch.index_select(shown, 0, active, out=x[:count])
            torch.sum(shown, 0, out=x[count])
            total = torch.empty(count + 1, units)
            torch.add(gradient[:count], gradient[count:], out=total[:count])
            total[count] = peer
            velocity.addmm_(x.t(), total, beta=MOMENTUM, alpha=share / DECAY)
            labels = self.labels[BATCH:].view(2, BATCH, CLASSES)
            velocity[:CLASSES].addmm_(labels[:, active].view(2 * count, CLASSES).t(), gradient, alpha=share / DECAY)
            velocity[:CLASSES].addr_(labels[0].sum(0), peer, alpha=share / DECAY)
            total = total[:count].sum(0).add_(peer, alpha=BATCH)
            stat[layer] += count
        elif os.environ.get('V_GATHER', '1') == '1':
            # Rows with nothing to learn drop out, and the peer term, the same for all, is one row.
            active = coefficients.nonzero().squeeze(1)
            count = len(active)
            gradient = self.gradients[layer][:count + 1]
            torch.index_select(y, 0, active, out=gradient[:count])
            gradient[:count].mul_(coefficients[active].unsqueeze(1))
            gradient[count] = peer
            x = self.inputs[layer][:count + 1]
            source = self.normalized[layer - 1][BATCH:]
            torch.index_select(source, 0, active, out=x[:count])
            torch.sum(source[:BATCH], 0, out=x[count])
            velocity.addmm_(x.t(), gradient, beta=MOMENTUM, alpha=share / DECAY)
            total = gradient[:count].sum(0).add_(peer, alpha=BATCH)
            stat[layer] += count
        else:
            gradient = self.gradients[layer][:2 * BATCH]
            torch.mul(y, coefficients.unsqueeze(1), out=gradient)
            gradient[:BATCH] += peer
            if layer == 0:
                d = gradient[:BATCH] + gradient[BATCH:]
                velocity.addmm_(shown.t(), d, beta=MOMENTUM, alpha=share / DECAY)
                velocity[:CLASSES].addmm_(self.labels[BATCH:].t(), gradient, alpha=share / DECAY)
            else:
                velocity.addmm_(self.normalized[layer - 1][BATCH:].t(), gradient, beta=MOMENTUM, alpha=share / DECAY)
            total = gradient.sum(0)
        if os.environ.get('V_LERP', '1') == '1':
            weight.lerp_(velocity, factor * RATE * DECAY)
        else:
            weight.mul_(1 - factor * RATE * DECAY).add_(velocity, alpha=factor * RATE * DECAY)
        self.bias_velocities[layer].mul_(MOMENTUM).add_(total, alpha=share)
        self.biases[layer].add_(self.bias_velocities[layer], alpha=factor * RATE)

    def evaluate(self, shown, scale, neutral_scale, targets):
        """Percent wrong of the goodness readout and of the softmax readout."""
        first = self.weights[0]
        goodness_wrong = softmax_wrong = 0
        for rows in torch.arange(len(targets)).split(BATCH):
            shared = shown[rows] @ first
            scores = []
            for guess in range(CLASSES):
                goodness, _ = self.look(shared + first[guess] * scale[rows])
                scores.append(goodness)
            neutral = neutral_scale[rows]
            _, logits = self.look(shared * (neutral / scale[rows]) + first[:CLASSES].mean(0) * neutral)
            goodness_wrong += (torch.stack(scores, 1).argmax(1) != targets[rows]).sum().item()
            softmax_wrong += (logits.argmax(1) != targets[rows]).sum().item()
        return 100 * goodness_wrong / len(targets), 100 * softmax_wrong / len(targets)

    def look(self, y):
        """Goodness and logits of the layers that are read, from the first layer's product."""
        y = torch.relu(y + self.biases[0])
        goodness = logits = 0
        for weight, bias, head in zip(self.weights[1:], self.biases[1:], self.heads):
            y = torch.relu(self.normalize(y) @ weight + bias)
            goodness = goodness + y.square().sum(1)
            logits = logits + self.normalize(y) @ head
        return goodness, logits

    @staticmethod
    def normalize(y):
        """Rows divided by their root mean square."""
        return y / (y.square().mean(1, keepdim=True).sqrt() + TINY)


stat = [0] * 10


def main():
    """Trains and reports."""
    options = arguments()
    torch.set_grad_enabled(False)
    torch.set_flush_denormal(True)
    torch.set_num_threads(int(os.environ.get("V_T", options.threads)))
    blas = limit_blas(int(os.environ.get("V_B", options.threads)))
    generator = torch.Generator().manual_seed(options.seed)

    images = load_images(options.data)
    network = Network([int(size) for size in options.layers.split(",")], 784, generator)
    emit(event="ready", framework="pytorch", version=torch.__version__, threads=torch.get_num_threads(), blas=blas)

    for epoch in range(1, options.epochs + 1):
        factor = gain(epoch, options.total_epochs)
        start = time.perf_counter()
        for batch in torch.randperm(options.images, generator=generator).split(BATCH):
            network.step(*(part[batch] for part in images), factor)
        seconds = time.perf_counter() - start
        errors = (None, None)
        if options.test > 0:
            errors = network.evaluate(*(part[-options.test:] for part in images))
        emit(event="epoch", epoch=epoch, seconds=round(seconds, 4), goodnessError=errors[0], softmaxError=errors[1])
    print([s / (epoch * options.images / 100) for s in stat], file=sys.stderr)


if __name__ == "__main__":
    main()
