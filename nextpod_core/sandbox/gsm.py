"""How many SMS a text becomes: the sandbox's own count, so that it can't share a mistake with the desk's."""

BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§"
    "¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
EXTENDED = frozenset("^{}\\[~]|€\f")  # an escape and a character: two septets (3GPP TS 23.038 6.2.1.1)


def is_gsm7(text: str) -> bool:
    """Whether every character is in the GSM 7-bit default alphabet or its extension."""
    return all(character in BASIC or character in EXTENDED for character in text)


def parts(text: str) -> int:
    """The number of SMS on the air.

    >>> parts("a" * 160), parts("a" * 161), parts("€" * 153), parts("ŧ" * 70), parts("ŧ" * 71)
    (1, 2, 3, 1, 2)
    """
    if is_gsm7(text):
        sizes, alone, joined = [2 if character in EXTENDED else 1 for character in text], 160, 153
    else:
        sizes, alone, joined = [2 if ord(character) > 0xFFFF else 1 for character in text], 70, 67
    if sum(sizes) <= alone:
        return 1
    count, used = 1, 0
    for size in sizes:
        if used + size > joined:  # A pair of two is never cut (3GPP TS 23.040 9.2.3.24.1).
            count, used = count + 1, 0
        used += size
    return count


def utf16_length(text: str) -> int:
    """Length in UTF-16 units, in which the limit of 1,500 is counted here."""
    return len(text) + sum(character > "\uffff" for character in text)
