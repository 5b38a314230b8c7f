"""Trains one generator of new faces; stops and resumes at any time.

    python3 train.py --config config/pix2pix_25d.py --data .scratch/reface/data --average ../../average-head --out .scratch/reface/pix2pix

Time counts, not steps: the learning rate falls with the share of `hours` that has been spent training. A GPU is used when
there is one. The first part of the time has no critic: it would only learn that a blur is a blur.
"""

import argparse
import json
import runpy
import time
from pathlib import Path

import numpy as np
import torch

from data import Heads, patches, slices
from generators import Critic, Generator

LAYOUT = {2: torch.channels_last, 3: torch.channels_last_3d}  # four times faster with bfloat16 on a CPU


def batch_of(sample, config, rng):
    if config["dims"] == 2:
        return slices(sample, config["slices"], rng)
    return patches(sample, config["patch"], config["patches"], rng)


def judged(made, b):
    """What the critic sees: kept and made tissue in the wanted shape. (B, 3, …)"""
    removed = b["removed"]
    picture = (1 - removed) * b["image"] + removed * b["share"] * made
    stacked = torch.stack((picture * b["seen"], removed, b["shape"]), 1)
    return stacked.contiguous(memory_format=LAYOUT[stacked.dim() - 2])


def networks(config, device):
    dims = config["dims"]
    inputs = 12 if dims == 2 else 4
    layout = LAYOUT[dims]
    return (Generator(dims, inputs, config["channels"]).to(device, memory_format=layout),
            Critic(dims, config["critic"]).to(device, memory_format=layout))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--config", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--average", required=True)
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
    generator, critic = networks(config, device)
    average = {k: v.detach().clone() for k, v in generator.state_dict().items()}  # of weights, for use
    g_step = torch.optim.Adam(generator.parameters(), lr=config["learning_rate"], betas=(0.5, 0.99))
    c_step = torch.optim.Adam(critic.parameters(), lr=config["critic_rate"], betas=(0.5, 0.99))
    step, spent = 0, 0.0
    checkpoint = options.out / "checkpoint.pt"
    if checkpoint.exists():
        saved = torch.load(checkpoint, map_location=device)
        generator.load_state_dict(saved["generator"])
        critic.load_state_dict(saved["critic"])
        g_step.load_state_dict(saved["g_step"])
        c_step.load_state_dict(saved["c_step"])
        average, step, spent = saved["average"], saved["step"], saved["spent"]
    heads = Heads(options.data, options.average, config["seed"] + step)
    loader = torch.utils.data.DataLoader(heads, batch_size=None, num_workers=options.workers, prefetch_factor=3)
    rng = np.random.default_rng(config["seed"] + step)
    started = last = time.time()
    sums, seen = np.zeros(4), 0
    curve = (options.out / "curve.jsonl").open("a")
    for sample in loader:
        b = batch_of(sample, config, rng)
        if b is None:
            continue
        b = {k: v.to(device) for k, v in b.items()}
        middle = lambda n: 3 * n + 1 if config["dims"] == 2 else n
        b["removed"], b["shape"] = b["channels"][:, middle(1)], b["channels"][:, middle(2)]
        part = min(1.0, spent / (config["hours"] * 3600))
        fall = min(1.0, (step + 1) / 50) * (0.02 + 0.98 * (1 - part) ** 0.9)
        for optimiser, rate in ((g_step, config["learning_rate"]), (c_step, config["critic_rate"])):
            for group in optimiser.param_groups:
                group["lr"] = rate * fall
        critical = part > config["alone"]
        with torch.autocast(device.type, dtype=torch.bfloat16):
            made = generator(b["channels"].contiguous(memory_format=LAYOUT[config["dims"]]))[:, 0]
        made = made.float()
        l1 = ((made - b["tissue"]).abs() * b["trust"]).sum() / b["trust"].sum().clamp(min=1)
        value, fooled, c_loss = config["l1"] * l1, torch.zeros(()), torch.zeros(())
        if critical:
            real, fake = judged(b["tissue"], b), judged(made, b)
            with torch.autocast(device.type, dtype=torch.bfloat16):
                on_real, on_fake = critic(real), critic(fake.detach())
            c_loss = torch.relu(1 - on_real.float()).mean() + torch.relu(1 + on_fake.float()).mean()
            c_step.zero_grad()
            c_loss.backward()
            c_step.step()
            with torch.autocast(device.type, dtype=torch.bfloat16):
                fooled = -critic(fake).float().mean()
            value = value + fooled
        g_step.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(generator.parameters(), 5.0)
        g_step.step()
        step += 1
        keep = min(0.995, 1 - 10 / (step + 10))
        with torch.no_grad():
            for k, v in generator.state_dict().items():
                average[k].lerp_(v, 1 - keep) if v.is_floating_point() else average[k].copy_(v)
        sums += [l1.item(), fooled.item(), c_loss.item(), float(critical)]
        seen += 1
        now = time.time()
        spent, last = spent + now - last, now
        if step % 25 == 0:
            row = dict(step=step, hours=round(spent / 3600, 4), l1=round(sums[0] / seen, 4), fooled=round(sums[1] / seen, 3), critic=round(sums[2] / seen, 3))
            curve.write(json.dumps(row) + "\n")
            curve.flush()
            print(row, flush=True)
            sums, seen = np.zeros(4), 0
        done = part >= 1 or now - started > options.stop_after
        if step % 100 == 0 or done:
            temporary = checkpoint.with_suffix(".new")
            torch.save(
                dict(generator=generator.state_dict(), critic=critic.state_dict(), g_step=g_step.state_dict(),
                     c_step=c_step.state_dict(), average=average, step=step, spent=spent),
                temporary,
            )
            temporary.replace(checkpoint)
        if done:
            break


if __name__ == "__main__":
    main()
