"""Trains the head-segmentation network; stops and resumes at any time.

    python3 train.py --config config/t1_2mm.py --data .scratch/headseg/data --priors ../shared/data/reference/t1_intensity_priors.json --out .scratch/headseg/run

Time counts, not steps: the learning rate falls with the share of `hours` that has been spent training.
"""

import argparse
import runpy
import time
from pathlib import Path

import torch

from data import Patches
from labels import AIR, CLASSES, FIRST_OUTSIDE, UNKNOWN
from model import UNet


def split(folder, config):
    """(training, validation) names of IXI people, (training, validation) names of label maps."""
    people = sorted(p.stem for p in Path(folder).glob("ixi_*.npz"))
    maps = sorted(p.stem for p in Path(folder).glob("map_*.npz"))
    kept = people[:: config["validation_every"]]
    held = config["validation_maps"]
    return [p for p in people if p not in kept], kept, [m for m in maps if m not in held], held


def loss(logits, label):
    """Cross entropy plus soft Dice; a voxel of unknown kind must only be neither brain nor air.

    logits (B, C, D, H, W), label (B, D, H, W) uint8
    """
    unknown = label == UNKNOWN
    index = torch.where(unknown, FIRST_OUTSIDE, label.long())  # (B, D, H, W)
    log_p = torch.log_softmax(logits.float(), 1)  # (B, C, D, H, W)
    picked = log_p.gather(1, index[:, None])[:, 0]  # (B, D, H, W)
    any_outside = torch.logsumexp(log_p[:, FIRST_OUTSIDE:], 1)
    entropy = -torch.where(unknown, any_outside, picked).mean()
    p = log_p.exp()
    dims = (2, 3, 4)
    size_p = p.sum(dims)  # (B, C)
    hit = torch.zeros_like(size_p)
    size_t = torch.zeros_like(size_p)
    flat = index.flatten(1)
    known = (~unknown).flatten(1).float()
    hit = hit.scatter_add(1, flat, (picked.exp().flatten(1) * known))
    size_t = size_t.scatter_add(1, flat, known)
    dice = (2 * hit + 50) / (size_p + size_t + 50)  # 50 voxels of smoothing: absent structures count little
    present = size_t > 0
    present[:, AIR] = False
    present[:, FIRST_OUTSIDE:] &= ~unknown.flatten(1).any(1)[:, None]
    return entropy + 1 - (dice * present).sum() / present.sum().clamp(min=1)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--priors", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--stop-after", type=float, default=1e9, help="seconds of this call")
    options = parser.parse_args()
    config = runpy.run_path(options.config)
    options.out.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(options.threads)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(config["seed"])

    model = UNet(len(CLASSES), config["channels"]).to(device, memory_format=torch.channels_last_3d)
    average = {k: v.detach().clone() for k, v in model.state_dict().items()}  # of weights, for use
    optimiser = torch.optim.AdamW(model.parameters(), lr=config["learning_rate"], weight_decay=1e-4)
    step, spent = 0, 0.0
    checkpoint = options.out / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint, map_location=device)
        model.load_state_dict(saved["model"])
        optimiser.load_state_dict(saved["optimiser"])
        average, step, spent = saved["average"], saved["step"], saved["spent"]

    real, _, maps, _ = split(options.data, config)
    patches = Patches(
        options.data, real, maps, options.priors, config["patch"], config["spacing"], config["random_contrast"],
        config["seed"] + step,
    )
    loader = torch.utils.data.DataLoader(patches, batch_size=None, num_workers=options.workers, prefetch_factor=3)
    started = last = time.time()
    running, seen = 0.0, 0
    for image, label in loader:  # (2, 1, D, H, W), (2, D, H, W)
        part = min(1.0, spent / (config["hours"] * 3600))
        rate = config["learning_rate"] * min(1.0, (step + 1) / 50) * (0.01 + 0.99 * (1 - part) ** 0.9)
        for group in optimiser.param_groups:
            group["lr"] = rate
        image = image.to(device).contiguous(memory_format=torch.channels_last_3d)
        with torch.autocast(device.type, dtype=torch.bfloat16):
            logits = model(image)
        value = loss(logits, label.to(device))
        optimiser.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 2.0)
        optimiser.step()
        step += 1
        keep = min(0.995, 1 - 10 / (step + 10))
        with torch.no_grad():
            for k, v in model.state_dict().items():
                average[k].lerp_(v, 1 - keep) if v.is_floating_point() else average[k].copy_(v)
        running, seen = running + value.item(), seen + 1
        now = time.time()
        spent, last = spent + now - last, now
        if step % 50 == 0:
            print(f"step {step} hours {spent / 3600:.3f} rate {rate:.1e} loss {running / seen:.4f}", flush=True)
            running, seen = 0.0, 0
        done = part >= 1 or now - started > options.stop_after
        if step % 200 == 0 or done:
            temporary = checkpoint.with_suffix(".new")
            torch.save(
                dict(model=model.state_dict(), optimiser=optimiser.state_dict(), average=average, step=step, spent=spent),
                temporary,
            )
            temporary.replace(checkpoint)
        if done:
            break


if __name__ == "__main__":
    main()
