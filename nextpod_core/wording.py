"""
Asking to be left alone in one's own words: "Fjern meg fra lista", "Kan dere slutte å sende", "No more texts".

Three shapes, each only at the beginning: asking for it ("could you please stop texting"), an order that says what is
meant ("delete my number"), and not wanting ("ikke flere meldinger"). What they find opts out and is listed for a person
to look at, as what begins with STOPP is. The texts come folded (`keywords.fold`).
"""

import re
from collections.abc import Collection

Tokens = tuple[str, ...]

LONGEST = 20  # words looked at: who asks for this asks at once, and no text may keep the patterns busy

# What texts of this kind are about. A verb before it means us and not the bus: "kan dere stoppe ved Ski" is no opt-out.
_MESSAGES = (
    r"(?:sms(?:er|ene|ar|ane|en|et|s|viest\w*)?|mms|tekstmelding\w*|textmeddeland\w*|melding(?:er|ar|ene|ane|a|en|s)?|"
    r"besk(?:j)?eder(?:ne)?|besked|meddeland\w+|utskick\w*|viest(?:i|it|ia|eja|ien|ej)|teksti?viest\w*|"
    r"reklam\w*|markedsforing\w*|marknadsforing\w*|mainok\w*|mainos\w*|spam\w*|nyhets?brev\w*|nyhedsbrev\w*|uutiskirje\w*|"
    r"texts?|texting|messages?|messaging|msgs?|ads|advertising|marketing|promos?|promotions?|"
    r"nachricht(?:en)?|werbung|skilabod\w*|auglysing\w*|diedu\w*|henvendelse\w*|abonnement\w*|prenumeration\w*|tilau\w+|subscription)"
)
_US = r"(?:meg|mig|me|oss|us|mich|mer|mir|minua|minut|minulle|munnje|mu|this number|dette nummeret|dette nummer)"
_MORE = (
    r"(?:noe mer|noko meir|mer|meir|mere|flere|fleire|fler|more|any more|anymore|igjen|igen|again|ever|lenger|lengre|"
    r"langre|laengere|enaa|ena|enaan|enempaa|mehr|meira|fleiri|framar|eanet|sat|eambo)"
)
_NOT = (
    r"(?:ikke|ikkje|ikk|inte|ingen|inga|inget|ei|no|not|never|dont|do not|nicht|keine?|ekki|engin|ala|alkaa|ale|allet)"
)
_SEND = (
    r"(?:send|sende|senda|sender|sendes|skicka|skickar|skick|laheta|lahettako|lahetella|sadde|saddet|text|tekst|sms|"
    r"message|msg|contact|kontakt|kontakte|kontakta|ring|call|skriv|skrive|senden|schreiben|schicken|disturb|forstyrr)"
)
# What may stand between "not" and what is not wanted, and nothing else: "ikke send bilen" is about a car.
_SMALL = (
    rf"(?:{_US}|{_MORE}|{_SEND}|til|to|at|a|an|any|noen|noe|nogen|nogle|nagra|fra|from|dere|deres|jer|er|eder|you|your|"
    r"slike|slik|slikt|sanne|sadanne|sana|disse|desse|dessa|dette|det|den|de|naita|naiden|taman|these|this|"
    r"ha|have|fa|faa|motta|modtage|mottage|ta|imot|emot|get|receive|getting|receiving|bekommen|erhalten|fleiri|"
    r"vaer|ver|ver sa snill|vennligst|please|pls|takk|tack|tak|kiitos|bitte|og|och|and|mine|mitt|min|my|na|now|nu)"
)
_WHO = r"(?:jeg|eg|vi|jag|i|we|ich|ek|mina)"
_WISH = (
    rf"(?:{_WHO} )?(?:vil|vill|ynskjer|onsker|onskjer|onskar|orker|orkar|gidder|will|mochte|takker|tackar) "
    r"(?:(?:gjerne|helst|lenger|langre|at dere|at du|att ni) )?"
)
_REFUSE = (
    rf"(?:(?:{_WHO} )?(?:dont|do not|no longer) (?:want|wish|need|like)|(?:mina )?(?:en|emme) halua|(?:mun )?in halit)"
)
_NOT_WANTED = re.compile(
    "|".join(
        (
            rf"(?:{_WISH})?{_NOT}(?: {_SMALL}){{0,7}} {_MESSAGES}\b",  # "(jeg vil) ikke ha flere meldinger"
            rf"{_REFUSE}(?: {_SMALL}){{0,7}} {_MESSAGES}\b",  # "en halua viesteja", "i dont want texts"
            rf"{_REFUSE} (?:enaa|naita|tata|enempaa|sat|eanet)\b",
            rf"(?:{_WISH})?{_NOT} (?:\w+ )?(?:motta|modtage|mottage|receive)\b",  # "vil ikke motta dette"
            rf"(?:{_WISH})?{_NOT} (?:til )?{_SEND}(?: {_SMALL}){{0,7}}$",  # "ikke send meg mer", "do not contact me"
            # "vil ikke ha mer", "vil ikke ha mer av dette"
            rf"{_WISH}{_NOT} (?:ha|have|fa)(?: {_SMALL}){{0,7}} {_MORE}(?: (?:av|af|of) (?:dette|det|disse|this))?$",
            rf"{_SEND} (?:{_US} )?(?:ikke|ikkje|inte|inga|ingen|no)(?: {_SMALL}){{0,7}}(?: {_MESSAGES}\b|$)",
            rf"(?:nei|nej|no) (?:takk |tack |tak )?till? {_MESSAGES}\b",
        )
    )
)
# Without any of these "not" and small words alone say nothing: "ikke na", "nei ikke til meg".
_IS_ABOUT = re.compile(rf"\b(?:{_MESSAGES}|{_SEND}|motta|modtage|mottage|receive|halua|ha {_MORE}|have {_MORE})\b")
# Who misses a message does not mind them.
_MISSED = re.compile(
    r"\b(?:fatt|fikk|mottatt|kommet|kom|komme|kommer|fick|faet|fik|modtaget|saanut|saatu|received|got|came|arrived|"
    r"fengid|erhalten|bekommen|virker|funker|fungerer|works?)\b"
)

_ASKS = re.compile(
    r"(?:(?:kan|kunne|kunna|vil|vill|could|can|would|will|konnen|konnten|getid|gaetud)"
    r" (?:du|dere|de|dokker|dykk|i|ni|you|sie|ihr|man|jeg|eg|jag|pid)"
    r"|voisitko|voisitteko|voitko|voitteko"
    r"|(?:jeg|eg|vi|jag|i|id|we|ich|ek) (?:vil|ville|vill|onsker|onskjer|onskar|ma|skal|want|wish|need|would|mochte"
    r"|wurde)|vil|vill|onsker|onskjer|onskar|want|wish|haluan|haluamme|haluaisin|mochte|id"
    r"|hvordan kan jeg|hur kan jag|how (?:can|do) i)\b"
    r"(?: (?:gjerne|gerne|garna|like|love|you|dere|deg|at|att|a|to|fa|vaere|vare|sa|snill|snille|please|pls|venligst"
    r"|just|bare|bara|vennligst|vanligen|og|och)\b)* ?"
)
# Verbs and their forms that ask to be taken off only where the rest says that messages, a list or a number are meant.
_TAKE_OFF = (
    r"fjern(?:e|er)?|slett(?:e|er)?|slet(?:te)?|stryk(?:e)?|ta bort|fa bort|ta vekk|ta (?=meg|mig|oss)|tag (?=mig)|"
    r"radera|poista(?:kaa)?|poistatte|delete|remove|erase|losch(?:e|en)?|entfernen?|taka?id? (?=mig)|taktu|"
    r"take (?:me|us|my number) (?=off|from|out)|"
    r"(?:bli|bliva|blive|be) (?:fjernet|slettet|slettes|avmeldt|raderad|removed)"
)
_STOP = (
    r"hold opp|hald opp|hold op|kutt ut|slippe|slippa|slippa fa|si opp|seie opp|sag upp|opsig|lagg av|opt (?=me|us)|"
    r"stopp(?:e|er|a|ar|es)?|stop(?:pe|pen|s|ping)?|slutte?r?|slutta|sluta(?:r)?|avslutte?r?|avsluta(?:r)?|avsluttes|"
    r"avmelde?s?|avregistrere?r?a?|avbestille?|avbestall(?:a)?|melda? (?:meg|mig|oss) (?:av|ut|fra)|"
    r"melde (?:meg|mig|oss) (?:av|ut|fra)|meld[ea]? (?:av|ut)|afmelde?s?|framelde?s?|lopettaa|lopeta|lopettakaa|"
    r"peruuttaa|peruuta|perua|peru|peruutan|unsubscribe|opt(?: me| us)? out|cancel|quit|end|revoke|afskra(?:id)?|"
    r"haetta|stodva|abmelden|abbestellen|kundigen|heaitte|heaittihit|loahpat"
)
_ORDERS = re.compile(rf"(?:(?P<off>{_TAKE_OFF})|{_STOP})\b ?")
_ABOUT_US = (
    rf"{_MESSAGES}|list|lista|listen|listene|listan|liste|listi|listalta|listanum|postituslistalta|registeret|registret|"
    r"rekisterista|systemet|basen|nummer\w*|number|numeroni|numeroa|numero|numer|tlf|telefonnummer\w*|meg|mig|oss|me|us|"
    r"minut|minua|mich"
)
_ABOUT = re.compile(
    rf"\b(?:{_ABOUT_US}|sende?r?|senda|sending|skicka|skickande|lahettam\w*|lahettely\w*|viestittely\w*|smsa|mas|mase|"
    r"tjata|plage|plager|kontakte|kontakta|contacting|spam\w*|skrive|skriva|skriv|ringe|dette|disse|desse|det|denne|dessa|"
    r"this|these|it|alt|alle|all|avtalen|avtalet|diedut|diediid)\b"
)
_ABOUT_OFF = re.compile(rf"\b(?:{_ABOUT_US})\b")
_DENIES = re.compile(r"^(?:ikke|ikkje|inte|not|nicht|ekki|aldri|aldrig|never|ale|slet ikke)\b")

# Said as they stand, whatever follows.
_SAID = re.compile(
    r"(?:la (?:meg|oss) (?:vaere|vare)|lat (?:meg|oss) vere|lad mig vaere|lamna mig i fred|leave (?:me|us) alone|"
    r"lose my number|jattakaa minut rauhaan|jata minut rauhaan|lass(?:en sie)? mich in ruhe|"
    r"(?:jeg |eg |jag )?trekker? (?:tilbake )?(?:mitt |min )?samtykke\w*|"
    r"(?:jag )?aterkallar (?:mitt )?samtycke|(?:i )?(?:withdraw|revoke) (?:my )?consent|"
    r"(?:jeg |eg )?reserv(?:erer|asjon|ert|er) (?:meg |mig |oss )?mot|jag undanber mig|"
    r"(?:jeg |eg |jag )?(?:vil|vill|onsker|onskjer) (?:av|ut av|bort fra|fra) (?:denne |den |dette )?list\w*|"
    r"(?:jeg |eg )?melder (?:meg|oss) av|(?:jeg )?melder meg ut)\b"
)
# The whole text, and nothing around it but courtesy.
_ALONE = frozenset(
    {
        "fjern", "slett", "radera", "poista", "poistakaa", "delete", "loschen", "revoke", "opsig", "hold opp",
        "hald opp", "hold op", "hold kjeft", "hold kaft", "lagg av", "si opp", "sag upp", "seis", "stogg",
        "stoppi", "stopper", "peruutan", "afskra", "stodva", "avanmalan", "avmeldt", "avbestall",
        "ikke forstyrr", "do not disturb", "fuck off", "piss off", "heaitte", "heaittihit", "loahpat", "avsluttes",
        "horen sie auf", "hor auf", "meld mig fra", "avregistrering",
    }
)  # fmt: skip


def asks_to_be_left(body: Tokens, *, courtesy: Collection[str]) -> bool:
    """
    Whether a text, folded and without greetings before it, asks in its own words to get nothing more.

    >>> asks_to_be_left(("kan", "dere", "slutte", "a", "sende", "meg", "sms"), courtesy=())
    True
    >>> asks_to_be_left(("kan", "dere", "stoppe", "ved", "ski"), courtesy=())
    False
    """
    if len(body) > LONGEST:
        body = (*body[:LONGEST], "…")
    end = len(body)
    while end > 1 and body[end - 1] in courtesy:
        end -= 1
    # With the courtesy at the end and without: "nummer" is that in "feil nummer", and the point in "slett mitt nummer".
    return _asks(" ".join(body[:end])) or (end < len(body) and _asks(" ".join(body)))


def _asks(text: str) -> bool:
    if text in _ALONE or _SAID.match(text):
        return True
    if _MISSED.search(text):
        return False
    if _NOT_WANTED.match(text) and _IS_ABOUT.search(text):
        return True
    asked = _ASKS.match(text)
    starts = [0] if asked is None or not asked.end() else [asked.end(), 0]
    return any(_orders(text[start:], alone=start > 0) for start in starts)


def _orders(text: str, *, alone: bool) -> bool:
    """An order, and after it what is meant; after "could you please" it may stand alone."""
    text = text.strip()
    while polite := re.match(
        r"(?:vaer|sa|snill|snille|please|pls|vennligst|og|a|to|at|att|bare|just|venligst|faen) ", text
    ):
        text = text[polite.end() :]
    order = _ORDERS.match(text)
    if order is None:
        return False
    rest = text[order.end() :].strip()
    if not rest:
        return alone
    about = _ABOUT_OFF if order["off"] else _ABOUT
    return not _DENIES.match(rest) and about.search(rest) is not None
