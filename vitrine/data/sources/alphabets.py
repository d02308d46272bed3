"""Whether bytes that were read in a code page look like words that people write, or like those of another page."""

import re
import unicodedata
from collections.abc import Iterable

# Small letters beyond a to z; each word is of one language.
LATIN = {
    "French": "àâæçéèêëîïôœùûüÿ", "German": "äöüßé", "Spanish": "áéíñóúüç", "Portuguese": "àáâãçéêíóôõúü",
    "Italian": "àèéìíîòóùú", "Catalan": "àçéèíïòóúü", "Dutch": "áäéèëïíóöü", "Danish": "æøåéó", "Swedish": "åäöéü",
    "Icelandic": "áðéíóúýþæö", "Polish": "ąćęłńóśźż", "Czech": "áčďéěíňóřšťúůýž", "Slovak": "áäčďéíĺľňóôŕšťúýž",
    "Hungarian": "áéíóöőúüű", "Croatian": "čćđšž", "Romanian": "âăîșțşţ", "Turkish": "âçğıîöşûü",
    "Lithuanian": "ąčęėįšųūž", "Latvian": "āčēģīķļņšūž", "Estonian": "äõöüšž", "Albanian": "çë",
}  # fmt: skip
_RUSSIAN = "".join(map(chr, range(0x430, 0x450)))
_SOUTH_SLAVIC = re.sub("[\u0439\u0449-\u044f]", "", _RUSSIAN)  # without short i, shcha, the signs, y, e, yu, ya
CYRILLIC = {
    "Russian": _RUSSIAN + "\u0451",
    "Ukrainian": re.sub("[\u044a\u044b\u044d]", "", _RUSSIAN) + "\u0454\u0456\u0457\u0491",
    "Belarusian": re.sub("[\u0438\u0449\u044a]", "", _RUSSIAN) + "\u0451\u0456\u045e",
    "Serbian": _SOUTH_SLAVIC + "\u0452\u0458\u0459\u045a\u045b\u045f",
    "Macedonian": _SOUTH_SLAVIC + "\u0453\u0455\u0458\u0459\u045a\u045c\u045f",
}
# Modern Greek: the letters alpha to omega, the accented vowels, iota and upsilon with a diaeresis.
GREEK = {"Greek": "".join(map(chr, range(0x3B1, 0x3CA))) + "\u03ac\u03ad\u03ae\u03af\u03cc\u03cd\u03ce\u03ca\u03cb"}
ALPHABETS = {"LATIN": LATIN, "CYRILLIC": CYRILLIC, "GREEK": GREEK}
# First bytes of the characters that people use most: the first level of each national standard.
COMMON_FIRST_BYTES = {
    "gbk": [(0xA1, 0xA9), (0xB0, 0xD7)], "big5": [(0xA1, 0xC6)], "cp949": [(0xA1, 0xA9), (0xB0, 0xC8)],
    "cp932": [(0x81, 0x83), (0x88, 0x97)],
}  # fmt: skip
_EAST_ASIAN = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL")
_PUNCTUATION = frozenset(
    "\u00a0\u00a1\u00ab\u00b0\u00b7\u00bb\u00bf\u2013\u2014\u2018\u2019\u201a\u201c\u201d\u201e\u2022\u2026\u2116\u3000\u3001\u3002\uff08\uff09\uff0c\uff1a"
)
_INNER_SIGN = re.compile(
    "[^\\W\\d_][\u00a1\u00ab\u00b0\u00bb\u00bf\u201a\u201c\u201d\u201e\u2026\u2116\u00b2\u00b3\u00a9\u00ae\u2122][^\\W\\d_]"
)
# Money, measures and marks: pound, euro, yen, cent, section, plus-minus, times, fractions; squares, rights.
_NEVER_AT_LETTERS = "\u00a3\u20ac\u00a5\u00a2\u00a7\u00b1\u00d7\u00bc\u00bd\u00be"
_SIGNS = frozenset(_NEVER_AT_LETTERS + "\u00b2\u00b3\u00a9\u00ae\u2122")
_SIGN_AT_LETTER = re.compile(f"[^\\W\\d_][{_NEVER_AT_LETTERS}]|[{_NEVER_AT_LETTERS}][^\\W\\d_]")
_FINAL_HEBREW = frozenset("\u05da\u05dd\u05df\u05e3\u05e5")
# A vowel sign or tone mark of Thai without a consonant before it, or a vowel that stands first without one behind it.
_MISSPELT_THAI = re.compile(
    "(?:^|[^\u0e01-\u0e2e\u0e31\u0e32\u0e34-\u0e3a\u0e47-\u0e4e])[\u0e30-\u0e3a\u0e45\u0e47-\u0e4e]"
    "|[\u0e40-\u0e44](?![\u0e01-\u0e2e])"
)
_WORD = re.compile(r"(?:[^\W\d_]|[\u0300-\u036f\u0591-\u05c7\u064b-\u0652\u0e31\u0e34-\u0e3a\u0e47-\u0e4e])+")


def looks_written(text: str, page: str) -> bool:
    """Whether every word of a text that is not ASCII alone could be what somebody wrote, in whatever languages.

    Args:
        text: as the page reads it.
        page: Python's name of the code page.
    """
    special = _special_characters(text)
    if any(not _is_letter(character) and character not in _PUNCTUATION | _SIGNS for character in special):
        return False
    if _INNER_SIGN.search(text) or _SIGN_AT_LETTER.search(text):
        return False
    words = {word for word in _WORD.findall(text) if not word.isascii()}
    if not all(_is_word(word) and _fits_an_alphabet(word) for word in words):
        return False
    return page not in COMMON_FIRST_BYTES or _are_common(special, page)


def count_letters_of_one_language(text: str) -> int:
    """How many different letters beyond a to z a text has, where one alphabet has them all; else 0."""
    letters = [character for character in _special_characters(text) if _is_letter(character)]
    return len({letter.lower() for letter in letters}) if _fits_an_alphabet("".join(letters)) else 0


def _special_characters(text: str) -> set[str]:
    return {character for character in text if ord(character) > 0x7F}


def _is_letter(character: str) -> bool:
    kind = unicodedata.category(character)
    return kind[0] in "LM" and not "\uff61" <= character <= "\uff9f"  # narrow kana: what other pages look like in cp932


def _is_word(word: str) -> bool:
    """Whether the letters of a word belong together: one script, capitals and final letters where they can be."""
    if unicodedata.category(word[0]).startswith("M") or _MISSPELT_THAI.search(word):
        return False
    scripts = {_script(letter) for letter in word if _is_letter(letter)} - {"COMBINING"}
    if scripts & set(_EAST_ASIAN):
        return "LATIN" not in scripts or not re.search("[a-z]", word)
    if len(scripts) > 1 or _FINAL_HEBREW & set(word[:-1]):
        return False
    inner_capital = any(letter.isupper() for letter in word[1:]) and any(letter.islower() for letter in word)
    accents = sum(letter in "\u03ac\u03ad\u03ae\u03af\u03cc\u03cd\u03ce" for letter in word)
    return not inner_capital and accents < 2  # a Greek word has one


def _script(letter: str) -> str:
    return unicodedata.name(letter, "?").split(" ")[0]


def _fits_an_alphabet(letters: str) -> bool:
    """Whether one alphabet of each script has all the letters of that script."""
    small = {letter for letter in letters.lower() if ord(letter) > 0x7F and letter != "\u0307"}  # of the Turkish I
    for script, alphabets in ALPHABETS.items():
        own = {letter for letter in small if _script(letter) == script}
        if own and not any(own <= set(alphabet) for alphabet in alphabets.values()):
            return False
    return True


def _are_common(special: Iterable[str], page: str) -> bool:
    firsts = [character.encode(page)[0] for character in special]
    return all(any(low <= first <= high for low, high in COMMON_FIRST_BYTES[page]) for first in firsts)
