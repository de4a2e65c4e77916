"""A recipe of convolutions with local losses in PyTorch, for the rivals-conv bench.

Gradients in closed form: autograd, with what a layer hands on detached, computes the same and takes a tenth longer. `--state` is a
checkpoint of the library.
"""

import argparse
import ctypes
import json
import os
import time

# First: it settles how the BLAS is loaded.
import pytorch

import torch
from torch.nn import functional as F

CHANNELS_LAST, CONTIGUOUS = torch.channels_last, torch.contiguous_format
TINY = 1e-20
# What is added to the variance of a channel, and the share that running means move by.
EPSILON = 1e-4
MOVES = 0.1


def arguments():
    """What the bench says."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", required=True, help="holds STATE.safetensors, STATE.images and STATE.labels")
    parser.add_argument("--state", required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True, help="for so long, but one step at least")
    parser.add_argument("--onednn", action="store_true")
    parser.add_argument("--channels-last", action="store_true")
    return parser.parse_args()


def keep_memory():
    """Lets malloc keep what is freed: new pages for every activity of every step cost more than the arithmetic."""
    trim_threshold, mmap_threshold = -1, -3
    libc = ctypes.CDLL(None)
    libc.mallopt(mmap_threshold, 2 ** 25)
    libc.mallopt(trim_threshold, 2 ** 30)


def load_state(path):
    """The tensors of a safetensors file, by name in the order of the file, and what its metadata says."""
    with open(path, "rb") as file:
        data = bytearray(file.read())
    begin = 8 + int.from_bytes(data[:8], "little")
    header = json.loads(data[8:begin])
    description = json.loads(header.pop("__metadata__")["description"])
    tensors = {name: torch.frombuffer(data, dtype=torch.float32, offset=begin + entry["data_offsets"][0],
                                      count=(entry["data_offsets"][1] - entry["data_offsets"][0]) // 4
                                      ).view(entry["shape"]).clone()
               for name, entry in header.items()}
    return tensors, description


def load_images(folder, name, shape):
    """Bytes (images, channels, rows, columns) and labels (images)."""
    pixels = pytorch.read_idx(os.path.join(folder, f"{name}.images"), 0)
    labels = pytorch.read_idx(os.path.join(folder, f"{name}.labels"), 0)
    rows, columns, channels = [*shape, 1][:3]
    return pixels.view(len(labels), rows, columns, channels).permute(0, 3, 1, 2).contiguous(), labels.long()


def altered(images, shift, is_mirrored):
    """Images (batch, channels, rows, columns), each moved by up to `shift` each way, and half of them mirrored where that is asked for."""
    if is_mirrored:
        images = torch.where(torch.rand(len(images), 1, 1, 1) < 0.5, images.flip(3), images)
    if shift:
        rows, columns = images.shape[2:]
        windows = F.pad(images, (shift,) * 4).unfold(2, rows, 1).unfold(3, columns, 1)
        down, right = torch.randint(2 * shift + 1, (2, len(images)))
        images = windows[torch.arange(len(images)), :, down, right]
    return images


def inputs(recipe, pixels, memory_format):
    """What the first layer sees of bytes: above means of the channels and of what is around, altered, of a root mean square of 1."""
    images = pixels / 255
    if "channelMeans" in recipe:
        images.sub_(torch.tensor(recipe["channelMeans"]).view(1, -1, 1, 1))
    first = recipe["layers"][0]
    if "localMean" in first:
        padded = F.pad(images, (first["size"] // 2,) * 4, mode="replicate")
        images.sub_(F.avg_pool2d(padded, first["size"], 1), alpha=first["localMean"])
    images = altered(images, recipe["shift"], recipe.get("flip", False))
    scale = images.square().mean((1, 2, 3), keepdim=True).sqrt_().add_(TINY).reciprocal_()
    return (images * scale).contiguous(memory_format=memory_format)


class Network:
    """The layers of a recipe; parameters are (out, in, rows, columns), and the maps (channels · cells · cells, classes)."""

    def __init__(self, recipe, tensors, steps, memory_format):
        self.recipe = recipe
        self.tensors = tensors
        self.format = memory_format
        self.learning = recipe["learning"]
        self.weights, self.biases, self.maps, self.running = [], [], [], []
        for index, layer in enumerate(recipe["layers"]):
            self.weights.append(self.kernel(index, tensors[f"layers.{index}.weight"]))
            self.biases.append(tensors[f"layers.{index}.bias"].clone())
            self.maps.append(tensors[f"classes.{index}.weight"].clone())
            self.running.append([tensors[f"layers.{index}.norm.{name}"].clone() for name in ("mean", "variance")])
        self.adam = self.optimizer(steps)

    def kernel(self, index, weight):
        """A layer's weight as a kernel, from patches: rows, columns and channels."""
        size = self.recipe["layers"][index]["size"]
        kernel = weight.view(size, size, -1, weight.shape[1]).permute(3, 2, 0, 1)
        return kernel.contiguous(memory_format=self.format).clone(memory_format=torch.preserve_format)

    def optimizer(self, steps):
        """Adam, going on from the moments of the file, after so many steps."""
        settings = self.learning["optimizer"]
        adam = torch.optim.Adam(
            [{"params": self.weights + self.biases}, {"params": self.maps, "lr": self.learning["mapRate"]}],
            lr=settings["rate"], betas=(settings["beta1"], settings["beta2"]), eps=settings["epsilon"],
            foreach=True)
        for name, parameter in self.named():
            first, second = (self.tensors[f"{name}.{moment}"] for moment in ("first", "second"))
            if parameter.dim() == 4:
                index = int(name.split(".")[1])
                first, second = self.kernel(index, first), self.kernel(index, second)
            adam.state[parameter] = {
                "step": torch.tensor(float(steps)), "exp_avg": first.neg(), "exp_avg_sq": second.clone()}
        return adam

    def named(self):
        """Every parameter by its name in the file."""
        for index, parameters in enumerate(zip(self.weights, self.biases, self.maps)):
            yield from zip((f"layers.{index}.weight", f"layers.{index}.bias", f"classes.{index}.weight"), parameters)

    def after(self):
        """All tensors as the file has them."""
        found = {}
        for name, parameter in self.named():
            state = self.adam.state[parameter]
            values = {"": parameter, ".first": state["exp_avg"].neg(), ".second": state["exp_avg_sq"]}
            for suffix, value in values.items():
                found[name + suffix] = value.permute(2, 3, 1, 0) if value.dim() == 4 else value
        for index, (mean, variance) in enumerate(self.running):
            found[f"layers.{index}.norm.mean"], found[f"layers.{index}.norm.variance"] = mean, variance
        return torch.cat([found[name].reshape(-1) for name in self.tensors])

    def likeness(self, features, labels, classes):
        """How features (batch, width) want to move so that those of a class are alike, and others not: of the mean over pairs."""
        centred = features - features.mean(1, keepdim=True)
        lengths = centred.norm(dim=1, keepdim=True)
        units = centred / lengths
        cosines = units @ units.t()
        wanted = torch.where(labels.unsqueeze(0) == labels.unsqueeze(1), 1.0, -1 / (classes - 1))
        pulls = (wanted - cosines).mul_(4 * self.learning["similarity"] / len(labels) ** 2)
        return (pulls @ units - (pulls * cosines).sum(1, keepdim=True) * units).div_(lengths)

    def step(self, pixels, labels):
        """One batch: the loss of each layer."""
        x = inputs(self.recipe, pixels, self.format)
        one_hot = F.one_hot(labels, self.maps[0].shape[1]).float()
        losses = []
        layers = zip(self.recipe["layers"], self.weights, self.biases, self.maps, self.running)
        for layer, weight, bias, table, (mean, variance) in layers:
            pad, pool, cells = layer["size"] // 2, layer.get("maxPool"), layer["cells"]
            z = F.conv2d(x, weight, padding=pad)
            raw, winners = F.max_pool2d(z, pool, return_indices=True) if pool else (z, None)
            y, own_mean, own_scale = torch.native_batch_norm(raw, None, bias, mean, variance, True, MOVES, EPSILON)
            y = y.relu_()
            _, channels, rows, columns = y.shape
            area = (rows // cells, columns // cells)
            features = F.avg_pool2d(y, area).flatten(1)
            log_probabilities = (features @ table).log_softmax(1)
            losses.append(log_probabilities.gather(1, labels.unsqueeze(1)).mean().neg())
            error = log_probabilities.exp_().sub_(one_hot).div_(len(labels))
            table.grad = features.t() @ error

            # Back through the means, the ReLU, the batch normalisation and the pool.
            pulls = error @ table.t()
            if "similarity" in self.learning:
                pulls.sub_(self.likeness(features, labels, len(table[0])))
            pulls = pulls.div_(area[0] * area[1]).view(len(labels), channels, cells, 1, cells, 1)
            pulls = pulls.expand(-1, -1, -1, area[0], -1, area[1]).reshape(y.shape)
            pulls = pulls.contiguous(memory_format=self.format)
            gradient = torch.ops.aten.threshold_backward(pulls, y, 0)
            gradient, _, bias.grad = torch.ops.aten.native_batch_norm_backward(
                gradient, raw, None, mean, variance, own_mean, own_scale, True, EPSILON, [True, False, True])
            if pool:
                gradient = torch.ops.aten.max_pool2d_with_indices_backward(
                    gradient, z, [pool] * 2, [pool] * 2, [0, 0], [1, 1], False, winners)
            _, weight.grad, _ = torch.ops.aten.convolution_backward(
                gradient, x, weight, None, [1, 1], [pad, pad], [1, 1], False, [0, 0], 1, [False, True, False])
            x = y
        self.adam.step()
        return losses


def main():
    """Takes the steps, and says how long each took."""
    options = arguments()
    keep_memory()
    torch.manual_seed(1)
    torch.set_grad_enabled(False)
    torch.set_flush_denormal(True)
    torch.set_num_threads(options.threads)
    torch.backends.mkldnn.set_flags(options.onednn)
    blas = pytorch.limit_blas(options.threads)

    tensors, description = load_state(os.path.join(options.folder, f"{options.state}.safetensors"))
    recipe, position = description["recipe"], description["position"]
    batch = recipe["batch"]
    steps = (position["epoch"] - 1) * -(-position["examples"] // batch)
    images, labels = load_images(options.folder, options.state, recipe["image"])
    network = Network(recipe, tensors, steps, CHANNELS_LAST if options.channels_last else CONTIGUOUS)

    order = torch.randperm(len(labels)).split(batch)
    milliseconds = []
    end = time.perf_counter() + options.seconds
    while not milliseconds or time.perf_counter() < end:
        start = time.perf_counter()
        rows = order[len(milliseconds) % len(order)]
        losses = network.step(images[rows], labels[rows])
        milliseconds.append(1000 * (time.perf_counter() - start))
    with open(os.path.join(options.folder, "after"), "wb") as file:
        file.write(network.after().numpy().tobytes())
    pytorch.emit(framework=f"pytorch {torch.__version__}, {blas}", milliseconds=milliseconds,
                 losses=[loss.item() for loss in losses])


if __name__ == "__main__":
    main()
