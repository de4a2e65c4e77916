"""Hinton's supervised Forward-Forward recipe in PyTorch as a good port has it, for the rivals bench.

His MATLAB code line by line, in place and without autograd: three full passes a batch, and all
rows in the gradient. `pytorch.py` is the same with every short cut that we know of.
"""

# First: it settles how the BLAS is loaded.
import pytorch

import torch

from pytorch import BATCH, CLASSES, DECAY, HEAD_DECAY, HEAD_MOMENTUM, HEAD_RATE, MOMENTUM, PEER, RATE


class Network(pytorch.Network):
    """The same parameters and readouts; only the training step differs."""

    def forward(self, x):
        """Inputs (rows, 784), normalised: per layer the activities, and their normalised directions."""
        activities, normalized = [], []
        for weight, bias in zip(self.weights, self.biases):
            y = torch.addmm(bias, x, weight).relu_()
            x = self.normalize(y)
            activities.append(y)
            normalized.append(x)
        return activities, normalized

    def step(self, shown, scale, neutral_scale, targets, factor):
        """One batch: the images as prepared by load_images, targets (100)."""
        one_hot = torch.nn.functional.one_hot(targets, CLASSES).float()
        neutral = shown * (neutral_scale / scale)
        neutral[:, :CLASSES] = neutral_scale / CLASSES
        positive = shown.clone()
        positive[:, :CLASSES] = one_hot * scale

        positive_y, positive_x = self.forward(positive)
        _, neutral_x = self.forward(neutral)
        logits = sum(x @ head for x, head in zip(neutral_x[1:], self.heads))
        error = one_hot - torch.softmax(logits, 1)
        wrong_logits = logits.scatter(1, targets.unsqueeze(1), float("-inf"))
        wrong = torch.multinomial(torch.softmax(wrong_logits, 1), 1, generator=self.generator)
        negative = shown.clone()
        negative[:, :CLASSES].scatter_(1, wrong, scale)
        negative_y, negative_x = self.forward(negative)

        for layer, units in enumerate(self.sizes):
            mean = self.means[layer].mul_(0.9).add_(positive_y[layer].mean(0), alpha=0.1)
            p = torch.sigmoid(positive_y[layer].square().sum(1, keepdim=True) - units)
            positive_d = (1 - p) * positive_y[layer] + PEER * (mean.mean() - mean)
            q = torch.sigmoid(negative_y[layer].square().sum(1, keepdim=True) - units)
            negative_d = -q * negative_y[layer]
            below = (positive, negative) if layer == 0 else (positive_x[layer - 1], negative_x[layer - 1])
            share = (1 - MOMENTUM) / BATCH
            velocity = self.velocities[layer].mul_(MOMENTUM)
            velocity.addmm_(below[0].t(), positive_d, alpha=share)
            velocity.addmm_(below[1].t(), negative_d, alpha=share)
            self.weights[layer].mul_(1 - factor * RATE * DECAY).add_(velocity, alpha=factor * RATE)
            bias_gradient = positive_d.sum(0) + negative_d.sum(0)
            self.bias_velocities[layer].mul_(MOMENTUM).add_(bias_gradient, alpha=share)
            self.biases[layer].add_(self.bias_velocities[layer], alpha=factor * RATE)
        for x, head, velocity in zip(neutral_x[1:], self.heads, self.head_velocities):
            velocity.mul_(HEAD_MOMENTUM).add_(x.t() @ error, alpha=(1 - HEAD_MOMENTUM) / BATCH)
            head.add_(velocity - HEAD_DECAY * head, alpha=factor * HEAD_RATE)


if __name__ == "__main__":
    pytorch.main(Network)
