"""Teach the sentence encoder what callers ask for: `agents/meaning/corpus/` in, `agents/meaning/adapter.npz` out.

Needs PyTorch, which the product does not; `scripts/train-meaning` brings it. On two cores an epoch takes three minutes.

First the low-rank additions: a caller's sentence must be likest to the fact it asks for, among the facts of its
company, some of others, and the shared intents; questions that no fact answers must be like none (InfoNCE, van den
Oord et al., arXiv 1807.03748). Then, on the vectors so made, a linear head tells a question about a fact from each
shared intent.
"""

from __future__ import annotations

import argparse
import math
import random
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
import yaml
from torch import Tensor, nn
from torch.nn import functional as F

from agents.meaning import encoder as base
from agents.meaning.sense import HEAD, SHARED
from store import weights

CORPUS = Path(base.__file__).with_name("corpus")
RANK, BATCH, RATE, STRANGERS, INTENTS = 8, 48, 7e-4, 8, 8
BOOKING = {
    "fr": ("rendez-vous, rdv", "réservation, réserver, retenir", "prendre date, venir, être reçu", "rendez-vous"),
    "en": ("appointment", "booking, reserve", "be seen, come in"),
}
CANCELLING = {
    "fr": ("annuler, annulation", "déplacer, reporter, modifier", "décommander, annuler mon rendez-vous"),
    "en": ("cancel", "change, move, reschedule"),
}
"""How clients word these as choices of their own: the same wish must be like each."""


@dataclass(frozen=True)
class Fact:
    about: tuple[str, ...]
    say: str
    asks: tuple[str, ...]


@dataclass(frozen=True)
class Company:
    name: str
    language: str
    facts: tuple[Fact, ...]
    unknown: tuple[str, ...]

    @property
    def asked(self) -> list[tuple[str, int]]:
        """Each sentence with the number of its fact; -1: none."""
        asks = [(ask, number) for number, fact in enumerate(self.facts) for ask in fact.asks]
        return asks + [(ask, -1) for ask in self.unknown]


def companies(folder: Path) -> list[Company]:
    found = []
    for path in sorted(folder.glob("*.yaml")):
        if not path.name.startswith("intents."):
            told = yaml.safe_load(path.read_text(encoding="utf-8"))
            facts = [Fact(tuple(f["about"].split(", ")), f["say"], _lines(f["asks"])) for f in told["facts"]]
            found.append(Company(told["company"], told["language"], tuple(facts), _lines(told["unknown"])))
    return found


def intents(language: str) -> dict[str, tuple[str, ...]]:
    told = yaml.safe_load((CORPUS / f"intents.{language}.yaml").read_text(encoding="utf-8"))
    return {intent: _lines(told[intent]["asks"]) for intent in SHARED["fr"]}


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


class Learner(nn.Module):
    """The encoder with low-rank additions that can be learnt; the same sums as `agents/meaning/encoder.py`."""

    def __init__(self, fixed: base.Encoder) -> None:
        super().__init__()
        self._fixed = fixed
        self.scale = nn.Parameter(torch.tensor(math.log(22.0)))
        self.none = nn.Parameter(torch.tensor(0.83))
        self.added = nn.ParameterDict()
        self._layers = []
        for number, layer in enumerate(fixed.layers):
            self._layers.append(
                {name: (torch.tensor(w), torch.tensor(layer.biases[name])) for name, w in layer.weights.items()}
            )
            for name in base.ADAPTED:
                rows, columns = layer.weights[name].shape
                self.added[f"{number}_{name}_A"] = nn.Parameter(torch.randn(RANK, columns) / columns**0.5)
                self.added[f"{number}_{name}_B"] = nn.Parameter(torch.zeros(rows, RANK))

    def forward(self, sentences: Sequence[str]) -> Tensor:
        hidden, there = (torch.tensor(part) for part in self._fixed.embedded(self._fixed.token_ids(sentences)))
        for number, layer in enumerate(self._fixed.layers):
            attended = self._attended(number, hidden, there)
            hidden = self._normal(hidden + attended, layer.norms["aln"])
            inner = F.gelu(self._linear(number, "fi", hidden), approximate="tanh")
            hidden = self._normal(hidden + self._linear(number, "fo", inner), layer.norms["oln"])
        mean = (hidden * there[..., None]).sum(1) / there.sum(1, keepdim=True)
        return F.normalize(mean, dim=-1)

    def likeness(self, asked: Tensor, candidates: Tensor) -> Tensor:
        """Scores (n, candidates + 1); the last column: none of them."""
        return self.scale.exp() * torch.cat([asked @ candidates.T, self.none.expand(len(asked), 1)], 1)

    def _linear(self, number: int, name: str, rows: Tensor) -> Tensor:
        weight, bias = self._layers[number][name]
        out = F.linear(rows, weight, bias)
        if name in base.ADAPTED:
            low = F.linear(F.dropout(rows, 0.1, self.training), self.added[f"{number}_{name}_A"])
            out = out + base.SCALE * F.linear(low, self.added[f"{number}_{name}_B"])
        return out

    def _attended(self, number: int, hidden: Tensor, there: Tensor) -> Tensor:
        count, longest, size = hidden.shape

        def split(name: str) -> Tensor:
            return self._linear(number, name, hidden).view(count, longest, self._fixed.heads, -1).transpose(1, 2)

        mixed = F.scaled_dot_product_attention(
            split("q"), split("k"), split("v"), attn_mask=there[:, None, None, :].bool()
        )
        return self._linear(number, "ao", mixed.transpose(1, 2).reshape(count, longest, size))

    def _normal(self, rows: Tensor, norm: tuple[base.Vectors, base.Vectors]) -> Tensor:
        return F.layer_norm(rows, rows.shape[-1:], torch.tensor(norm[0]), torch.tensor(norm[1]), self._fixed.eps)


def said(ask: str) -> str:
    """A sentence as it may also be heard: a word lost, a politeness added, a capital, a mark."""
    words = ask.split()
    if len(words) > 3 and random.random() < 0.3:
        words.pop(random.randrange(len(words)))
    if random.random() < 0.15:
        words = [*random.choice(["bonjour", "euh", "oui alors", "voilà", "dites", "excusez-moi"]).split(), *words]
    if random.random() < 0.2:
        words[-1] += random.choice(["?", " s'il vous plaît", "."])
    if random.random() < 0.3:
        words[0] = words[0].capitalize()
    return "query: " + " ".join(words)


def told(fact: Fact, *, whole: bool = False) -> str:
    """A fact as it may also be written: its words in another order, its sentence alone, its words alone."""
    about, dice = list(fact.about), 1.0 if whole else random.random()
    if not whole:
        random.shuffle(about)
    if dice < 0.15:
        return f"passage: {fact.say}"
    return f"passage: {', '.join(about)}." if dice < 0.25 else f"passage: {', '.join(about)}. {fact.say}"


def shared(intent: str, language: str, *, whole: bool = False) -> str:
    other = {"booking": BOOKING, "cancel_booking": CANCELLING}.get(intent)
    wordings = (SHARED[language][intent], *(other[language] if other and not whole else ()))
    return "passage: " + random.choice(wordings)


def epoch(learner: Learner, learnt: Sequence[Company], rate: list[float], optimizer: torch.optim.Optimizer) -> float:
    learner.train()
    names, losses = list(SHARED["fr"]), []
    heard = {language: intents(language) for language in ("fr", "en")}
    for company in random.sample(list(learnt), len(learnt)):
        asked, none = company.asked, len(company.facts) + STRANGERS + len(names)
        random.shuffle(asked)
        for at in range(0, len(asked), BATCH):
            batch = [(ask, none if number < 0 else number) for ask, number in asked[at : at + BATCH]]
            others = [other for other in learnt if other is not company]
            alike = [other for other in others if other.language == company.language] or others
            strangers = [fact for other in alike for fact in other.facts]
            for intent in random.sample(names, INTENTS):
                batch.append((random.choice(heard[company.language][intent]), none - len(names) + names.index(intent)))
            texts = [said(ask) for ask, _ in batch]
            texts += [told(fact) for fact in (*company.facts, *random.sample(strangers, STRANGERS))]
            texts += [shared(intent, company.language) for intent in names]
            vectors = learner(texts)
            score = learner.likeness(vectors[: len(batch)], vectors[len(batch) :])
            wanted = torch.tensor([number for _, number in batch])
            if random.random() < 0.5:  # a fact taken away: what asked for it now asks for none
                gone = random.randrange(len(company.facts))
                score = score.clone()
                score[:, gone] = -1e4
                wanted = torch.where(wanted == gone, torch.tensor(none), wanted)
            weight = torch.where(wanted == none, 0.7, 1.0)
            loss = (F.cross_entropy(score, wanted, reduction="none") * weight).sum() / weight.sum()
            optimizer.param_groups[0]["lr"] = rate.pop(0)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(learner.added.parameters(), 1.0)
            optimizer.step()
            losses.append(float(loss.detach()))
    return sum(losses) / len(losses)


Encode = Callable[[Sequence[str]], np.ndarray]
"""Sentences → unit vectors (n, size)."""


@torch.no_grad()
def vectors(learner: Learner, texts: Sequence[str]) -> np.ndarray:
    learner.eval()
    return np.concatenate([learner(texts[at : at + 64]).numpy() for at in range(0, len(texts), 64)])


def right(encode: Encode, held_out: Sequence[Company]) -> float:
    """Share of the sentences of companies never learnt from whose fact comes first among their company's."""
    good = count = 0
    for company in held_out:
        facts = encode([told(fact, whole=True) for fact in company.facts])
        asks = [(ask, number) for ask, number in company.asked if number >= 0]
        best = (encode([f"query: {ask}" for ask, _ in asks]) @ facts.T).argmax(1)
        good, count = good + int((best == [number for _, number in asks]).sum()), count + len(asks)
    return good / count


def head(encode: Encode, learnt: Sequence[Company]) -> tuple[np.ndarray, np.ndarray]:
    """Weights (kinds, size) and biases of the head; its first kind is a question about a fact, known or not."""
    texts, kinds = [], []
    for company in learnt:
        texts += [f"query: {ask}" for ask, _ in company.asked]
        kinds += [0] * len(company.asked)
    for language in ("fr", "en"):
        for intent, asks in intents(language).items():
            texts += [f"query: {ask}" for ask in asks]
            kinds += [HEAD.index(intent)] * len(asks)
    rows, wanted = torch.tensor(encode(texts)), torch.tensor(kinds)
    linear = nn.Linear(rows.shape[1], len(HEAD))
    optimizer = torch.optim.AdamW(linear.parameters(), lr=0.05, weight_decay=0.02)
    share = torch.bincount(wanted, minlength=len(HEAD)).float()
    weight = (share.max() / share).sqrt()
    for _ in range(400):
        loss = F.cross_entropy(linear(rows), wanted, weight=weight)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return linear.weight.detach().numpy(), linear.bias.detach().numpy()


def taught(learnt: Sequence[Company], held_out: Sequence[Company], epochs: int, seed: int) -> Learner:
    """One run."""
    random.seed(seed)
    torch.manual_seed(seed)
    learner = Learner(base.Encoder(weights.file(base.MODEL), None))
    steps = epochs * sum(math.ceil(len(company.asked) / BATCH) for company in learnt)
    rate = [RATE * min(1.0, step / 10) * max(0.05, 1 - step / steps) for step in range(steps)]
    optimizer = torch.optim.AdamW(
        [
            {"params": list(learner.added.parameters()), "lr": RATE, "weight_decay": 0.02},
            {"params": [learner.scale], "lr": 1e-2},
            {"params": [learner.none], "lr": 2e-3},
        ]
    )
    for number in range(epochs):
        began = time.monotonic()
        loss = epoch(learner, learnt, rate, optimizer)
        took, good = time.monotonic() - began, right(partial(vectors, learner), held_out)
        print(f"seed {seed}, epoch {number + 1}: loss {loss:.3f}, held out right {good:.3f}, {took:.0f} s", flush=True)
    return learner


def joined(runs: Sequence[Learner]) -> dict[str, np.ndarray]:
    """The mean of what several runs added: it knows companies never seen better than any of them.

    (Model soups, Wortsman et al., arXiv 2203.05482.) A mean of products is a product of the factors side by side.
    """
    added: dict[str, np.ndarray] = {}
    for name in runs[0].added:
        parts = [run.added[name].detach().numpy() for run in runs]
        side = np.concatenate(parts, axis=0) if name.endswith("_A") else np.concatenate(parts, axis=1) / len(runs)
        added[name] = side.astype(np.float16)
    scale = np.mean([run.scale.exp().item() for run in runs])
    none = np.mean([run.none.item() for run in runs])
    return added | {"scale": np.float32(scale), "none": np.float32(none)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--epochs", type=int, default=2)
    parser.add_argument("--seeds", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--to", type=Path, default=base.ADAPTER)
    given = parser.parse_args()
    learnt, held_out = companies(CORPUS), companies(CORPUS / "held_out")
    before = right(base.Encoder(weights.file(base.MODEL), None).encode, held_out)
    print(f"{len(learnt)} companies; held out right before: {before:.3f}", flush=True)
    added = joined([taught(learnt, held_out, given.epochs, seed) for seed in given.seeds])
    with tempfile.TemporaryDirectory() as folder:
        draft = Path(folder) / "adapter.npz"
        np.savez_compressed(draft, **added)
        encoder = base.Encoder(weights.file(base.MODEL), draft)
    weight, bias = head(encoder.encode, learnt)
    np.savez_compressed(given.to, **added, head=weight.astype(np.float32), head_bias=bias.astype(np.float32))
    print(f"held out right: {right(encoder.encode, held_out):.3f}; {given.to}: {given.to.stat().st_size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
