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
    bad = config["faulty_references"]
    train = [p for p in people if p not in kept and p not in bad]
    return train, [p for p in kept if p not in bad], [m for m in maps if m not in held], held


def loss(logits, label, power=0.5, air_kept=0.15):
    """Cross entropy, rare structures weighted up, plus soft Dice; a voxel of unknown kind must only be neither brain nor air.

    A structure's weight is a power of how much rarer it is than the mean one: without it the small structures, a thousandth
    of the voxels, stay unlearned for hours. Half of a patch is air: a random part of it stands for all of it.

    logits (B, C, D, H, W), label (B, D, H, W) uint8
    """
    total = 0.0
    for rows, target in zip(logits.permute(0, 2, 3, 4, 1), label):  # (D, H, W, C), (D, H, W)
        rows, target = rows.reshape(-1, rows.shape[-1]), target.reshape(-1)
        picked = torch.nonzero((target != AIR) | (torch.rand(target.shape, device=target.device) < air_kept))[:, 0]
        target = target[picked].long()  # (N,)
        log_p = torch.log_softmax(rows[picked].float(), 1)  # (N, C)
        share = torch.where(target == AIR, 1 / air_kept, 1.0)  # voxels of the patch that each row stands for
        unknown = target == UNKNOWN
        index = torch.where(unknown, FIRST_OUTSIDE, target)
        of_target = log_p.gather(1, index[:, None])[:, 0]
        of_outside = torch.logsumexp(log_p[:, FIRST_OUTSIDE:], 1)
        known = share * ~unknown
        size_p = share @ log_p.exp()  # (C,)
        size_t = torch.zeros_like(size_p).index_add(0, index, known)
        hit = torch.zeros_like(size_p).index_add(0, index, of_target.exp() * known)
        present = (size_t > 0).float()
        rarity = ((size_t.sum() / present.sum() / size_t.clamp(min=1)) ** power).clamp(0.3, 40)
        weight = share * torch.where(unknown, torch.tensor(0.5, device=share.device), rarity[index])
        entropy = -(torch.where(unknown, of_outside, of_target) * weight).sum() / weight.sum()
        dice = (2 * hit + 10) / (size_p + size_t + 10)
        present[AIR] = 0
        if unknown.any():
            present[FIRST_OUTSIDE:] = 0
        total = total + entropy + 1 - (dice * present).sum() / present.sum().clamp(min=1)
    return total / len(logits)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--priors", required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--start", type=Path, help="weights to begin with; those of another shape are left out")
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
    if options.start:
        wanted = model.state_dict()
        given = torch.load(options.start, map_location=device)
        fitting = {k: v.float() for k, v in given.items() if k in wanted and v.shape == wanted[k].shape}
        print(f"{len(fitting)} of {len(wanted)} weights from {options.start}")
        model.load_state_dict({**wanted, **fitting})
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
        config["strength"], config["seed"] + step, config.get("brain_alone", 0.0),
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
        value = loss(logits, label.to(device), power=0.8 * (1 - part))  # calibrated probabilities in the end
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
        spent, last = spent + min(now - last, 60), now  # a process that was paused did not train
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
