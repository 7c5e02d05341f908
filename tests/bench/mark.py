"""The mark of live speech, as JSON lines: `scripts/bench mark [--heard] [--key KEY]`.

Every voice that is here speaks, marked, through each telephone; a row a voice, channel and length says how often the
mark is found. Then people's speech, unmarked: how high it scores. `--heard` adds Whisper's word error on the same
sentences with and without the mark, by A-law.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time

import jiwer
import numpy as np

from asr.audio import resample as to_ear
from asr.ears import open_ear
from store.base.settings import settings
from tests.telephone import CHANNELS, human_speech
from tts import voices
from tts.pcm import Pcm, from_bytes
from tts.watermark import THRESHOLD, detect, marked

SENTENCES = {
    "fr": ["Cabinet dentaire du Parc, bonjour, je suis un assistant vocal.", "Quel jour souhaitez-vous venir ?",
           "La consultation est à vingt-trois euros, le détartrage à quarante-trois euros.",
           "Je peux vous proposer mardi à quatorze heures trente, ou jeudi matin à neuf heures.",
           "Pouvez-vous m'épeler votre nom de famille, s'il vous plaît ?", "C'est noté, je vous remercie.",
           "Nous sommes ouverts du lundi au vendredi, de huit heures trente à dix-neuf heures.",
           "Le parking se trouve derrière l'immeuble, l'entrée est rue des Lilas.",
           "Je n'ai pas cette information, mais je peux prendre un message pour le docteur.",
           "Je récapitule : Claire Martin, jeudi à quatorze heures.", "Merci de votre appel, à bientôt."],
    "en": ["Park Dental Practice, good morning, I am a voice assistant.", "What day would suit you?",
           "A consultation is twenty-three euros and a cleaning is forty-three.",
           "I can offer you Tuesday at half past two, or Thursday morning at nine.",
           "Could you spell your surname for me, please?", "That's noted, thank you very much.",
           "We are open from Monday to Friday, from half past eight in the morning to seven in the evening.",
           "The car park is behind the building, the entrance is in Lilac Street.",
           "I don't have that information, but I can take a message for the doctor.",
           "So that's John Smith, Thursday at half past two.", "Thank you for calling, goodbye."],
}  # fmt: skip


async def spoken(name: str, language: str) -> list[bytes]:
    """Each sentence by a voice, slin16."""
    return [await voices.voice(language, name).voice.say(each) for each in SENTENCES[language]]


def scores(pcm: Pcm, seconds: float, key: str) -> list[float]:
    """The score of every stretch of that length (8 kHz), a second from one to the next."""
    size = int(seconds * 8000)
    return [detect(pcm[at : at + size], 8000, key).score for at in range(0, max(1, len(pcm) - size + 1), 8000)]


def row(what: str, channel: str, seconds: float, found: list[float], **more: object) -> None:
    share = sum(score >= THRESHOLD for score in found) / len(found)
    low, middle, high = (round(float(np.percentile(found, at)), 2) for at in (1, 50, 100))
    print(json.dumps({"what": what, "channel": channel, "seconds": seconds, "stretches": len(found),
                      "found": round(share, 4), "score_p1": low, "score_p50": middle, "score_most": high, **more}),
          flush=True)  # fmt: skip


def difference(plain: bytes, changed: bytes) -> float:
    """Decibels by which the speech is above what the mark changed in it."""
    a, b = from_bytes(plain).astype(np.float64), from_bytes(changed).astype(np.float64)
    return round(float(10 * np.log10((a**2).mean() / ((a - b) ** 2).mean())), 1)


async def word_error(sentences: list[bytes], language: str) -> float:
    """Whisper's, by A-law: share of words."""
    ear = open_ear()
    heard = [
        (await ear.transcribe(to_ear(CHANNELS["a-law"](from_bytes(each)), 8000), language=language)).text or "…"
        for each in sentences
    ]
    await ear.close()
    plain = jiwer.Compose([jiwer.ToLowerCase(), jiwer.RemovePunctuation(), jiwer.ReduceToListOfListOfWords()])
    told = jiwer.wer(SENTENCES[language], heard, reference_transform=plain, hypothesis_transform=plain)
    return round(float(told), 4)


def main() -> None:
    """Every voice that is here, then people."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--heard", action="store_true", help="Whisper's word error too")
    parser.add_argument("--key", default="bench", help="key of the mark")
    given = parser.parse_args()
    for info in [each for each in voices.known() if each.present]:
        sentences = asyncio.run(spoken(info.name, info.language))
        plain = b"".join(sentences)
        began = time.perf_counter()
        changed = marked(plain, given.key)
        cost = (time.perf_counter() - began) / (len(plain) / 32_000)
        more = dict[str, object](over_change_db=difference(plain, changed), times_real_time=round(cost, 5))
        for channel, through in CHANNELS.items():
            heard = through(from_bytes(changed))
            for seconds in (5.0, 10.0):
                row(info.name, channel, seconds, scores(heard, seconds, given.key), **more)
        row(f"{info.name}, unmarked", "a-law", 10.0, scores(CHANNELS["a-law"](from_bytes(plain)), 10.0, given.key))
        if given.heard:
            each = [marked(sentence, given.key) for sentence in sentences]
            print(json.dumps({"what": info.name, "word_error": asyncio.run(word_error(sentences, info.language)),
                              "word_error_marked": asyncio.run(word_error(each, info.language))}))  # fmt: skip
    for language in ("fr", "en"):
        pcm = human_speech(settings().cache, language, most=1200.0)
        if len(pcm):
            row(f"a person, {language}", "a-law", 10.0, scores(CHANNELS["a-law"](pcm), 10.0, given.key))


if __name__ == "__main__":
    main()
