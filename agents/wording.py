"""The sentences an agent says when its file does not word them, in French and in English."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from agents.slots.text import Language


class Wording(BaseModel):
    """One sentence per situation; any of them may be given under `wording:` in the agent's file.

    In braces: {day}, {time}, {hours}, {human}, {alternative}, {reason}, {company},
    {first}, {second}, {least}, {most}, {value}.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    unknown: str = ""
    """The caller asks what no fact answers."""
    offer_person: str = ""
    """Added to `unknown` when there is a person to pass the call to."""
    offer_message: str = ""
    """Added to `unknown` when there is none, and messages are taken."""
    doubt: str = ""
    """Asked when what the caller says may mean two things: {first}, {second}."""
    doubt_one: str = ""
    """Asked when it probably means one: {first}."""
    doubt_human: str = ""
    """How those two questions name being put through; {human}."""
    doubt_message: str = ""
    doubt_goodbye: str = ""
    doubt_opt_out: str = ""
    transfer: str = ""
    transfer_failed: str = ""
    attend: str = ""
    """In place of `transfer`, where the person is asked before they take the call; {human}."""
    transfer_refused: str = ""
    """… and in place of `transfer_failed`, where they would not; {human}."""
    brief: str = ""
    """What that person hears: a call {first} ("from …"), about {second}; {company}."""
    brief_only: str = ""
    """… where nothing is known of the matter."""
    brief_take: str = ""
    """How they take the call: key 1, or yes."""
    brief_refuse: str = ""
    """How they refuse it: key 2, or no."""
    brief_joined: str = ""
    brief_refused: str = ""
    brief_gone: str = ""
    """The caller hung up meanwhile."""
    no_transfer: str = ""
    """The caller asks for a person and there is none to pass the call to."""
    doubt_give_up: str = ""
    """The whole question, where the caller may not want it any more; a yes gives it up."""
    turned: str = ""
    """The caller wants another of the scenario's ways: said before its first question."""
    given_up: str = ""
    """What was begun is given up."""
    anything_else: str = ""
    """… and what else there may be."""
    opted_out: str = ""
    disclosed: str = ""
    """Said in the first reply to who talked over the disclosure: an AI speaks (AI Act, art. 50)."""
    recorded: str = ""
    """… and over the notice that the call is recorded (RGPD, art. 13)."""
    foreign: str = ""
    """Said in the caller's language by an agent that has no version in it, before a person or a message."""
    record_refused: str = ""
    record_paused: str = ""
    """The caller wants what they say next off the record: nothing of it is kept until they say so."""
    record_resumed: str = ""
    message_ask: str = ""
    message_name: str = ""
    message_noted: str = ""
    """The message was given in the same breath as the wish to leave one."""
    message_done: str = ""
    correct: str = ""
    """The caller says no to a read-back without saying what is wrong."""
    changed: str = ""
    past: str = ""
    closed_day: str = ""
    closed_time: str = ""
    too_few: str = ""
    """A number is less than its slot's `min`: {least}."""
    too_many: str = ""
    """A number is more than its slot's `max`: {most}."""
    not_accepted: str = ""
    """What was said has not the form that its slot wants."""
    not_listed: str = ""
    """… or is none of the values of its slot's `list`."""
    go_on: str = ""
    """A number, an address or a name is being dictated, and more must come."""
    go_on_again: str = ""
    """… said after each breath that follows."""
    so_far: str = ""
    """… said when the caller asked something else meanwhile, or keeps silent: {value}, as far as it was heard."""
    dictate_again: str = ""
    """What was dictated can be no number (a digit too many)."""
    ask_time: str = ""
    ask_day: str = ""
    ask_name: str = ""
    ask_phone: str = ""
    taken: str = ""
    failed: str = ""
    to_confirm: str = ""
    """The appointment is made, and the client's calendar could not be asked."""
    leave: str = ""
    """Said before the goodbye when the caller stays silent or is not understood at all."""
    bye: str = ""
    """Said to a caller who takes leave over our goodbye, or after it."""
    wait: str = ""
    thinking: str = ""
    """Said when an answer takes a moment ("Alors, voyons."), if the file words it: no default, because a machine that
    calls takes the pause after it for its turn."""
    resumed: str = ""
    """Said when the call goes on after a part of ours had died, or its sound was lost, before the question again."""
    moment: str = ""
    """Said, once, to who answers before our ear is there, in a call that goes on after a restart."""
    credit_low: str = ""
    """The balance pays for little more of this call; neutral, because the caller need not be the one who pays."""
    credit_out: str = ""
    """Said before hanging up when the balance is used up."""


FRENCH = Wording(
    unknown="Je n'ai pas cette information.",
    offer_person="Je peux vous passer {human}, si vous le souhaitez.",
    offer_message="Je peux prendre un message, si vous le souhaitez.",
    doubt="Pardon, c'est pour {first}, ou pour {second} ?",
    doubt_one="Pardon, c'est bien pour {first} ?",
    doubt_human="parler à {human}",
    doubt_message="laisser un message",
    doubt_goodbye="terminer l'appel",
    doubt_opt_out="ne plus être appelé",
    doubt_give_up="Je laisse votre demande, c'est bien cela ?",
    turned="D'accord.",
    given_up="Très bien, je n'y donne pas suite.",
    anything_else="Puis-je faire autre chose pour vous ?",
    transfer="Je vous passe {human}, ne quittez pas.",
    transfer_failed="Je n'arrive pas à joindre {human}.",
    attend="Je vois si {human} peut vous répondre, ne quittez pas.",
    transfer_refused="Votre appel ne peut pas être pris par {human} pour le moment.",
    brief="Bonjour, ici l'assistant vocal de {company}. Appel {first}, au sujet de : {second}.",
    brief_only="Bonjour, ici l'assistant vocal de {company}. Appel {first}.",
    brief_take="Tapez 1 ou dites oui pour prendre l'appel.",
    brief_refuse="Tapez 2 ou dites non pour refuser.",
    brief_joined="Merci, je vous mets en relation.",
    brief_refused="Entendu, je reprends l'appel. Au revoir.",
    brief_gone="La personne qui appelait a raccroché. Merci, au revoir.",
    no_transfer="Personne n'est disponible pour le moment.",
    opted_out="C'est noté, nous ne vous appellerons plus.",
    foreign="Je suis désolé, je ne parle pas français ici.",
    disclosed="Je suis une intelligence artificielle.",
    recorded="Cet appel est enregistré.",
    record_refused="Très bien, cet appel n'est plus enregistré.",
    record_paused="D'accord, ce que vous dites maintenant n'est pas conservé. Dites-moi quand je peux reprendre.",
    record_resumed="Merci, je reprends.",
    message_ask="Quel message souhaitez-vous laisser ?",
    message_name="C'est de la part de qui, s'il vous plaît ?",
    message_noted="C'est noté, je transmettrai votre message.",
    message_done="Merci, votre message est transmis.",
    correct="Que dois-je corriger ?",
    changed="D'accord, {day} {time}.",
    past="Cette date est déjà passée.",
    closed_day="Nous sommes fermés {day}.",
    closed_time="Nous sommes fermés à cette heure-là : {day}, nous recevons {hours}.",
    too_few="C'est {least} au minimum.",
    too_many="C'est {most} au maximum.",
    not_accepted="Ce que j'ai noté n'a pas la bonne forme.",
    not_listed="Je ne trouve pas cela dans ma liste.",
    go_on="Je vous écoute.",
    go_on_again="Oui.",
    so_far="J'ai noté {value}. Je vous écoute.",
    dictate_again="Je n'ai pas bien suivi. Pouvez-vous reprendre depuis le début ?",
    ask_time="À quelle heure ?",
    ask_day="Quel jour ?",
    ask_name="À quel nom, s'il vous plaît ?",
    ask_phone="Quel est votre numéro de téléphone ?",
    taken="Ce créneau n'est plus libre.",
    failed="Je n'ai pas pu l'enregistrer.",
    to_confirm="Notre agenda ne répond pas pour l'instant : ce rendez-vous reste à confirmer.",
    leave="Je ne vous entends plus.",
    bye="Au revoir.",
    wait="Je vous en prie.",
    resumed="Excusez-moi, nous avons été coupés un instant.",
    moment="Un instant, s'il vous plaît.",
    credit_low="Il nous reste peu de temps : cet appel va bientôt se terminer.",
    credit_out="Je dois mettre fin à cet appel. Merci, au revoir.",
)

ENGLISH = Wording(
    unknown="I don't have that information.",
    offer_person="I can put you through to {human}, if you like.",
    offer_message="I can take a message, if you like.",
    doubt="Sorry, is it about {first}, or about {second}?",
    doubt_one="Sorry, is it about {first}?",
    doubt_human="speaking to {human}",
    doubt_message="leaving a message",
    doubt_goodbye="ending the call",
    doubt_opt_out="not being called again",
    doubt_give_up="Shall I drop this request?",
    turned="All right.",
    given_up="Very well, I will leave it.",
    anything_else="Is there anything else I can do for you?",
    transfer="I'm putting you through to {human}, please hold.",
    transfer_failed="I can't reach {human}.",
    attend="I'll see whether {human} can take your call, please hold.",
    transfer_refused="Your call cannot be taken by {human} right now.",
    brief="Hello, this is the voice assistant of {company}. A call {first}, about: {second}.",
    brief_only="Hello, this is the voice assistant of {company}. A call {first}.",
    brief_take="Press 1 or say yes to take the call.",
    brief_refuse="Press 2 or say no to refuse it.",
    brief_joined="Thank you, I'm connecting you.",
    brief_refused="Very well, I'll take the call back. Goodbye.",
    brief_gone="The caller has hung up. Thank you, goodbye.",
    no_transfer="Nobody is available right now.",
    opted_out="Noted: we will not call you again.",
    foreign="I am sorry, I do not speak English here.",
    disclosed="I am an artificial intelligence.",
    recorded="This call is recorded.",
    record_refused="Very well, this call is no longer recorded.",
    record_paused="All right, what you say now is not kept. Tell me when I may go on.",
    record_resumed="Thank you, let's go on.",
    message_ask="What message would you like to leave?",
    message_name="Who is it from, please?",
    message_noted="I have noted your message and will pass it on.",
    message_done="Thank you, your message has been passed on.",
    correct="What should I change?",
    changed="All right, {day} {time}.",
    past="That date has already passed.",
    closed_day="We are closed on {day}.",
    closed_time="We are closed at that time: on {day} we are open {hours}.",
    too_few="It is {least} at least.",
    too_many="It is {most} at most.",
    not_accepted="What I have noted does not look right.",
    not_listed="I can't find that in my list.",
    go_on="Go on, please.",
    go_on_again="Yes.",
    so_far="I have {value} so far. Go on, please.",
    dictate_again="I didn't quite follow. Could you start again from the beginning?",
    ask_time="At what time?",
    ask_day="Which day?",
    ask_name="What name is it, please?",
    ask_phone="What is your phone number?",
    taken="That slot is no longer free.",
    failed="I could not record it.",
    to_confirm="Our diary does not answer just now: this appointment is still to be confirmed.",
    leave="I can't hear you any more.",
    bye="Goodbye.",
    wait="Take your time.",
    resumed="Sorry, we were cut off for a moment.",
    moment="One moment, please.",
    credit_low="We have little time left: this call will end soon.",
    credit_out="I have to end this call now. Thank you, goodbye.",
)

_PACKS: dict[Language, Wording] = {"fr": FRENCH, "en": ENGLISH}

_LISTS: dict[Language, dict[str, tuple[str, ...]]] = {
    "fr": {
        "silence": ("Vous êtes toujours là ?", "Je ne vous entends pas. Pouvez-vous parler un peu plus fort ?"),
        "not_understood": ("Pardon, je n'ai pas bien compris.", "Excusez-moi, je n'ai toujours pas compris."),
        "apology": ("Excusez-moi, j'ai un souci technique.",),
        "goodbye": ("Merci de votre appel, au revoir.",),
    },
    "en": {
        "silence": ("Are you still there?", "I can't hear you. Could you speak a little louder?"),
        "not_understood": ("Sorry, I didn't quite get that.", "I'm sorry, I still didn't understand."),
        "apology": ("I'm sorry, I have a technical problem.",),
        "goodbye": ("Thank you for calling, goodbye.",),
    },
}


def wording(language: Language, own: Wording) -> Wording:
    """The language's sentences, with the agent's own where it has them."""
    given = {name: text for name, text in own.model_dump().items() if text}
    return _PACKS[language].model_copy(update=given)


def default_lines(language: Language, name: str) -> tuple[str, ...]:
    """What is said for `silence`, `not_understood`, `apology` or `goodbye` unless the file says otherwise."""
    return _LISTS[language][name]
