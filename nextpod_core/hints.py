"""
What looks as if somebody may want to be left alone, said in a way that no rule of opting out knows: shown to a person.

Generous on purpose, since a flag changes nothing and a person reads sooner. Four shapes: not wanting what we send,
taking something of theirs off something of ours, being fed up with us (swearing too), and what is said of consent and
complaints. The texts come folded (`keywords.fold`). Ordinary answers must stay unflagged, or nobody looks at the flags.
"""

import re
from collections.abc import Iterable

LONGEST = 60  # words looked at from each end: no text may keep the patterns busy


def _any(*stems: str) -> str:
    """Any of these, each from the beginning of a word: stems end in "*", the others are whole."""
    return r"\b(?:" + "|".join(stem[:-1] + r"\w*" if stem.endswith("*") else stem + r"\b" for stem in stems) + ")"


_SENT = _any(
    "sms*", "mms", "tekstmelding*", "textmeddelan*", "melding*", "beskjeder", "beskeder", "meddelan*", "utskick*",
    "utsend*", "viest*", "tekstiviest*", "tekstar*", "reklame*", "reklam", "reklamen", "reklamer", "markedsfor*",
    "marknadsfor*", "markkinoin*", "mainok*", "mainos*", "spam*", "nyhetsbrev*", "nyhedsbrev*", "uutiskirj*",
    "text", "texts", "texting", "message*", "ads", "adverts", "advertis*", "marketing", "promo*", "nachricht*",
    "werbung*", "skilabo*", "auglysing*", "diedu*", "varsl*", "varsel*", "notif*", "slike", "slikt", "sant",
    "sadan*", "tilbud", "erbjudand*", "tarjouks*", "offers", "newsletter*",
)  # fmt: skip
_NOT = _any(
    "ikke", "ikkje", "ikk", "inte", "ingen", "inga", "inget", "aldri", "aldrig", "not", "never", "no more", "dont",
    "didnt", "stopp*", "nei takk", "nej tak", "nej tack", "nej till", "nei til", "en", "emme", "ei", "eiko", "ala",
    "alkaa", "nicht", "nie", "nichts", "keine*", "in", "ale", "alle", "allet", "alos", "allos", "ekki",
    "altfor mange", "for mange", "for mye", "for manga", "too many", "liikaa", "zu viel*", "gidder", "orker",
    "orkar", "slutt*", "slut*", "holde opp", "holde op", "hold op", "hor upp", "lopet*", "heait*", "heaitte",
    "loppu*", "quit", "cease",
)  # fmt: skip
# Something did not come, or can't be read: the opposite of wanting less.
_MISSED = re.compile(_any(
    "fikk", "fick", "fekk", "get any", "mottar", "kom", "kommet", "kommer", "fatt", "mottatt", "mottok",
    "modtaget", "fik", "faet", "sett", "set", "last", "apnet", "received", "receive your", "seen", "got",
    "get your", "saanut", "tullut", "bekommen", "erhalten", "gesehen", "finner", "skjonner", "forstar", "forstod",
    "hittar", "apne", "apner", "ozzon", "understand", "leser", "lese den",
))  # fmt: skip
_OFF = _any(
    "fjern*", "slett*", "stryk*", "ta bort", "ta meg bort", "ta meg ut", "ta meg av", "ta meg vekk", "tag mig af",
    "tag mig ud", "ta vekk", "meg vekk", "mig vaek", "kvitt", "slipp*", "slepp*", "plocka bort", "bort", "radera*",
    "slet", "slette*", "tag", "ud af", "ut av", "ut ur", "ur", "meg av", "mig af", "mig fra", "meg fra", "si opp",
    "sag upp", "sige op", "opsig*", "avsluta", "avslutar", "avslutt", "avslutte*", "avregistr*", "remove*",
    "delete*", "erase*", "strike", "take me off", "take me out", "be taken off", "taken off", "get off", "me off",
    "cancel*", "unsub*", "lose", "poist*", "pois", "erota", "eroan", "perua", "peruut*", "losch*", "entfern*",
    "raus", "streich*", "nehmt mich", "nehmen sie mich", "abmeld*", "kundig*", "austrag*", "valdde", "sihkko*",
    "eret", "kanseller*", "taka mig", "skru av", "sla av", "stang av", "turn off", "turn these off", "turn them off",
    "turn this off", "switch off", "kutt*", "drop",
)  # fmt: skip
_OURS = _any(
    "list", "lista", "liste", "listen", "listene", "listan", "lister", "listor", "listalta", "listoilta",
    "listtus", "register", "registeret", "registret", "rekister*", "system*", "database*", "datenbank", "arkiv*",
    "verteiler*", "mailing*", "klubb*", "kundeklubb*", "klubben", "medlemskap*", "medlemskab*", "medlemsskap*",
    "jasen*", "membership", "abonn*", "prenumeration*", "tilau*", "subscription*", "subscrib*", "nummeret",
    "nummer", "numret", "numero*", "numero", "number", "nummira*", "telefonnummer*", "opplysning*", "uppgifter",
    "oplysninger", "tietoni", "data", "dataene", "daten", "konto*", "alt dere har", "alt de har",
    "everything you have",
)  # fmt: skip
# Said of an order or an appointment, taking away is an errand.
_ERRAND = re.compile(_any(
    "time", "timen", "timer", "bestilling*", "bestallning*", "ordre*", "ordren", "faktura*", "regning*", "bord",
    "booking*", "appointment*", "order", "orders", "reservasjon*", "pakke*", "paket*", "tid", "tiden", "aika*",
    "tilaus", "termin*", "rechnung*", "bil", "bilen", "sno*", "snow", "mote*", "invoice*", "billett*",
    "konto nummer", "kontonummer*",
))  # fmt: skip
_FED_UP = (
    r"(?:ikke|ikkje|aldri|inte|aldrig) (?:\w+ ){0,2}(?:bedt|bede|bett|bedt|samtykket|samtykt|godkjent|godkant|"
    r"meldt|anmalt|tilmeldt|registrert|givet|gitt|gett) (?:\w+ ){0,2}(?:om|til|tilladelse|lov|meg|mig|pa|"
    r"dette|det|samtykke)\b",
    r"(?:never|didnt|did not|dont|havent|have not) (?:\w+ )?(?:sign|signed|agree|agreed|ask|asked|subscribe|"
    r"subscribed|consent|consented|opt|opted|request|requested)\b",
    r"en (?:ole )?(?:pyytanyt|tilannut|suostunut|antanut lupaa|jaksa|kestä|halunnut)\b",
    r"(?:nie|nicht) (?:\w+ )?(?:angemeldet|zugestimmt|bestellt|gebeten|eingewilligt)\b",
    r"in (?:leat )?(?:jearran|dahton|dingon)\b", r"in (?:halit|dahto|darbbas)\b",
    r"(?:far|faar|fa|far) det vaere (?:nok|bra|slutt)\b", r"\bnok (?:er nok|na|naa|nu)\b",
    r"racker (?:nu|det|med|val)\b", r"det racker\b", r"er nok nu\b", r"riittaa\b", r"enough\b", r"\bschluss\b",
    r"\bes reicht\b", r"\bruhe\b", r"in peace\b", r"(?:i|me) (?:fred|rauhaan|ro)\b", r"rauhaan\b",
    r"lar? (?:meg|oss) vaere\b(?! med)", r"\bla vaere\b(?! a\b)", r"lata (?:mig|oss|bli)\b", r"lat (?:mig|bli)\b",
    r"lad (?:mig|os)\b(?! vide| kom| se| sige| tage| ta| mode| gore| hore)", r"lad vaere\b(?! med)",
    r"(?:leave|let) (?:me|us)\b",
    r"\b(?:mas|maser|maset|masing\w*|tjat\w*|plag\w*|spam\w*|roskapost\w*|soppel\w*|pomm\w*|hairi\w*|"
    r"haritse\w*|forstyrr\w*)\b",
    r"\b(?:harass\w*|belastig\w*|nerv(?:t|en)|annoying|trakasser\w*|pest\w*|bother\w*|irriter\w*|generer)\b",
    r"\b(?:sick|tired|fed up|lei|lut lei|drittlei|trott|traet) (?:of|with|av|pa|af) "
    r"(?:dere|de|er|jer|jeres|deres|dykk\w*|you|your|dette|detta|det her|disse|desse|dessa|this|these|alle|all|a|att|"
    r"at|mas\w*|tjat\w*|sms\w*|meld\w*|medd\w*|besked\w*|reklam\w*|getting|texts?|messages?)\b",
    r"\b(?:ferdig|faerdig|fardig|done|through|finished) (?:med|with) (?:dere|er|jer|you)\b",
    r"\b(?:ikke|ikkje|inte|not|no|en|nicht) (?:\w+ ){0,3}(?:kunde|kund|medlem|member|customer|asiakas|jasen|"
    r"mitglied)\b",
    r"\b(?:kunde|medlem|member|customer)\b.*\b(?:lenger|langre|laengere|anymore|no longer)\b",
    r"\b(?:hold(?:e)? (?:nu |na )?opp?|upphor\w*|ophor\w*|opphor\w*|lagg (?:ner|av)|gi dere|ge er|slutt med|"
    r"legg ned)\b",
    r"(?:ikke|ikkje|inte|not|nicht|never|ingen|inget|inga|nichts) (?:\w+ ){0,4}(?:mer|meir|mere|more|anymore|"
    r"mehr|igjen|again|lenger) (?:fra|fran|from|von|av|til|to)\b",
    r"\b(?:skal|skall|ska|ma|maa|should|must) (?:ikke|ikkje|inte|not) (?:\w+ )?(?:skrive|skriva|sende|senda|"
    r"skicka|kontakte|kontakta|ringe|ringa|text|send|contact|write)\b",
    r"\b(?:not|dont|stop|never|nicht|ikke|inte) (?:contact|kontakt\w*|bother|disturb|skriv\w*|schreiben)\b",
    r"\b(?:be|get) taken off\b", r"\bturn (?:\w+ )?off\b",
    r"\b(?:vil|vill|want|will|onsker a?) (?:gjerne |gerne )?(?:ut|ud|out|raus|av|af|off)\b",
    r"\b(?:vill|vil) (?:inte|ikke|ikkje) (?:vaere|vara) med\b",
    r"\b(?:slippe|sleppe|slipper|slippa|slepp) (?:\w+ )?(?:det|dette|dette her|det her|alt|mas\w*|unna|fra|"
    r"sms\w*|era|dere|jer)\b",
    r"\b(?:melde?\w*|melder|meldt|framelde?\w*) (?:(?:meg|mig|seg|man|oss|deg) )+(?:av|fra|ut|ud)\b",
    r"\bmeld\w* (?:meg |mig |oss |seg |man )*(?:av|ut|ud)\b", r"\bmelde? ich mich ab\b", r"\bframelde\w*\b",
    r"\bavregistrer\w*\b", r"\bavprenumerer\w*\b", r"\bopt(?:ed|ing)? out\b", r"\bunsubscri\w*\b",
    r"\b(?:hvorfor|kvifor|varfor|why|warum|miksi) (?:\w+ ){0,3}(?:far|skriver|sender|skickar|keep|get|getting|"
    r"receiving|texting|bekomme|schreibt|lahetatte|saan)\b",
    r"\b(?:stopp\w*|slutte|sluta|quit|stop) (?:\w+ )?(?:med|a|att|texting|sending|messaging)\b",
    r"\b(?:miten|kuinka) (?:\w+ ){0,2}(?:loppumaan|pois|peruu\w*|peru\w*|lope\w*|eroo?n)\b", r"\bkiell\w+\b",
    r"\b(?:eambbo|eanet|sat)\b",
    r"\b(?:trenger|treng|behover|need|needs|brauche|brauchen|vil ha|want) (?:\w+ )?(?:ikke|ikkje|inte|not|"
    r"nicht) (?:dette|desse|disse|detta|dessa|det her|mer|lenger|langre|mehr|a minne|paminn\w*)\b",
    r"\b(?:dont|not|ikke|ikkje|inte|nicht|ei|en) (?:want|need|like|trenger|treng|behover|tarvitse|halua|"
    r"bruke?|anvanda) (?:these|this|any|dette|detta|disse|desse|dessa|naita|tata)\b",
    r"\bused? for this\b", r"\b(?:uonsk\w*|oonsk\w*|unwanted|uonsket)\b", r"\bunerwunscht\w*\b",
    r"\bei kiinnosta\b", r"\bkyllasty\w*\b", r"\b(?:har|er) (?:\w+ )?ikke (?:godkjent|avtalt|onsket)\b",
    r"\bsperr\w* (?:\w+ )?(?:nummer\w*|dette|hos)\b", r"\bnummer\w* (?:\w+ )?(?:sperres|blokkeres)\b",
    r"\bta (?:han|henne|ham|henni|oss|dem|dei|de|hen) (?:ut|bort|vekk|av)\b", r"\bottakaa (?:minut|numero\w*)\b",
    r"\btake (?:\w+ ){1,3}(?:off|out of)\b", r"\b(?:aufhor\w*|hor(?:en)? (?:sie )?auf)\b",
    r"\b(?:woher|wo) habt? ?(?:en)? (?:ihr|sie)\b", r"\bwoher haben\b", r"\bmista (?:saitte|teilla)\b",
    r"\b(?:hvor|kor|var) (?:har|fikk|fick) (?:dere|de|ni|i) (?:\w+ )?(?:nummer\w*|numret|mitt)\b",
    r"\blamna (?:mig|oss)\b",
    r"\b(?:bli|blir|komme|kommer|komma) (?:\w+ )?(?:av|af|kvitt) (?:med|dere|jer|dette|det)\b", r"\bguod\w* mu\b",
    r"\brafai\b", r"\bwhat part of\b", r"\b(?:nei|nej) (?:sa|sade|sagde) (?:jeg|jag|eg)\b",
    r"\b(?:stopp?e?t?|stanse?t?) (?:dette|detta|det her|this|it|das|tama)\b", r"\bmake (?:this|it|them) stop\b",
    r"\b(?:no longer|ikke lenger|ikkje lenger|inte langre) (?:at|with|work\w*|ansatt|anstalld|tilsett|bor|"
    r"live\w*)\b",
    r"^(?:\w+ ){0,2}(?:ikke|ikkje|inte|no|keine?|ei) (?:mer|mere|meir|flere|fleire|fler|more|mehr|enaa|enempaa)"
    r"(?: \w+)?$",
    r"\b(?:slippe|slipper|sleppe|slepp|slippa|spar|spare) (?:\w+ ){0,2}(?:flere|fleire|fler|mer|meir|disse|desse|"
    r"dessa|for|fra)\b",
    r"\b(?:dere|du|dykk|ni|i|de|you) (?:far|faar|kan|may|can|skal|ma) (?:ikke|ikkje|inte|not) (?:\w+ )?(?:sende|senda|"
    r"skicka|skrive|skriva|kontakte|kontakta|bruke|anvanda|send|text|contact|use)\b",
    r"\b(?:ikke|ikkje|inte|not|dont|nicht|ei) (?:\w+ )?(?:bruke?|brukes|anvand\w*|benytte\w*|use|used|verwenden) "
    r"(?:\w+ ){0,2}(?:\w*nummer\w*|numret|nr|number|numeroa\w*)\b",
    r"\b(?:nummer\w*|numret|number|phone|telefon\w*|mobil\w*|tlf) (?:\w+ ){0,3}(?:tilhorer|tilhor|horer til|tillhor|"
    r"belongs?|gehort|kuuluu|ikke lenger|ikkje lenger|inte langre|no longer)\b",
    r"\b(?:mor|far|mora|faren|moren|mamma|pappa|mann|mannen|kone|kona|konen|sonn|sonnen|datter|datteren|dotter|"
    r"bestemor|"
    r"bestefar|farmor|mormor|morfar|farfar|mother|father|husband|wife|mom|mum|dad|aiti\w*|isa\w*|vaimo\w*|mutter|"
    r"vater|frau|fru|make|maka|han|hun|she|he) (?:\w+ ){0,2}(?:er dod|er avdod|dode|doede|dog|har dott|"
    r"har avlidit|avled|"
    r"gikk bort|gatt bort|ar dod|passed|died|dead|deceased|kuoli|kuollut|gestorben|verstorben)\b",
    r"\b(?:aldri|aldrig|never|nie) (?:\w+ ){0,2}(?:handlet|handla|kjopt|kopt|vaert kunde|varit kund|"
    r"vaeret kunde|been a "
    r"customer|bought|shopped|kunde)\b",
    r"\b(?:feil|fel|forkert|wrong|galt|falsche?|vaara) (?:nummer|numret|number|person|numero|telefonnummer)\b",
    r"\b(?:fint|bra|greit|fint hvis|glad|takknemlig|tacksam|grateful|nice|schon|hyggelig|hienoa) (?:om|hvis|"
    r"dersom|if|wenn) "
    r"(?:dere|du|de|ni|i|you|ihr|sie) (?:\w+ )?(?:ikke|ikkje|inte|slutter|slutar|slutta|stopper|holder|slapp|"
    r"tok|fjern\w*|"
    r"slett\w*|tar|stopped|stop|removed?|dont|not|nicht)\b",
    r"\b(?:aus|von) (?:dem|der|ihrem|ihrer|eurem|eurer) (?:verteiler|liste|datenbank|kartei)\b", r"\bnichts mehr\b",
    r"\b(?:hvem|vem|hvem faen|who) (?:er|ar|is|are) (?:dette|detta|det her|dere|ni|this|you)\b",
    r"\bsperr\w* (?:\w+ ){0,2}(?:meg|mig|oss|\w*nummer\w*)\b", r"\blahettamatta\b", r"\bavbestiller\b",
    r"\b(?:nekter|nektar|vagrar|naegter|refuse)\b", r"\b(?:inget|ingenting|nothing|ikke noe) (?:mer|mere|more)\b",
    r"\bbare (?:e ?post|epost|mail|post)\b", r"\bikke (?:pa )?sms\b",
    r"\bvill inte (?:ha|fa)\b.*\blangre\b", r"\bhvem (?:ga|har gitt) (?:dere|deg)\b",
    r"\b(?:who gave|where did) you (?:get )?my number\b",
)  # fmt: skip
_COMPLAINS = (
    r"\bsamt(?:y|i)(?:k)?ke\w*\b", r"\bconsent\w*\b", r"\bsuostumu\w*\b", r"\beinwillig\w*\b", r"\bwiderruf\w*\b",
    r"\bgdpr\b", r"\bdsgvo\b", r"\bpersonvern\w*\b", r"\bdatatilsyn\w*\b", r"\bforbruker(?:tilsyn|rad|ombud)\w*\b",
    r"\bkonsumentverk\w*\b", r"\bforbrugerombud\w*\b", r"\bkuluttaja\w*\b", r"\banmal\w* (?:er|dere|till)\b",
    r"\banmeld(?:er|e|t)\b", r"\bklager? (?:dere|til|pa|jeg|over)\b",
    r"\b(?:report|sue|block)(?:ing|ed)? (?:you|this|these|number)\b", r"\bblokk?er\w*\b", r"\bblocker\w*\b",
    r"\breserver(?:er|t) (?:meg|mig|oss)\b", r"\bnix\w*\b", r"\brobinson\w*\b", r"\bulovlig\w*\b",
    r"\bolaglig\w*\b", r"\billegal\w*\b", r"\bikke lov\b", r"\bpoliti\w*\b", r"\badvokat\w*\b",
)  # fmt: skip
_SWEARS = (
    r"\b(?:hold|hall|halla|hald) (?:kjeft|kaeft|kaften|keft|munn|truten)\w*\b", r"\bkjeften?\b",
    r"\bshut (?:up|the)\b",
    r"\b(?:dra|stikk|skrid|reis|ga|dra deg|far|go|piss|fuck|bugger|sod|get|painu\w*|verpiss\w*|geht|"
    r"haist\w*) (?:\w+ ){0,2}(?:helvete|helvede|helvettiin|hell|off|lost|pokker|vekk|zum teufel|a vittu|"
    r"vittuun)\b",
    r"\b(?:fuck|screw) (?:you|u|off|this)\b", r"\bverpiss\w*\b", r"\b(?:painu|painukaa|haista|haistakaa)\b",
    r"\bdrit(?:t)? i\b", r"\bdritt?(?:sms\w*|meld\w*|firma\w*)\b", r"\bskit(?:en)?\b",
    r"\b(?:crap|shit|bullshit)\b",
    r"\b(?:faen|fan|fanden|satan|helvete)\b.*\b(?:dere|ni|i|slutt|mas\w*|tjat\w*|sms\w*|send\w*|meldinger)\b",
    r"\b(?:idioter|idioterna|idiots|idiotit|jaevla|javla|forbannede|forbannet)\b",
    r"\bfor (?:faen|fanden|fan|helvete)\b",
)  # fmt: skip
_PLAIN = re.compile("|".join((*_FED_UP, *_COMPLAINS, *_SWEARS)))
# "Hvorfor får jeg ikke meldinger lenger?" wants more, and not less.
_WANTS_THEM = re.compile(
    r"\b(?:hvorfor|kvifor|varfor|why|miksi|warum) "
    r"(?:(?:far|faar|fikk|fick|mottar|mottok|har|kommer|kom|do|did|am|have|bekomme|bekam|erhalte|kriege) "
    r"(?:jeg|eg|ae|vi|jag|i|we|ich|wir|det|der) )?(?:ikke|ikkje|inte|not|en|nicht|keine) "
    # "Hvorfor får jeg ikke slippe meldinger?" does not, nor who asks us to stop.
    r"(?!(?:\w+ ){0,3}(?:slipp\w*|slepp\w*|fred\w*|fri|ro|ruhe|rid|stopp?\w*|slutt?\w*|auf|eroon|ikke|ikkje|inte|"
    r"not)\b)"
    rf"(?:\w+ ){{0,3}}{_SENT}"
)
_TIRED_OF = re.compile(rf"\b(?:sick|tired|fed up|lei|drittlei|trott|traet) (?:of|with|av|pa|af) (?:\w+ ){{0,3}}{_SENT}")
_UNWANTED = re.compile(rf"{_NOT}.*{_SENT}|{_SENT}.*{_NOT}")
_TAKEN_OFF = re.compile(rf"{_OFF}.*(?:{_OURS}|{_SENT})|(?:{_OURS}|{_SENT}).*{_OFF}")
_MINE_OFF = re.compile(
    rf"{_OFF} (?:\w+ )?(?:meg|mig|me|mich|minut|mu|oss|os|us)\b"
    r"|(?:meg|mig|me|mich) (?:ut|ud|ur|vekk|bort|av|off|raus)\b"
)


def may_mean_it(tokens: Iterable[str]) -> bool:
    """Whether a person should look at the text soon. It opts nobody out.

    >>> [may_mean_it(text.split()) for text in ("dette er spam", "gidder ikke flere sms fra dere", "kan ikke komme")]
    [True, True, False]
    """
    words = list(tokens)
    if len(words) > 2 * LONGEST:
        words = words[:LONGEST] + words[-LONGEST:]
    text = " ".join(words)
    if _WANTS_THEM.search(text):
        return False
    if _PLAIN.search(text) or _TIRED_OF.search(text):
        return True
    if _UNWANTED.search(text) and not _MISSED.search(text):
        return True
    return bool(_TAKEN_OFF.search(text) or _MINE_OFF.search(text)) and not _ERRAND.search(text)
