"""A training that goes on where it was stopped: weights, optimiser, averaged weights and time spent in one checkpoint."""

import time

import torch


class RunState:
    """
    hours: of running, pauses of over a minute left out; the learning rate falls along this time
    average: weights averaged over the last steps, for use
    """

    def __init__(self, model, folder, learning_rate, hours, device):
        folder.mkdir(parents=True, exist_ok=True)
        self.model, self.learning_rate, self.seconds = model, learning_rate, hours * 3600
        self.checkpoint = folder / "checkpoint.pt"
        self.optimiser = torch.optim.AdamW(model.parameters(), lr=learning_rate, weight_decay=1e-4)
        self.average = {k: v.detach().clone() for k, v in model.state_dict().items()}
        self.step, self.spent = 0, 0.0
        self.running, self.seen = 0.0, 0
        if self.checkpoint.exists():
            saved = torch.load(self.checkpoint, map_location=device)
            model.load_state_dict(saved["model"])
            self.optimiser.load_state_dict(saved["optimiser"])
            self.average, self.step, self.spent = saved["average"], saved["step"], saved["spent"]
        self.started = self.last = time.time()

    @property
    def part(self):
        """Share of the planned time that is spent, 0…1."""
        return min(1.0, self.spent / self.seconds)

    def learn(self, value):
        """One step down the gradient of a loss; returns whether the planned time is over."""
        part = self.part
        rate = self.learning_rate * min(1.0, (self.step + 1) / 50) * (0.01 + 0.99 * (1 - part) ** 0.9)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.optimiser.zero_grad()
        value.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 2.0)
        self.optimiser.step()
        self.step += 1
        keep = min(0.995, 1 - 10 / (self.step + 10))
        with torch.no_grad():
            for k, v in self.model.state_dict().items():
                self.average[k].lerp_(v, 1 - keep) if v.is_floating_point() else self.average[k].copy_(v)
        self.running, self.seen = self.running + value.item(), self.seen + 1
        now = time.time()
        self.spent, self.last = self.spent + min(now - self.last, 60), now  # a process that was paused did not train
        if self.step % 50 == 0:
            print(f"step {self.step} hours {self.spent / 3600:.3f} rate {rate:.1e} loss {self.running / self.seen:.4f}", flush=True)
            self.running, self.seen = 0.0, 0
        return part >= 1

    def save(self):
        temporary = self.checkpoint.with_suffix(".new")
        torch.save(
            dict(model=self.model.state_dict(), optimiser=self.optimiser.state_dict(), average=self.average, step=self.step, spent=self.spent),
            temporary,
        )
        temporary.replace(self.checkpoint)
