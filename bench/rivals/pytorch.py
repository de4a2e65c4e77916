"""Hinton's supervised Forward-Forward recipe in PyTorch, for the rivals bench.

Closed-form gradients, no autograd, preallocated and in place. Exact short cuts: one product
with the pixels for all three rows of an image, and no gradient of rows that have nothing to learn.
"""

import argparse
import ctypes
import json
import math
import os
import sys
import time

# Read when the library is loaded: a core type forced from outside would only slow this rival down. Processors
# newer than the library are taken for one of 2004, many times slower; those with AVX-512 all run these kernels well.
for name in [name for name in os.environ if name.startswith("OPENBLAS_")]:
    del os.environ[name]
try:
    with open("/proc/cpuinfo", encoding="utf-8") as cpuinfo:
        if " avx512f " in cpuinfo.read():
            os.environ["OPENBLAS_CORETYPE"] = "SkylakeX"
except OSError:
    pass

# OpenBLAS and libgomp each keep a pool of threads: while one spins, the other waits for its core
# (30 times slower where the cores are not all free).
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

try:
    import torch
except ImportError as error:
    print(f"pytorch is not installed ({error}): "
          "apt-get install python3-torch libopenblas0-pthread", file=sys.stderr)
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
    parser.add_argument("--test", type=int, default=0, help="evaluate on the last N images")
    options = parser.parse_args()
    if options.images % BATCH:
        parser.error(f"--images must be a multiple of {BATCH}")
    return options


def emit(**event):
    """Prints one line of the protocol."""
    print(json.dumps(event), flush=True)


def limit_blas(threads):
    """Sets OpenBLAS's own pool, out of torch.set_num_threads's reach; says which BLAS it is."""
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

    Pixels (60000, 784) with nothing where the label goes, times the scale; the scale, which is
    also what an image's one label input becomes, (60000, 1); the same for a neutral label; labels.
    """
    pixels = read_idx(os.path.join(folder, "train-images-idx3-ubyte"), 16)
    pixels = pixels.view(-1, 784).float().div_(255)
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

    Rows of a batch are neutral, positive, negative: the first pass (neutral and positive) is one
    block, and so are the rows of the gradient (positive and negative).
    """

    def __init__(self, sizes, inputs, generator):
        self.generator = generator
        self.sizes = sizes
        fan_ins = [inputs, *sizes[:-1]]
        self.weights = [torch.randn(fan_in, units, generator=generator).div_(math.sqrt(fan_in))
                        for fan_in, units in zip(fan_ins, sizes)]
        self.biases = [torch.zeros(units) for units in sizes]
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

    def upper_layers(self, rows):
        """Finishes the first layer's `rows` and passes them through the others."""
        for layer, units in enumerate(self.sizes):
            y = self.activities[layer][rows]
            if layer > 0:
                x = self.normalized[layer - 1][rows]
                torch.addmm(self.biases[layer], x, self.weights[layer], out=y)
            y.relu_()
            length = torch.linalg.vector_norm(y, dim=1)
            torch.square(length, out=self.goodness[layer][rows])
            length.div_(math.sqrt(units)).add_(TINY)
            torch.div(y, length.unsqueeze(1), out=self.normalized[layer][rows])

    def step(self, shown, scale, neutral_scale, targets, factor):
        """One batch: the images as prepared by load_images, targets (100)."""
        neutral, positive, negative = (slice(i * BATCH, (i + 1) * BATCH) for i in range(3))
        first = self.weights[0]
        one_hot = torch.nn.functional.one_hot(targets, CLASSES).float()

        # The rows of an image differ in nothing but the label and its length: one product
        # serves all three.
        shared = shown @ first
        self.labels[neutral] = neutral_scale / CLASSES
        torch.mul(one_hot, scale, out=self.labels[positive])
        y = self.activities[0]
        torch.addmm(self.biases[0], self.labels[:2 * BATCH], first[:CLASSES], out=y[:2 * BATCH])
        y[neutral].addcmul_(shared, neutral_scale / scale)
        y[positive].add_(shared)
        self.upper_layers(slice(0, 2 * BATCH))

        logits = sum(x[neutral] @ head for x, head in zip(self.normalized[1:], self.heads))
        error = one_hot - torch.softmax(logits, 1)
        wrong_logits = logits.scatter_(1, targets.unsqueeze(1), -math.inf)
        wrong = torch.multinomial(torch.softmax(wrong_logits, 1), 1, generator=self.generator)
        self.labels[negative].zero_().scatter_(1, wrong, scale)
        torch.addmm(self.biases[0], self.labels[negative], first[:CLASSES], out=y[negative])
        y[negative].add_(shared)
        self.upper_layers(negative)

        for layer in range(len(self.sizes)):
            self.learn(layer, shown, factor)
        for x, head, velocity in zip(self.normalized[1:], self.heads, self.head_velocities):
            velocity.addmm_(x[neutral].t(), error, beta=HEAD_MOMENTUM,
                            alpha=(1 - HEAD_MOMENTUM) / BATCH)
            head.mul_(1 - factor * HEAD_RATE * HEAD_DECAY).add_(velocity, alpha=factor * HEAD_RATE)

    def learn(self, layer, shown, factor):
        """Moves one layer's weights.

        Rows whose sigmoid has underflowed have nothing to learn and drop out; the peer term, which
        all positive rows share, is one row with the sum of their inputs.
        """
        units = self.sizes[layer]
        y = self.activities[layer][BATCH:]
        mean = self.means[layer].mul_(0.9).add_(y[:BATCH].mean(0), alpha=0.1)
        peer = (mean.mean() - mean).mul_(PEER)
        excess = self.goodness[layer][BATCH:] - units
        coefficients = torch.cat([torch.sigmoid(-excess[:BATCH]), -torch.sigmoid(excess[BATCH:])])
        velocity = self.velocities[layer]
        share = (1 - MOMENTUM) / BATCH
        if layer == 0:
            # Both rows of an image have the same pixels: it drops out, or counts, as one.
            pairs = coefficients.view(2, BATCH)
            active = pairs.any(0).nonzero().squeeze(1)
            count = len(active)
            change = y.view(2, BATCH, units)[:, active].mul_(pairs[:, active].unsqueeze(2))
            gradient = self.gradients[0][:count + 1]
            torch.sum(change, 0, out=gradient[:count])
            labels = self.labels[BATCH:].view(2, BATCH, CLASSES)
        else:
            active = coefficients.nonzero().squeeze(1)
            count = len(active)
            gradient = self.gradients[layer][:count + 1]
            torch.index_select(y, 0, active, out=gradient[:count])
            gradient[:count].mul_(coefficients[active].unsqueeze(1))
            shown = self.normalized[layer - 1][BATCH:]
        gradient[count] = peer
        x = self.inputs[layer][:count + 1]
        torch.index_select(shown, 0, active, out=x[:count])
        torch.sum(shown[:BATCH], 0, out=x[count])
        velocity.addmm_(x.t(), gradient, beta=MOMENTUM, alpha=share)
        if layer == 0:
            seen = labels[:, active].view(2 * count, CLASSES)
            velocity[:CLASSES].addmm_(seen.t(), change.view(2 * count, units), alpha=share)
            velocity[:CLASSES].addr_(labels[0].sum(0), peer, alpha=share)
        self.weights[layer].mul_(1 - factor * RATE * DECAY).add_(velocity, alpha=factor * RATE)
        total = gradient[:count].sum(0).add_(peer, alpha=BATCH)
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
            label = first[:CLASSES].mean(0) * neutral
            _, logits = self.look(shared * (neutral / scale[rows]) + label)
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


def main(network_class=Network):
    """Trains and reports."""
    options = arguments()
    torch.set_grad_enabled(False)
    torch.set_flush_denormal(True)
    torch.set_num_threads(options.threads)
    blas = limit_blas(options.threads)
    generator = torch.Generator().manual_seed(options.seed)

    images = load_images(options.data)
    network = network_class([int(size) for size in options.layers.split(",")], 784, generator)
    emit(event="ready", framework="pytorch", version=torch.__version__, threads=options.threads,
         blas=blas)

    for epoch in range(1, options.epochs + 1):
        factor = gain(epoch, options.total_epochs)
        start = time.perf_counter()
        for batch in torch.randperm(options.images, generator=generator).split(BATCH):
            network.step(*(part[batch] for part in images), factor)
        seconds = time.perf_counter() - start
        event = {"event": "epoch", "epoch": epoch, "seconds": seconds}
        if options.test > 0:
            errors = network.evaluate(*(part[-options.test:] for part in images))
            event |= {"goodnessError": errors[0], "softmaxError": errors[1]}
        emit(**event)


if __name__ == "__main__":
    main()
