"""The head-segmentation network: a plain 3-D U-Net.

Çiçek et al. 2016 (3-D U-Net), with batch normalisation instead of instance normalisation: its statistics are fixed
at inference, so a scan cut into overlapping tiles gives the same result as the whole scan.

    image  (B, 1, D, H, W)   one channel, 0…1, RAS+, `spacing` mm
    logits (B, C, D, H, W)   C = len(labels.CLASSES)

D, H and W must be multiples of 2 ** (len(channels) - 1).
"""

import torch
from torch import nn


class Block(nn.Sequential):
    """3×3×3 convolutions, each normalised and rectified: (B, i, D, H, W) → (B, o, D, H, W)."""

    def __init__(self, i, o, convolutions):
        layers = []
        for n in range(convolutions):
            layers += [nn.Conv3d(o if n else i, o, 3, padding=1, bias=False), nn.BatchNorm3d(o), nn.ReLU(inplace=True)]
        super().__init__(*layers)


class UNet(nn.Module):
    """One convolution a block on the finest level, where they cost most time, two below."""

    def __init__(self, classes, channels=(16, 32, 64, 128), last=32):
        """last: channels before the classes; with far fewer than classes some classes never win."""
        super().__init__()
        many = [1] + [2] * (len(channels) - 1)
        self.down = nn.ModuleList([Block(i, o, n) for i, o, n in zip((1, *channels[:-1]), channels, many)])
        self.shrink = nn.MaxPool3d(2)
        levels = list(zip(channels[:-1], channels[1:], many))[::-1]  # the finest last
        self.grow = nn.ModuleList([nn.ConvTranspose3d(high, low, 2, stride=2) for low, high, _ in levels])
        outs = [low for low, _, _ in levels[:-1]] + [last]
        self.up = nn.ModuleList([Block(2 * low, o, n) for (low, _, n), o in zip(levels, outs)])
        self.head = nn.Conv3d(last, classes, 1)

    def forward(self, x):  # (B, 1, D, H, W)
        skips = []
        for n, block in enumerate(self.down):
            x = block(x if n == 0 else self.shrink(x))
            skips.append(x)
        for grow, block, skip in zip(self.grow, self.up, skips[-2::-1]):
            x = block(torch.cat((skip, grow(x)), 1))
        return self.head(x)  # (B, C, D, H, W)
