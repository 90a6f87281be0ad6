"""Which network a number belongs to, and how that network behaves. Reads `data/operators.csv` once."""

import csv
import functools
import itertools
from bisect import bisect
from dataclasses import dataclass
from pathlib import Path

from nextpod_core.sandbox.dice import draw

FILE = Path(__file__).resolve().parents[2] / "data" / "operators.csv"

# E.164 country codes and the country that most of each code's numbers are in (ITU list; libphonenumber's main regions).
CALLING_CODES = """
1:US 7:RU 20:EG 27:ZA 30:GR 31:NL 32:BE 33:FR 34:ES 36:HU 39:IT 40:RO 41:CH 43:AT 44:GB 45:DK 46:SE 47:NO 48:PL
49:DE 51:PE 52:MX 53:CU 54:AR 55:BR 56:CL 57:CO 58:VE 60:MY 61:AU 62:ID 63:PH 64:NZ 65:SG 66:TH 81:JP 82:KR 84:VN
86:CN 90:TR 91:IN 92:PK 93:AF 94:LK 95:MM 98:IR 211:SS 212:MA 213:DZ 216:TN 218:LY 220:GM 221:SN 222:MR 223:ML
224:GN 225:CI 226:BF 227:NE 228:TG 229:BJ 230:MU 231:LR 232:SL 233:GH 234:NG 235:TD 236:CF 237:CM 238:CV 239:ST
240:GQ 241:GA 242:CG 243:CD 244:AO 245:GW 246:IO 247:AC 248:SC 249:SD 250:RW 251:ET 252:SO 253:DJ 254:KE 255:TZ
256:UG 257:BI 258:MZ 260:ZM 261:MG 262:RE 263:ZW 264:NA 265:MW 266:LS 267:BW 268:SZ 269:KM 290:SH 291:ER 297:AW
298:FO 299:GL 350:GI 351:PT 352:LU 353:IE 354:IS 355:AL 356:MT 357:CY 358:FI 359:BG 370:LT 371:LV 372:EE 373:MD
374:AM 375:BY 376:AD 377:MC 378:SM 380:UA 381:RS 382:ME 383:XK 385:HR 386:SI 387:BA 389:MK 420:CZ 421:SK 423:LI
500:FK 501:BZ 502:GT 503:SV 504:HN 505:NI 506:CR 507:PA 508:PM 509:HT 590:GP 591:BO 592:GY 593:EC 594:GF 595:PY
596:MQ 597:SR 598:UY 599:CW 670:TL 672:NF 673:BN 674:NR 675:PG 676:TO 677:SB 678:VU 679:FJ 680:PW 681:WF 682:CK
683:NU 685:WS 686:KI 687:NC 688:TV 689:PF 690:TK 691:FM 692:MH 850:KP 852:HK 853:MO 855:KH 856:LA 880:BD 886:TW
960:MV 961:LB 962:JO 963:SY 964:IQ 965:KW 966:SA 967:YE 968:OM 970:PS 971:AE 972:IL 973:BH 974:QA 975:BT 976:MN
977:NP 992:TJ 993:TM 994:AZ 995:GE 996:KG 998:UZ
"""

# Mobile subscriptions in per cent, about what the countries' regulators publish; elsewhere the list's order is taken.
SHARES: dict[str, dict[str, float]] = {
    "NO": {"1": 46, "2": 34, "14": 15, "23": 3, "9": 2},
    "SE": {"1": 34, "7": 27, "6": 19, "2": 18, "12": 2},
    "DK": {"1": 38, "2": 22, "6": 21, "20": 19},
    "FI": {"5": 38, "91": 32, "12": 29, "14": 1},
    "GB": {"10": 34, "15": 22, "20": 17, "30": 27},
    "DE": {"1": 38, "2": 30, "3": 32},
}

# Median seconds to the handset, and the share of texts that do not get there. Invented, to be told apart on a chart.
KNOWN: dict[tuple[str, str], tuple[float, float]] = {
    ("242", "1"): (5.6, 0.018),
    ("242", "2"): (6.8, 0.026),
    ("242", "14"): (9.5, 0.047),
    ("242", "23"): (14.0, 0.075),
    ("242", "9"): (11.0, 0.035),
}


@dataclass(frozen=True, slots=True)
class Operator:
    """A mobile network; `mnc` without leading zeros, as the API's examples print it."""

    country: str
    mcc: str
    mnc: str
    brand: str
    median: float
    failing: float


NOWHERE = Operator("", "901", "1", "", 20.0, 0.3)  # a country code that is nobody's


@functools.cache
def _codes() -> dict[str, str]:
    pairs = (entry.partition(":") for entry in CALLING_CODES.split())
    return {code: country for code, _, country in pairs}


def country_of(number: str) -> str:
    """ISO code of the country a number's calling code belongs to; empty for a code that is nobody's."""
    codes = _codes()
    return next((codes[number[:length]] for length in (3, 2, 1) if number[:length] in codes), "")


@functools.lru_cache(maxsize=64)
def person(seed: str, number: str) -> tuple[float, ...]:
    """What is by chance about a person for ever: the first decides the operator, the second whether texts arrive."""
    return draw(seed, "person", number)


def operator_of(number: str, *, seed: str) -> Operator:
    """The network of a number: always the same for one seed, spread over the country's networks by their share."""
    operators, upto = _networks().get(country_of(number), ((), ()))
    if not operators:
        return NOWHERE
    return operators[min(bisect(upto, person(seed, number)[0] * upto[-1]), len(operators) - 1)]


@functools.cache
def _networks() -> dict[str, tuple[tuple[Operator, ...], tuple[float, ...]]]:
    found: dict[str, list[tuple[Operator, float]]] = {}
    with FILE.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            mnc = row["mnc"].lstrip("0") or "0"
            for country in filter(None, row["iso"].split("/")):
                share = SHARES.get(country, {}).get(mnc, 0.0) if country in SHARES else _share_elsewhere(found, row)
                if share and all(known.mnc != mnc for known, _ in found.get(country, [])):
                    found.setdefault(country, []).append((_operator(country, row["mcc"], mnc, row), share))
    return {
        country: (
            tuple(operator for operator, _ in entries),
            tuple(itertools.accumulate(share for _, share in entries)),
        )
        for country, entries in found.items()
    }


def _share_elsewhere(found: dict[str, list[tuple[Operator, float]]], row: dict[str, str]) -> float:
    """The first five branded networks in operation, each half as big as the one before."""
    known = found.get(row["iso"].split("/")[0], [])
    if row["status"] != "Operational" or not row["brand"] or len(known) >= 5:
        return 0.0
    return 0.0 if any(operator.brand == row["brand"] for operator, _ in known) else 0.5 ** len(known)


def _operator(country: str, mcc: str, mnc: str, row: dict[str, str]) -> Operator:
    first, second, *_ = draw("network", mcc, mnc)
    median, failing = KNOWN.get((mcc, mnc), (5.0 + 9.0 * first, 0.02 + 0.06 * second))
    return Operator(country, mcc, mnc, row["brand"] or row["operator"], median, failing)
