"""Generator and critic of both learned methods: the same plan in two and in three dimensions.

- Huelnhagen et al., refacing by 2.5-D Pix2Pix: slice and neighbours in, one slice out.
- Molchanova et al., 3-D conditional GAN from a defaced head to a new face.
- Isola et al. 2017 (Pix2Pix): U-Net generator, PatchGAN critic, L1 and adversarial loss. Lim & Ye 2017: hinge loss.

    channels (B, C, …)  →  tissue (B, 1, …)      C = 12 for slices (three each), 4 for volumes; sizes multiples of 16
    (kept + made, removed, shape) (B, 3, …)  →  realness of each patch (B, 1, …)
"""

import torch
from torch import nn
from torch.nn.utils import spectral_norm

CONV = {2: nn.Conv2d, 3: nn.Conv3d}
NORM = {2: nn.BatchNorm2d, 3: nn.BatchNorm3d}
POOL = {2: nn.AvgPool2d, 3: nn.AvgPool3d}


class Block(nn.Sequential):
    def __init__(self, dims, i, o, convolutions=2):
        layers = []
        for n in range(convolutions):
            layers += [CONV[dims](o if n else i, o, 3, padding=1, bias=False), NORM[dims](o), nn.LeakyReLU(0.1, inplace=True)]
        super().__init__(*layers)


class Generator(nn.Module):
    """One convolution a block on the finest level, where they cost most time, two below."""

    def __init__(self, dims, inputs, channels):
        super().__init__()
        many = [1] + [2] * (len(channels) - 1)
        self.down = nn.ModuleList([Block(dims, i, o, n) for i, o, n in zip((inputs, *channels[:-1]), channels, many)])
        self.shrink = POOL[dims](2)
        levels = list(zip(channels[:-1], channels[1:], many))[::-1]
        # Nearest neighbours and a convolution: transposed convolutions leave a chequerboard.
        self.grow = nn.Upsample(scale_factor=2, mode="nearest")
        self.up = nn.ModuleList([Block(dims, low + high, low, n) for low, high, n in levels])
        self.head = CONV[dims](channels[0], 1, 3, padding=1)

    def forward(self, x):  # (B, C, …)
        skips = []
        for n, block in enumerate(self.down):
            x = block(x if n == 0 else self.shrink(x))
            skips.append(x)
        for block, skip in zip(self.up, skips[-2::-1]):
            x = block(torch.cat((skip, self.grow(x)), 1))
        return self.head(x) + 0.7  # (B, 1, …); soft tissue is near 0.7


class Critic(nn.Sequential):
    """Judges patches of 34 voxels: three strides of two, spectral normalisation (Miyato et al. 2018)."""

    def __init__(self, dims, base):
        conv = CONV[dims]
        layers, i = [], 3
        for o in (base, 2 * base, 4 * base):
            layers += [spectral_norm(conv(i, o, 4, stride=2, padding=1)), nn.LeakyReLU(0.2, inplace=True)]
            i = o
        super().__init__(*layers, spectral_norm(conv(i, 1, 3, padding=1)))
