"""Trains the second look at 1 mm beside a 2 mm network that stays as it is.

    python3 train_fine.py --config config/fine_1mm.py --data .scratch/headseg/data --priors ../shared/data/reference/t1_intensity_priors.json \
        --coarse models/training/headseg/weights-1.3.0.pt --out .scratch/headseg/fine

Stops by itself when the config's hours are spent; started again, goes on from its checkpoint. Uses a GPU where there is one.
"""

import argparse
import runpy
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

from data import Patches
from fine import Fine, to_depth, to_space
from labels import AIR, CLASSES, FIRST_OUTSIDE
from model import UNet
from run_state import RunState
from train import loss, split


class Heads(Patches):
    """Endless heads made from label maps at 1 mm: image (1, D, H, W) float32, label (D, H, W) uint8."""

    def __iter__(self):
        torch.set_num_threads(1)
        worker = torch.utils.data.get_worker_info()
        seed = self.seed + 7919 * (worker.id if worker else 0)
        self.rng = np.random.default_rng(seed)
        torch.manual_seed(seed)
        while True:
            yield self.sample(self.rng.choice(self.maps))


def scaled(image):
    """(1, 2 D, 2 H, 2 W) → the 2 mm image (1, 1, D, H, W) and the 1 mm one (1, 8, D, H, W), by one rule of intensities."""
    coarse = F.avg_pool3d(image[None], 2)
    low, high = np.percentile(coarse.numpy(), (0.5, 99.5))
    scale = lambda v: ((v - low) / max(high - low, 1e-6)).clamp(0, 1.1)
    return scale(coarse), scale(to_depth(image[0]))[None]


def places(label, side, count, rng):
    """First voxels (2 mm) of cubes of `side` voxels whose middle lies in the brain; label (2 D, 2 H, 2 W)."""
    brain = torch.nonzero((label[::2, ::2, ::2] > AIR) & (label[::2, ::2, ::2] < FIRST_OUTSIDE))
    if len(brain) == 0:
        return []
    size = [n // 2 for n in label.shape]
    middles = brain[rng.integers(0, len(brain), count)].tolist()
    return [[min(max(m - side // 2, 0), n - side) for m, n in zip(middle, size)] for middle in middles]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--priors", required=True)
    parser.add_argument("--coarse", type=Path, required=True, help="weights of the 2 mm network")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--stop-after", type=float, default=1e9, help="seconds of this call")
    options = parser.parse_args()
    config = runpy.run_path(options.config)
    coarse_config = runpy.run_path(str(Path(options.config).parent / config["coarse"]))
    torch.set_num_threads(options.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(config["seed"])

    coarse = UNet(len(CLASSES), coarse_config["channels"])
    coarse.load_state_dict({k: v.float() if v.is_floating_point() else v for k, v in torch.load(options.coarse, map_location="cpu").items()})
    coarse = coarse.eval().to(device, memory_format=torch.channels_last_3d)
    model = Fine(len(CLASSES), config["width"]).to(device, memory_format=torch.channels_last_3d)
    run = RunState(model, options.out, config["learning_rate"], config["hours"], device)

    _, _, maps, _ = split(options.data, coarse_config)
    heads = Heads(
        options.data, [], maps, options.priors, config["around"], 1.0, config["random_contrast"], config["strength"],
        config["seed"] + run.step, config["brain_alone"],
    )
    rng = np.random.default_rng(config["seed"] + run.step)
    side = config["patch"] // 2
    for image, label in torch.utils.data.DataLoader(heads, batch_size=None, num_workers=options.workers, prefetch_factor=3):
        at = places(label, side, config["patches"], rng)
        if not at:
            continue
        thick, thin = scaled(image)
        with torch.no_grad(), torch.autocast(device.type, dtype=torch.bfloat16):
            known = torch.softmax(coarse(thick.to(device).contiguous(memory_format=torch.channels_last_3d)).float(), 1).cpu()
        cut = lambda volume: torch.cat([volume[:, :, x : x + side, y : y + side, z : z + side] for x, y, z in at]).to(device)
        truth = torch.stack([label[2 * x : 2 * (x + side), 2 * y : 2 * (y + side), 2 * z : 2 * (z + side)] for x, y, z in at]).to(device)
        with torch.autocast(device.type, dtype=torch.bfloat16):
            logits = model(cut(thin), cut(known))
        value = loss(to_space(logits.float()), truth, power=config["rarity"] * (1 - run.part))
        done = run.learn(value) or time.time() - run.started > options.stop_after
        if run.step % 100 == 0 or done:
            run.save()
        if done:
            break


if __name__ == "__main__":
    main()
