"""Words around names, and words that no name holds: what tells "Claire Martin" from a sentence."""

from __future__ import annotations


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


AROUND = {
    "fr": _words(
        """
        a ah alors appareil ben bien bonjour bonsoir c ce de donc eh est et euh famille hein il je l le
        merci mettez moi mon nom non oh oui plait plutot pour prenom s sera serait suis voila vous
        """
    ),
    "en": _words(
        """
        and be er for hello hi i is it m my name no ok okay please s so speaking sure thanks that the this
        uh um well would yes
        """
    ),
}
"""What may stand around a bare name, or ends a stated one."""

SENTENCE = {
    "fr": _words(
        """
        adresse ai ici semaines deux trois quatre cinq six sept huit dix quinze vingt trente
        aimerais allo appel appelez as attendez attends aussi avec avez avons ca car cela ces cet
        cette chez combien comme comment compris dans deja demain dimanche dire donner dont elle elles
        encore entendu entre epeler epelle est etes faire fait faut heure heures il ils jamais jeudi jour
        jours lettres leur leurs lundi ma mais mardi matin merci mercredi mes message midi mois mon ne non
        nos notre nous numero on ont ou oui par pardon parking parler pas peu peut peux plus pourquoi pouvez
        prix quand que quel quelle quelles quelqu quels question qui quoi rappeler rappelez rdv redonner
        rendez repeter repetez repondre rien sais samedi sans savez semaine si soir sommes sont sous suis
        sur tarif telephone tous tout toute toutes tres trop tu un une vendredi vers veut veux vos votre
        voudrais voulez vous
        """
    ),
    "en": _words(
        """
        a address again all also an any appointment are as at but by call can clock could day did do does
        don evening friday from had has have he her him how if in know letters like message monday month
        morning need never noon not nothing number o on our pardon parking phone price question repeat
        saturday she should somebody someone sorry speak spell sunday t their there these they those
        thursday time to tomorrow too tuesday understand understood very want was we wednesday week were
        what when where which who why will with without would you your
        """
    ),
}
"""A "name" holding one of these is a sentence, not a name."""
