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
    r"(?:sms(?:er|ene|ar|ane|en|et|s|viest\w*)?|mms|tekstmelding\w*|textmeddeland\w*|melding(?:er|ar|ene|"
    r"ane|a|en|s)?|"
    r"besk(?:j)?eder(?:ne)?|besked|meddeland\w+|utskick\w*|viest(?:i|it|ia|ien|ej\w*|ei\w*)|teksti?viest\w*|"
    r"reklam(?!asjon|ation)\w*|markedsforing\w*|marknadsforing\w*|mainok\w*|mainos\w*|spam\w*|"
    r"nyhets?brev\w*|nyhedsbrev\w*|uutiskirje\w*|"
    r"texts?|texting|messages?|messaging|msg(?:s|ing)?|ads|advertising|marketing|promos?|promotions?|"
    r"nachricht(?:en)?|werbung|skilabod\w*|auglysing\w*|diedu\w*|henvendelse\w*|varsl\w*|notif\w+|"
    r"abonn?ement\w*|prenumeration\w*|tilau(?:s|kse[nt]|kseni|ksemme)|subscription)"
)
_MATTERS = (
    r"(?:paminn\w*|pamind\w*|reminders?|erinnerung\w*|muistut\w*|info|informasjon|information\w*|tilbud\w*|"
    r"erbjudand\w*|offers|tarjouks\w*|angebote?|oppdatering\w*|uppdatering\w*|updates|invitasjon\w*|annons\w*)"
)
_US = r"(?:meg|mig|me|oss|us|mich|mer|mir|minua|minut|minulle|munnje|mu|this number|dette nummeret|dette nummer)"
_MORE = (
    r"(?:noe mer|noko meir|mer|meir|mere|flere|fleire|fler|more|any more|anymore|igjen|igen|again|ever|lenger|lengre|"
    r"langre|laengere|enaa|ena|enaan|enempaa|mehr|meira|fleiri|framar|eanet|sat|eambo)"
)
_NOT = (
    r"(?:ikke|ikkje|ikk|inte|ingen|inga|inget|ei|ii|no|not|never|dont|do not|nicht|keine?|ekki|engin|ala|"
    r"alkaa|et saa|ette saa|ale|"
    r"allet)"
)
_SEND = (
    r"(?:send|sende|senda|sender|sendes|skicka|skickar|skick|laheta|lahettaa|lahettako|lahetella|sadde|"
    r"saddet|text|tekst|sms|"
    r"message|msg|contact|kontakt|kontakte|kontakta|ring|call|skriv|skrive|senden|schreiben|schicken|cale|"
    r"calet|disturb|forstyrr)"
)
# What may stand between "not" and what is not wanted, and nothing else: "ikke send bilen" is about a car.
_SMALL = (
    rf"(?:{_US}|{_MORE}|{_SEND}|til|to|at|a|an|any|noen|noe|nogen|nogle|nagra|fra|from|dere|deres|jer|er|"
    rf"eder|you|your|era|ert|jeres|dykkar|dokker|dokkers|of|"
    r"slike|slik|slikt|sant|sann|sont|sanne|sadanne|sana|weiteren?|saada|oazzut|etta|lahetatte|lahetat|"
    r"disse|desse|dessa|dette|"
    r"det|den|de|naita|naiden|taman|these|this|"
    r"ha|have|fa|faa|motta|modtage|mottage|ta|imot|emot|get|receive|getting|receiving|bekommen|erhalten|fleiri|"
    r"vaer|ver|ver sa snill|vennligst|please|pls|takk|tack|tak|kiitos|bitte|og|och|and|mine|mitt|min|my|na|now|nu)"
)
_WHO = r"(?:jeg|eg|ae|vi|jag|i|we|ich|ek|mina)"
_WISH = (
    rf"(?:{_WHO} )?(?:vil|vill|ynskjer|onsker|onskjer|onskar|orker|orkar|gidder|gider|will|mochte|takker|tackar) "
    r"(?:(?:gjerne|helst|lenger|langre|at dere|at du|att ni) )?"
)
_REFUSE = (
    rf"(?:(?:{_WHO} )?(?:nekter|nektar|vagrar|naegter|refuse)(?: a| att| at| to)?|(?:{_WHO} )?(?:dont|do not|"
    rf"no longer) (?:want|wish|need|like)|(?:mina )?(?:en|emme) halua|"
    rf"(?:mun )?in halit)"
)
_NOT_WANTED = re.compile(
    "|".join(
        (
            rf"(?:{_WISH})?{_NOT}(?: {_SMALL}){{0,7}} {_MESSAGES}\b",  # "(jeg vil) ikke ha flere meldinger"
            # These only after a wish: "ingen informasjon om parkering?" asks for more.
            rf"(?:{_WISH}{_NOT}|{_REFUSE})(?: {_SMALL}){{0,7}} {_MATTERS}\b",
            rf"{_REFUSE}(?: {_SMALL}){{0,7}} {_MESSAGES}\b",  # "en halua viesteja", "i dont want texts"
            rf"{_REFUSE} (?:enaa|naita|tata|enempaa|sat|eanet)\b",
            rf"(?:{_WISH})?{_NOT} (?:\w+ )?(?:motta|modtage|mottage|receive)\b",  # "vil ikke motta dette"
            rf"(?:{_WISH})?{_NOT} (?:til )?{_SEND}(?: {_SMALL}){{0,7}}$",  # "ikke send meg mer", "do not contact me"
            # "vil ikke ha mer", "vil ikke ha mer av dette"
            rf"{_WISH}{_NOT} (?:ha|have|fa)(?: {_SMALL}){{0,7}} {_MORE}(?: (?:av|af|of) (?:dette|det|disse|this))?$",
            rf"{_SEND} (?:sie )?(?:{_US} )?(?:ikke|ikkje|inte|inga|inget|ingen|ingenting|"
            rf"nothing|no|keine?)(?: {_SMALL}){{0,7}}(?: {_MESSAGES}\b|$)",
            rf"(?:nei|nej|no) (?:takk |tack |tak |thanks )?till? (?:{_MORE} )?{_MESSAGES}\b",
            rf"(?:na er det |det er )?nok (?:mas |med )?{_MESSAGES}\b",
        )
    )
)
# Without any of these "not" and small words alone say nothing: "ikke na", "nei ikke til meg".
_IS_ABOUT = re.compile(
    rf"\b(?:{_MESSAGES}|{_MATTERS}|{_SEND}|motta|modtage|mottage|receive|halua|ha {_MORE}|have {_MORE})\b"
)
# Who misses a message does not mind them.
_MISSED = re.compile(
    r"\b(?:fatt|fikk|mottatt|kommet|kom|komme|kommer|fick|faet|fik|modtaget|saanut|saatu|received|got|came|arrived|"
    r"fengid|(?<!mehr )(?:erhalten|bekommen)|yet|virker|funker|fungerer|works?)\b"
)

# "Don't text Kari", "don't text while driving"
_TEXT_SOMEBODY = re.compile(
    r"(?:dont|do not|never) (?:text|message|sms|call|contact) "
    r"(?!(?:me|us|this|my|our|to|again|any\w*|more|please|ever|here|no|messages?|texts?|until|till|unless|now|ok|"
    r"(?:at|on) (?:this|my|me)|(?:or|and|nor) \w+(?: (?:me|us|this|my|our|again|any\w*|please)\b|$))\b)\w"
)
# To another number, not to none. "Men slett nummeret mitt" asks for no text there.
_ELSEWHERE = re.compile(
    r"\b(?:men|but|utan|sondern|vaan|instead|istallet|i stedet)\b (?:\w+ ){0,4}?"
    r"(?:til|till|to|pa|at|on|an|auf|via|bruk|bruke|use|anvand|heller|rather) "
    r"(?:\w+ ){0,3}(?:\d{3,}|nummer\w*|number)\b"
    r"|\b(?:instead|istallet|i stedet)\b.*\b(?:\d{3,}|nummer\w*|number)\b"
)

_ASKS = re.compile(
    r"(?:(?:na|nu|now|pa dere|alle sammen) )*"
    r"(?:(?:ma|maste|skal|skall|bor|kan|kunne|kunna|vil|vill|could|can|would|will|konnen|konnten|getid|gaetud)"
    r" (?:du|dere|de|dokker|dykk|i|ni|you|sie|ihr|man|jeg|eg|jag|pid)(?: (?:ikke|ikkje|inte))?"
    r"|voisitko|voisitteko|voitko|voitteko|viltu|geturdu|gaetirdu|(?:eg )?oska eftir"
    r"|(?:jeg|eg|vi|jag|i|id|we|ich|ek) (?:vil|ville|vill|onsker|onskjer|onskar|ma|skal|want|wish|need|would|mochte"
    r"|wurde|krever|krev|kraever|kraver|forlanger|ber om|begarer|demand|request)|krever|krev|kraever|"
    r"kraver|vil|vill|onsker|onskjer|onskar|want|wish|haluan|haluamme|haluaisin|mochte|id"
    r"|(?:du|dere|de|i|ni|you) (?:kan|ma|maste|skal|skall|bor|can|must|should|need to)(?: gjerne| garna| gerne)?"
    r"|(?:hva|kva|vad|hvad|hvordan|korleis|hvorledes|hur) (?:gjor|gjer|gor) (?:jeg|eg|jag|man)(?: for)?|"
    r"(?:hvordan|korleis) (?:kan|far|"
    r"faar) (?:jeg|eg|man)|hur kan jag|how (?:can|do) i|how to|wie kann ich"
    r"|miten (?:voin|saan|paasen|paasisin))\b"
    r"(?: (?:mich|ad|bli|blive|bliva|be|get|gjerne|gerne|garna|like|love|you|dere|deg|at|att|a|to|fa|"
    r"vaere|vare|sa|snill|snille|vennlig|venlig|vanlig|grei|greie|god|gode|"
    r"please|pls|venligst|just|bare|bara|vennligst|vanligen|og|och)\b)* ?"
)
# Verbs and their forms that ask to be taken off only where the rest says that messages, a list or a number are meant.
_TAKE_OFF = (
    r"fjern(?:e|er|es)?|slett(?:e|er|es|ing)?(?: av)?|slet(?:te)?|"
    r"(?:ha|fa) (?:meg|mig|oss) (?:fjernet|slettet|stroket)|fa (?=(?:meg|mig|oss) (?:av|vekk|bort|ut|fra))|"
    r"get (?=(?:me|us|my number) (?:off|out)(?! at\b))|streichen?(?: sie)?|stryk(?:e)?|ta bort|fa bort|ta vekk|"
    r"ta (?=(?:meg|mig|oss) (?:av|vekk|bort|ut|fra))|tag (?=mig (?:af|ud|fra|vaek))|fjarlaeg\w*|takai? (?=mig)|"
    r"plocka bort|poistua|radera|poista(?:kaa|a)?|poistatte|delete|remove|erase|losch(?:e|en)?(?: sie)?|"
    r"entfernen?(?: sie)?|"
    r"nehmen? (?:sie )?(?=(?:mich|meine\w*) (?!mit\b))|taka?id? (?=mig)|sihko (?=mu)|valdd?e (?=mu)|taktu|"
    r"take (?=(?:me|us|my number) (?:off|from|out))|"
    r"(?:bli|bliva|blive|be) (?:fjernet|slettet|slettes|avmeldt|raderad|removed)"
)
# Only after "jeg vil bli", "kan jeg få": alone they tell what has been done.
_DONE = r"(?:slettet|fjernet|stroket|borttagen|raderad|struken|removed|deleted|geloscht)"
_STOP = (
    r"hold opp|hald opp|hold op|kutt ut|slippe|slippa|slippa fa|slepp[ea]|blive fri for|bli fri for|"
    r"fri for|bli kvitt|eroon|kansell?er\w*|meldes (?:av|ut)|si opp|seie opp|sag upp|opsig|lagg av|opt (?=me|us)|"
    r"stopp(?:e|er|a|ar|es)?|stop(?:pe|pen|s|ping)?|slutte?r?|slutta|sluta(?:r)?|avslutte?r?|avsluta(?:r)?|avsluttes|"
    r"avmelde?s?|avregistrere?r?a?|avbestille?|avbestall(?:a)?|melda? (?:meg|mig|oss) (?:av|ut|fra)|"
    r"melde (?:meg|mig|oss) (?:av|ut|fra)|meld[ea]? (?:av|ut)|afmelde?s?|framelde?s?|lopettaa|lopeta|lopettakaa|"
    r"peruuttaa|peruuta|perua|peru|peruutan|unsubscribe|opt(?: me| us)? out|cancel|quit|end|revoke|afskra(?:id)?|"
    r"avmelding|avmeldning|avregistrering|afmelding|avprenumerer\w*|stopp?et|avsluttet|skru av|sla av|"
    r"stang av|turn off|switch off|deaktiver\w*|stoppen(?: sie)?|horen sie auf|hor auf|haetta|haettid|stoppid|"
    r"stodva|abmelden|abbestellen|kundigen|heaitt(?:e|it|ihit)|loahpat"
)
_ORDERS = re.compile(rf"(?:(?P<off>{_TAKE_OFF})|{_STOP})\b ?")
_ASKED = re.compile(rf"(?:(?P<off>{_TAKE_OFF}|{_DONE})|{_STOP})\b ?")
_ABOUT_US = (
    rf"{_MESSAGES}|paminn\w*|pamind\w*|reminder\w*|erinnerung\w*|muistut\w*|info|informasjon\w*|information\w*|"
    r"list|lista|listen|listene|listan|liste|listi|listalta|listanum|postituslistalta|"
    r"registeret|registret|rekisterista|system\w*|register|kontaktinfo\w*|kontaktopplysning\w*|gdpr|personvern\w*|"
    r"(?:mine|mina|mit|my|meine|all|alle|alla) "
    r"(?:dat(?:a|en)\w*|info\w*|details|person\w*|opplysning\w*|oplysning\w*|uppgifter\w*)|"
    r"(?:data|opplysning\w*) mine|tietoni|yhteystie\w*|tiedot|"
    r"(?:mitt|mit|dette) nr|nr (?:mitt|mit|vart)|verteiler|listtus|smslist\w*|postlist\w*|basen|(?:mobil|"
    r"telefon|tlf)?nummer\w*|numret|"
    r"number|numeroni|numeroa|numero|numer(?:id)?|tlf|telefonnummer\w*|meg|mig|oss|me|us|minut|minua|mich"
)
_ABOUT = re.compile(
    rf"\b(?:{_ABOUT_US}|sende?r?|senda|sending|skicka|skickande|lahettam\w*|lahettely\w*|viestittely\w*|"
    rf"smsa|mas|mase|"
    r"tjata|plage|plager|kontakte|kontakta|contacting|spam\w*|skrive|skriva|skriv|ringe|dette|disse|desse|"
    r"denne|dessa|"
    r"this|these|avtalen|avtalet|diedut|diediid|sadd\w+|cal\w+|mir|schreiben|schicken|senden|diese\w*|thetta|tama|"
    r"taman|nama|naita)\b"
    # Further on in the text these are about anything: "vi må slutte tidlig, det går fint".
    r"|^(?:med |mig |meg |sie )?(?:det(?! (?:ene|andre|forste|siste|nye|gamle|hele|lille|store)\b)|it|alt|alle|"
    r"all|das)\b"
)
_ABOUT_OFF = re.compile(rf"\b(?:{_ABOUT_US})\b")
_DENIES = re.compile(r"^(?:ikke|ikkje|inte|not|nicht|ekki|aldri|aldrig|never|ale|slet ikke)\b")

# Said as they stand, whatever follows.
_SAID = re.compile(
    r"(?:la (?:meg|oss) (?:vaere|vare)|lat (?:meg|oss) vere|lat mig vara|lad mig vaere|lamna mig i fred|"
    r"leave (?:me|us) (?:alone|be|in peace)|lat (?:mig|oss) vara ifred|lamna (?:mig|oss) ifred|"
    r"lose my number|(?:jattakaa|jata|jattaka) (?:minut |meidat )?(?:rauhaan|rauhassa)|"
    r"lass(?:t|en sie)? (?:mich|uns) (?:bitte |endlich |einfach )?in (?:ruhe|frieden)|"
    # "Vil ikke høre mer fra dere", "I don't want to hear from you"
    rf"(?:{_WISH}{_NOT}|{_REFUSE}|ich (?:will|mochte) (?:nichts|nie|nicht)) (?:\w+ ){{0,3}}"
    r"(?:hore?|hora|hear|kuulla|horen)(?: (?:noe |noko |nagot |anything )?(?:mer|mere|meir|more))?"
    r"(?: (?:fra|fran|ifra|from|von) (?:dere|dykk|er|jer|you|euch|ihnen)|$)|"
    r"ich (?:will|mochte) (?:nichts|nie|nicht) (?:\w+ ){0,2}von (?:euch|ihnen) (?:\w+ )?horen|"
    # Verbs that come last in German
    r"(?:mich|uns|meine (?:handy|telefon)?nummer|meine daten|diese nummer) (?:\w+ ){0,5}"
    r"(?:loschen|entfernen|streichen|abmelden|austragen|rausnehmen|herausnehmen|nehmen)$|"
    r"(?:\w+ ){0,3}(?:aus|von) (?:dem|der|ihrem|ihrer|eurem|eurer|diesem|dieser) "
    r"(?:verteiler|liste|datenbank|kartei|mailingliste|smsverteiler) "
    r"(?:nehmen|streichen|loschen|entfernen|austragen|abmelden)|"
    r"(?:schick|send|schreib)\w* (?:sie |ihr )?(?:mir|uns) (?:bitte )?(?:nichts|nie|keine\w*|nicht mehr$)|"
    r"(?:ikke|ikkje|inte|slutt a|sluta|dont|do not|stop) (?:bruke?|anvanda?|anvande?|benytte?|use|using) "
    r"(?:(?:dette|det har|detta|this|min|mitt|my) )?(?:\w*nummer\w*|numret|nr|mobilen|number|phone)|"
    rf"(?:enough|nok|nog|schluss|genug) (?:with|med|mit) (?:\w+ )?{_MESSAGES}|"
    r"(?:jeg |eg |jag )?trekker? (?:tilbake )?(?:mitt |min )?samtykke\w*|"
    r"(?:jag )?aterkallar (?:mitt )?samtycke|(?:i )?(?:withdraw|revoke) (?:my )?consent|"
    r"(?:jeg |eg )?reserv(?:erer|asjon|ert|er) (?:meg |mig |oss )?mot|jag undanber mig|"
    r"(?:jeg |eg |jag )?(?:vil|vill|onsker|onskjer) (?:av|ut av|bort fra|fra) (?:denne |den |dette )?list\w*|"
    r"(?:jeg |eg )?melder (?:meg|oss) av|(?:jeg )?melder meg ut|meld(?:en|e)? (?:sie )?(?:mich|uns) ab|"
    r"wie melde ich (?:mich|uns)\b.*\bab$|"
    rf"{_WISH}(?:ikke|ikkje|inte)(?: lenger| langre| lengre)? (?:a |att |at )?(?:sta|vaere|vare|vere|vara) (?:pa|i) "
    r"(?:(?:den|denne|deres|dykkar|er|jeres) )?(?:sms )?(?:list|regist|smslist|postlist)\w*|"
    r"(?:haluan|haluamme|tahdon) pois (?:\w+ )?list\w+|i want (?:off|out of) (?:this|your|the) list|cease and desist|"
    rf"ich (?:will|mochte) das nicht(?: mehr)?$|(?:ikke|ikkje|inte|not) intere\w+ (?:i|in|av) (?:\w+ )?{_MESSAGES}|"
    r"(?:sett|skriv|for) (?:meg|oss) (?:opp )?(?:pa|i) reservasjons\w+|blokk?er(?:e)? (?:meg|nummeret mitt)|block me|"
    rf"{_MESSAGES} (?:stopp?|slutt|sluta|avslutt|avsluta|avmeld|afmeld|frameld|abbestellen|stoppen|"
    rf"abmelden|beenden)$|"
    # Copied from the text that told them how: "Send STOPP".
    r"(?:jeg |eg )?(?:send|sender|skriv|skriver|svar|svarer|reply|text) stopp?$|"
    # "Hvordan melder jeg meg av?"
    r"(?:hvordan|hvor|korleis|hur|var) (?:meld(?:er|ar)) (?:jeg|eg|jag|man|en) (?:meg|mig|seg|sig|"
    r"oss) (?:av|ut|fra|af)|"
    r"(?:hvordan|korleis|hvorledes|hur) (?:avmelder|avregistrerar|avprenumererar|afmelder|"
    r"framelder) (?:jeg|eg|jag|man)|"
    rf"(?:hvordan|korleis|hvorledes|hur) (?:stopp?[ea]r|avslut\w+r|opsiger|avbestiller) (?:jeg|eg|jag|man)\b.*"
    rf"\b(?:{_MESSAGES}|det her|dette|detta|det)|"
    rf"(?:lad|la|lat) (?:vaere|vare|vere) (?:med )?(?:at|a|aa) (?:{_SEND}|sms\w*|forstyrre)\b.*\b(?:{_ABOUT_US})|"
    # "Ikke interessert stopp", where the sentences are not parted.
    rf"(?:ikke|ikkje|inte|not) intere\w+ (?:takk |tak |tack )?(?:{_STOP}|{_TAKE_OFF}))\b"
)
# The whole text, and nothing around it but courtesy.
_ALONE = frozenset(
    {
        "fjern", "slett", "radera", "poista", "poistakaa", "delete", "loschen", "revoke", "opsig", "hold opp",
        "hald opp", "hold op", "hold kjeft", "hold kaft", "lagg av", "si opp", "sag upp", "seis", "stogg",
        ""
        ""
        ""
        "stoppi", "stopper", "peruutan", "afskra", "stodva", "avanmalan", "avmeldt", "avbestall",
        "ikke forstyrr", "do not disturb", "fuck off", "piss off", "heaitte", "heaittihit", "loahpat", "avsluttes",
        "horen sie auf", "hor auf", "meld mig fra", "avregistrering", "stoppes", "avprenumerera", "avprenumerer",
        "afskraning", "kundigung", "kundigen", "kundige", "heaittit", "ikke mas", "slutt a mas",
        "avbestiller", "avslutter", "avmelder",
    }
)  # fmt: skip


# What is called off or taken away when it is not us.
_CALLS_OFF = (
    r"(?:cancel|remove|avbestill|avbestall|avslutt|avslutte|avsluta|meld (?:meg|oss|mig) (?:av|ut|fra|af)|meld av|"
    r"melde meg av|avmeld|afmeld|frameld|avmelding av|peru|peruuta|peruuttakaa|sla av)"
)
_ERRAND = (
    r"(?:appointment\w*|booking\w*|table|orders?|reservation\w*|delivery|dinner\w*|lunch\w*|breakfast|party|meeting\w*|"
    r"class|trip|hotel|flight|onions?|tomato\w*|lid|items?|culture|timen?|bestilling\w*|bestallning\w*|ordre\w*|bordet|"
    r"besok\w*|plassen|tiden|bokning\w*|middag\w*|lunsj\w*|lunch\w*|frokost\w*|fest(?:en)?|mote\w*|motet|"
    r"kurs(?:et|en)?|"
    r"trening\w*|traning\w*|kamp(?:en)?|match(?:en)?|tur(?:en)?|buss(?:en)?|skyss\w*|lever\w*|levering\w*|lyd(?:en)?|"
    r"musikk\w*|barn(?:et)?|varaus\w*|aika\w*|ajan|ajanvarau\w*|termin\w*)"
)
# Begins with a word of opting out and means something else. "Slutt på salget?" asks; "slutt på reklamen?" asks us to.
_SOMETHING_ELSE = re.compile(
    # "Stopp ikke" alone or "stopp ikke å sende"; "stopp ikke send mer" has lost its comma.
    r"(?:stopp|slutt|sluta|slut|stop|stoppe|slutte) (?:ikke|ikkje|inte|aldri|aldrig|nicht|never)"
    r"(?: (?:a|at|att|med|to|with) .*)?$"
    r"|stop by (?:at|today|tomorrow|tonight|later|soon|any\w*|the|my|our|your|on|for|after|before|around|if|when|and|"
    r"\d+|\w+day)\b"
    r"|stopp (?:innom|inom|en tur|ved|vid|utenfor|utanfor) \w+"
    rf"|(?:slutt|slut)(?: er| na| nu)? (?:pa|kl|klokka|klokken) (?!{_MESSAGES}\b|det\b|dette\b|mas|tjat|a |at |"
    rf"att )\w+.*\?$"
    rf"|end (?:of (?!(?:this|these|it|{_MESSAGES}|(?:the|your|all|my|our|any) {_MESSAGES})\b|subscription)|"
    r"time\b|date\b)"
    r"|stop at (?:the|my|our|your|\d+)\b"
    rf"|{_CALLS_OFF} (?!{_US}\b)(?:(?!{_MESSAGES}\b|{_MATTERS}\b|list|\w*nummer|number|{_WHO}\b)\w+ ){{0,5}}"
    rf"{_ERRAND}\b(?! (?:{_MESSAGES}|{_MATTERS})\b)"
    r"|take me off (?:the |your )?(?:waiting|waitlist|wait list)"
)


def means_something_else(body: Tokens, *, asks: bool) -> bool:
    """
    Whether what begins with a word of opting out is plainly about something else; a person looks at it all the same.
    `asks`: the text ends with a question mark.

    >>> means_something_else(("slutt", "pa", "salget"), asks=True), means_something_else(("stopp", "takk"), asks=False)
    (True, False)
    """
    return len(body) <= LONGEST and _SOMETHING_ELSE.match(" ".join(body) + ("?" if asks else "")) is not None


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
    if _MISSED.search(text) or _ELSEWHERE.search(text):
        return False
    if not _TEXT_SOMEBODY.match(text) and _NOT_WANTED.match(text) and _IS_ABOUT.search(text):
        return True
    asked = _ASKS.match(text)
    starts = [0] if asked is None or not asked.end() else [asked.end(), 0]
    return any(_orders(text[start:], alone=start > 0) for start in starts)


def _orders(text: str, *, alone: bool) -> bool:
    """An order, and after it what is meant; after "could you please" it may stand alone."""
    text = text.strip()
    while polite := re.match(
        r"(?:vaer|var|god|sa|snill|snille|please|pls|vennligst|og|a|to|at|att|bare|just|venligst|venlig|"
        r"vinsamlega(?:st)?|faen) ",
        text,
    ):
        text = text[polite.end() :]
    order = (_ASKED if alone else _ORDERS).match(text)
    if order is None:
        return False
    rest = text[order.end() :].strip()
    if not rest:
        return alone
    about = _ABOUT_OFF if order["off"] else _ABOUT
    return not _DENIES.match(rest) and about.search(rest) is not None
