# ruff: noqa: E501 (tables read better whole)
"""Phrases understood at every step without a model: opting out, a person, goodbye, a message, repeat."""

from __future__ import annotations

import re

from agents.slots.text import Language
from agents.state import Intent

# Order matters: the refusal to be called again wins over everything (C. conso L223-1, R223-3).
_PATTERNS: dict[Language, tuple[tuple[Intent, str], ...]] = {
    "fr": (
        ("opt_out", r"ne (?:m |me |nous )?(?:re)?(?:appelez|appeler|appele|rappelez|rappeler|telephonez|telephoner|contactez|contacter) (?:plus|pas)\b(?! (?:avant|apres|le|ce|tout de suite|maintenant|aujourd))"),
        # said to us, whichever way it is spelt: "mon fils ne m'appelle plus" says it of somebody else
        ("opt_out", r"^(?:(?:non|ah|oh|ecoutez|bon|alors|mais|merci|stop|allo|bonjour|s il (?:vous|te) plait|et) )*ne (?:m |me |nous )(?:(?:appelle|rappelle|contacte|telephone)s?|(?:appel|rappel|contact|telephon)(?:ais|ait|aient)) plus\b(?! (?:avant|apres|le|ce|tout de suite|maintenant|aujourd))"),
        ("opt_out", r"(?:arretez|cessez) (?:de |d )(?:m |me |nous )?(?:appeler|rappeler|harceler|contacter|demarcher|telephoner|solliciter|deranger)"),
        ("opt_out", r"(?:appelez|rappelez|contactez|telephonez) (?:moi )?plus\b(?! (?:tard|tot))"),
        ("opt_out", r"(?:veux|souhaite|voudrais|desire) (?:ne )?(?:plus|pas) (?:jamais )?(?:etre|que vous) (?:re)?(?:appele|appeles|appelee|contacte|contactee|demarche|demarchee|m appeliez|me contactiez)"),
        ("opt_out", r"(?:ne|n) plus (?:jamais )?(?:etre |m |me )(?:appele|appelee|contacte|contactee|demarche|demarchee|appeler|contacter|rappeler)"),
        ("opt_out", r"(?:retirez|enlevez|supprimez|effacez|rayez|sortez|retirer|supprimer|effacer|enlever) (?:moi|mon (?:nom|numero)|mes coordonnees|ce numero)(?: .{0,20})?(?:\b(?:liste|listes|fichier|fichiers|base)\b|$)"),
        ("opt_out", r"(?:inscri[a-z]+|mett[a-z]+) (?:moi )?.{0,20}(?:liste d opposition|liste rouge|bloctel)"),
        ("opt_out", r"\b(?:m|me|nous) (?:enlev|retir|ray|supprim|effac|sort)[a-z]+ (?:.{0,20} )?(?:liste|listes|fichier|fichiers|base)\b"),
        ("opt_out", r"(?:stop|arretez|cessez|assez|marre|fini)(?: avec| de| d| les| a)*(?: tous)? (?:vos|ces|les) (?:appels|coups de fil|coups de telephone|demarchages)"),
        ("opt_out", r"je (?:retire|revoque) mon (?:consentement|accord)"),
        ("record_paused", r"\bn enregistrez (?:pas|plus) (?:ce (?:que|qui)|ca|cela|la suite|mon|ma|mes|le numero|le code)\b"),
        ("record_paused", r"\b(?:suspendez|(?:mettez|met[sz]?) (?:en pause|sur pause)) l enregistrement\b"),
        ("record_paused", r"\b(?:coupez|arretez|stoppez|interrompez) l enregistrement (?:s il vous plait )?(?:un (?:instant|moment|peu)|une (?:minute|seconde)|pendant|le temps|deux (?:minutes|secondes))\b"),
        ("record_resumed", r"\b(?:vous pouvez|pouvez vous|tu peux) (?:a nouveau |de nouveau )?(?:re ?enregistrer|r enregistrer|reprendre l enregistrement)"),
        ("record_resumed", r"\b(?:vous pouvez|tu peux) enregistrer (?:a|de) nouveau\b|\b(?:reprenez|relancez|remettez) l enregistrement\b"),
        ("record_resumed", r"^(?:(?:c est bon|voila|ok|d accord|merci|c est fini|maintenant) )*(?:vous pouvez|tu peux) reprendre(?: maintenant| s il vous plait)?$"),
        ("record_refused", r"(?:veux|souhaite|voudrais|accepte|desire) pas .{0,20}enregistre"),
        ("record_refused", r"(?:arretez|coupez|stoppez|pas d|refuse l) ?(?:l )?enregistre"),
        ("record_refused", r"(?:m oppose|refuse) .{0,12}(?:enregistrement|enregistre)"),
        ("human", r"parler (?:a|avec|directement a) (?:quelqu|une? (?:vrai|vraie|autre )?|la |le |l |monsieur|madame|docteur|votre)"),
        ("human", r"(?:passez|transferez|mettez|mettre en relation|(?:me|nous) (?:passer|transferer|mettre))(?: moi| nous)?(?: en relation)?(?: avec)? (?:quelqu|un(?:e)? |la |le |l |au |a |monsieur|madame|docteur|votre)"),
        ("human", r"(?:un|une|vrai|vraie) (?:etre humain|humain|vraie personne|conseiller|conseillere|operateur|operatrice|personne reelle)"),
        ("human", r"(?:passez|passe) moi (?:monsieur |madame |docteur )?[a-z]+(?: s il vous plait)?$"),
        ("human", r"^(?:secretariat|secretaire|standard|humain|conseiller|operateur|quelqu un s il vous plait)$"),
        ("message", r"(?:laisser|prendre|transmettre|donner|laisse|prenez|transmettez|passer) (?:moi )?(?:un|le|ce|mon) message"),
        ("message", r"(?:pouvez|pourriez|pourrait|peut)(?: vous| on)? (?:me |lui )?rappeler\b(?! (?:l|le|la|les|mon|votre|vos)\b)"),
        ("message", r"^(?:un message|dites (?:lui|leur|au|a la|a)) .{0,30}?\bque?\b|^un message\b"),
        ("repeat", r"(?:pouvez|pourriez)(?: vous)? (?:me )?(?:repeter|redire)|^(?:repetez|repeter|redites)|(?:repetez|redites)(?: moi)?(?: s il vous plait)?$"),
        ("repeat", r"^(?:comment|pardon|hein|quoi|vous disiez|plait il|j ai pas (?:compris|entendu)|je n ai pas (?:compris|entendu|bien compris|bien entendu)|j ai mal entendu|vous pouvez repeter)(?: pardon| s il vous plait)?$"),
        ("wait", r"^(?:euh )?(?:attendez|attends|un instant|une minute|une seconde|deux secondes|un moment|patientez|ne quittez pas|je (?:regarde|cherche|verifie))(?: .{0,25})?$"),
        ("greeting", r"^(?:oui )?(?:allo|bonjour|bonsoir)(?: (?:allo|oui|bonjour|madame|monsieur|j ecoute|je vous ecoute|qui est a l appareil))*$"),
        ("goodbye", r"\b(?:au revoir|aurevoir|a bientot|bonne journee|bonne soiree|bonne fin de journee|a la prochaine|bon week ?end|ciao|je (?:vais )?raccroche[r]?)\b"),
    ),
    "en": (
        ("opt_out", r"(?:don t|do not|never|stop|quit) (?:ever )?(?:call|calling|phone|phoning|contact|contacting|ring|ringing) (?:me|us|here|this number)\b(?! (?:back|before|until|now|today|tomorrow|at|on))"),
        ("opt_out", r"(?:remove|take|delete|erase) (?:me|my (?:number|name|details)|this number) (?:off|from)"),
        ("opt_out", r"(?:put|add) (?:me|this number) (?:on|to) (?:your|the) (?:do not call|opt ?out)"),
        ("opt_out", r"(?:don t|do not|no longer) (?:want|wish) (?:you )?to (?:be (?:called|contacted|phoned)|(?:call|contact) me)"),
        ("opt_out", r"\b(?:unsubscribe|opt(?:ing)? out|withdraw my consent)\b"),
        ("opt_out", r"\bno more (?:calls|phone calls)\b"),
        ("record_paused", r"\b(?:don t|do not|stop|pause) (?:the )?record(?:ing)? (?:what|this|the next|my|for a|while)\b|\bpause the recording\b"),
        ("record_resumed", r"\b(?:resume|restart) (?:the )?recording\b|\byou (?:can|may) (?:start )?record(?:ing)? again\b"),
        ("record_resumed", r"^(?:(?:ok|right|thanks|that s it|done) )*you (?:can|may) (?:resume|go on)(?: now)?$"),
        ("record_refused", r"(?:don t|do not|stop|not|object to) .{0,20}record(?:ed|ing)?\b"),
        ("human", r"(?:speak|talk) (?:to|with) (?:a|an|some|the|your|somebody|someone|mr|mrs|ms|miss|dr|doctor|reception)"),
        ("human", r"(?:put|pass|transfer|connect) me (?:through )?(?:on )?(?:to|with)|put me through"),
        ("human", r"\b(?:human|real person|operator|representative|live agent|customer service|actual person)\b"),
        ("human", r"^(?:reception|receptionist|agent)(?: please)?$"),
        ("message", r"(?:leave|take|pass on|give (?:him|her|them)) (?:a|the|my) message"),
        ("message", r"(?:call|ring|phone) me back"),
        ("repeat", r"(?:could|can|would) you (?:please )?(?:repeat|say that again)|^(?:repeat|say) that|^(?:say that again|repeat)|come again"),
        ("repeat", r"^(?:sorry|pardon|pardon me|what|excuse me|i didn t (?:hear|catch|get|understand)(?: that| you)?|what did you say)(?: sorry| please)?$"),
        ("wait", r"^(?:um )?(?:(?:please )?(?:wait|hold on|hang on)|(?:just )?(?:a|one) (?:moment|second|minute|sec)|let me (?:see|check|look|think))(?: .{0,25})?$"),
        ("greeting", r"^(?:hello|hi|good (?:morning|afternoon|evening))(?: (?:hello|yes|there|who is this))*$"),
        ("goodbye", r"\b(?:goodbye|good bye|bye|bye bye|see you|have a (?:nice|good|great|lovely) (?:day|one|evening|afternoon)|hang(?:ing)? up|take care)\b"),
    ),
}  # fmt: skip

_COMPILED: dict[Language, list[tuple[Intent, re.Pattern[str]]]] = {
    # "transmettez à Sarah" puts nobody through: a phrase begins where a word does
    language: [(intent, re.compile(rf"\b(?:{pattern})")) for intent, pattern in rules]
    for language, rules in _PATTERNS.items()
}
_QUESTION: dict[Language, re.Pattern[str]] = {
    "fr": re.compile(
        r"\b(?:est ce que|est ce qu|qu est ce|combien|comment|pourquoi|quand est|a quelle heure (?:vous|est|ferm|ouvr)|quels?\b|quelles?\b"
        r"|ou (?:est|se|etes|puis|peut|on)|vous (?:avez|etes|faites|prenez|acceptez|fermez|ouvrez|pouvez)|avez vous|etes vous|faites vous"
        r"|prenez vous|acceptez vous|fermez vous|ouvrez vous|y a t il|il y a|c est (?:combien|ou|quoi|cher|qui)|ca coute|je voulais savoir"
        r"|voudrais savoir|j aimerais savoir|savoir si|c est quoi|faut il|il faut|peut on|puis je|qui (?:est|etes)|t es qui)\b"
    ),
    "en": re.compile(
        r"\b(?:how|what|where|when|why|which|who|whose)\b|\b(?:do|does|are|is|can|could|will|would) (?:you|there|it|i|we|the)\b"
        r"|\bi (?:was wondering|wanted to know|d like to know)\b|\btell me\b"
    ),
}

_TOLD: dict[Language, re.Pattern[str]] = {
    "fr": re.compile(
        r"\b(?:vous (?:direz|preciserez)|(?:vous )?(?:pouvez|pourriez|pourrez|voulez)(?: vous)? (?:lui |leur )?dire|dites|direz vous|il faudrait (?:lui |leur )?dire"
        r"|faites savoir|transmettez)(?: bien| juste| simplement)?(?! (?:moi|nous)\b)(?: lui| leur)?(?: (?:a|au|aux)(?: \w+){1,5}?)? qu(?:e|il|elle|on|ils)?\b(?: \w+){2,}"
        r"|\b(?:vous (?:previendrez|avertirez|informerez)|(?:pouvez|pourriez)(?: vous)? (?:prevenir|avertir|informer)|prevenez|avertissez|informez)"
        r"(?! (?:moi|nous)\b)(?: \w+){1,5}? qu(?:e|il|elle|on|ils)?\b(?: \w+){2,}"
    ),
    "en": re.compile(
        r"\b(?:tell|inform|let) (?!me\b|us\b)(?:\w+ ){1,4}?(?:know )?that(?: \w+){2,}|\blet (?!me\b|us\b)(?:\w+ ){1,3}?know(?: \w+){3,}"
    ),
}
"""Somebody is to be told something, and here it is; "dites-moi" tells the agent."""
_WISH = re.compile(
    r"\b(?:je (?:voudrais|veux|souhaite|souhaiterais|prendrais|prends|viens|commande|reserve|retiens|desire)|j (?:aimerais|ai besoin"
    r"|aurais (?:besoin|voulu|aime))|il (?:me|nous) (?:faudrait|faut)|on (?:voudrait|veut|aimerait|souhaite)|nous (?:voudrions|voulons"
    r"|souhaitons|aimerions)|(?:c est|ce serait|c etait|ca serait) pour|(?:rendez vous|rdv|commande|reservation|inscription|creneau)"
    r" (?:pour|d|de)|i (?:want|need|would like|d like|ll have)|id like|we (?:want|need|d like)|it s for|can i (?:have|get|book))\b"
)
"""How people say what they want, where they ask nothing."""


def control_intent(text: str, language: Language) -> Intent | None:
    """The intent that the folded `text` states in so many words, if any."""
    for intent, pattern in _COMPILED[language]:
        if pattern.search(text):
            return intent
    return None


def is_question(raw: str, text: str, language: Language) -> bool:
    """It looks like a question: its mark, or its form."""
    return "?" in raw or bool(_QUESTION[language].search(text))


def wishes_for(text: str) -> bool:
    """The folded sentence says what its speaker wants to have, in French or English."""
    return bool(_WISH.search(text))


def message_within(text: str, language: Language) -> bool:
    """The folded sentence holds a message for somebody else: "dites à Karim que je serai en retard"."""
    return bool(_TOLD[language].search(text))
