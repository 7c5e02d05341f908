"""A file that denies that an AI speaks, or that records in secret, is not published."""

from __future__ import annotations

import pytest

from agents.loading import EXAMPLES, AgentFileError, load, loads
from compliance.law.disclosure import ai

DENIALS = [
    ("fr", "Acme, bonjour, je ne suis pas un robot, je suis Camille."),
    ("fr", "Vous parlez à Camille, pas à un robot."),
    ("fr", "Je suis Camille et ne suis pas, comme on dit, une IA."),
    ("fr", "Un robot, moi, jamais."),
    ("fr", "Ici Camille : ni robot, ni automate."),
    ("fr", "Robot Coupe, bonjour. Je suis Camille."),
    ("fr", "Nous vendons des robots de cuisine. Ici le magasin."),
    ("en", "Hello, I'm not a robot, I'm Camille."),
    ("en", "You're talking to Camille, never to an artificial intelligence."),
    ("en", "I am Camille and no robot."),
]
DISCLOSURES = [
    ("fr", "Je suis une intelligence artificielle."),
    ("fr", "Je suis une IA, pas une personne."),
    ("fr", "Je ne suis pas une personne, je suis une intelligence artificielle."),
    ("fr", "Bonjour, ici l'assistant vocal du garage."),
    ("fr", "Vous êtes en communication avec un agent conversationnel."),
    ("fr", "C'est un automate qui vous répond."),
    ("fr", "Une intelligence artificielle vous répond."),
    ("en", "This is a virtual agent."),
    ("en", "I'm an A.I. assistant, not a human being."),
    ("en", "You are speaking with an automated assistant."),
]


@pytest.mark.parametrize(("language", "text"), DENIALS)
def test_a_denial_or_a_products_name_is_no_disclosure(language: str, text: str) -> None:
    assert ai(text, language) is None


@pytest.mark.parametrize(("language", "text"), DISCLOSURES)
def test_what_says_that_an_ai_speaks_is_one(language: str, text: str) -> None:
    assert ai(text, language) is not None


def test_every_example_of_the_house_still_says_it() -> None:
    for path in EXAMPLES.glob("*.yaml"):
        agent = load(path).agent
        assert ai(f"{agent.greeting} {agent.disclosure}", agent.language) is not None


@pytest.mark.parametrize("policy", ["off", "announced"])
def test_a_step_that_begins_a_recording_unasked_is_refused(policy: str) -> None:
    text = f"""id: test
name: Test
language: fr
company: {{name: Test}}
greeting: Bonjour.
disclosure: Je suis une intelligence artificielle.
recording: {{policy: "{policy}", say: "Cet appel est enregistré."}}
scenario:
  start: r
  steps:
    - {{id: r, do: record, args: {{allowed: "true"}}, wait: false, next: z}}
    - {{id: z, end: true}}
"""
    with pytest.raises(AgentFileError, match="begins a recording that nobody was asked about"):
        loads(text)
    assert loads(text.replace('"true"', '"false"')).agent.recording.policy == policy
