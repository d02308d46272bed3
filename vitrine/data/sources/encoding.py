"""From bytes to text: UTF-8, or the code page that is sure, or a question that shows how each candidate reads."""

import codecs
import re
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

from vitrine.data.sources.alphabets import count_letters_of_one_language, looks_written
from vitrine.errors import UserError

# What spreadsheets write on Windows in each part of the world, and did on a Mac.
TABLE_PAGES = (
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1257", "cp1255", "cp1256", "cp874", "gbk", "big5", "cp932",
    "cp949", "mac_roman",
)  # fmt: skip
# What other and older programs write: such a reading makes the others unsure.
RARE_PAGES = (
    "iso8859_2", "iso8859_15", "koi8_u", "mac_cyrillic", "mac_latin2", "mac_turkish", "cp850", "cp852",
    "cp866",
)  # fmt: skip
# Zip programs take the page of the command line, which is another one, or that of Windows.
ARCHIVE_PAGES = ("cp437", "cp850", "cp852", "cp866", "cp737", "cp857", "cp775", "cp862", *TABLE_PAGES)
SHOWN_CANDIDATES = 5
ODD_WORDS = 0.02  # share of the different words that are not in ASCII; none in a rare page
ENOUGH_LETTERS = 4  # different ones: so many are of one alphabet by chance too seldom
ENOUGH_COHERENCE = 0.5  # of charset-normalizer: so many of the commonest letters of a language

_BETWEEN_NAMES = re.compile(r"[\n\r,;\t|/\"]+")
# A no-break space after the last letter of a cell: a letter of another page.
_LOOSE_SPACE = re.compile('(?![\x00-\x7f])[^\\W\\d_]\u00a0(?=[\\r\\n,;\\t|"]|$)')
# Pages that are written in ASCII, and begin with a sign that no other text has.
_ESCAPES = {
    re.compile(rb"\x1b\$\)C"): "iso2022_kr", re.compile(rb"\x1b(\$|\(J)"): "iso2022_jp",
    re.compile(rb"~\{(?:[\x21-\x77][\x21-\x7e])+~\}"): "hz",
}  # fmt: skip
_NEVER_ASSIGNED = re.compile("[\U00040000-\U000dffff]")  # planes without a single character
_BETWEEN_WORDS = re.compile(r"[\s,;|/\"]+")


class UnsureEncodingError(UserError):
    """Several code pages read a text as words; the message asks which one.

    Attributes:
        without_parameter: the message for a file that `data.encoding` is not about.
        pages: those that read it as words, the likeliest first.
    """

    def __init__(self, what: str, shown: str, pages: Sequence[str], otherwise: str) -> None:
        question = f"{what}: not in UTF-8, and its code page cannot be told for sure. One word would be {shown}. "
        super().__init__(
            f"{question}Set data.encoding to the page that reads it rightly (data.encoding={pages[0]}; also others "
            f"than these), or {otherwise}"
        )
        self.without_parameter = f"{question}{otherwise[0].upper()}{otherwise[1:]}"
        self.pages = tuple(pages)


def decode(content: bytes, what: str, pages: Sequence[str], given: str | None, otherwise: str | None) -> str:
    """Reads text.

    Args:
        content: the bytes.
        what: of what, for messages.
        pages: that are tried where it is not UTF-8, the likeliest first.
        given: `data.encoding`, which is taken; None finds it out.
        otherwise: what else a person can do than set `data.encoding`, to end a sentence with; None: nobody can be
            asked, and the likeliest page is taken.

    Raises:
        UserError: the given page is not known or does not fit.
        UnsureEncodingError: several could be meant.
    """
    if given is not None:
        return _decode_as_given(content, what, given)
    text = _read_unicode(content)
    if text is not None:
        return text
    readings = _read(content, dict.fromkeys([*pages, *RARE_PAGES]))
    shares = {page: ODD_WORDS if page in pages else 0.0 for page in readings.values()}
    written = {text: page for text, page in readings.items() if _is_written(text, page, shares[page])}
    written = _drop_rare_capitals(written, pages)
    if len(written) == 1:
        return next(iter(written))
    letters = {text: count for text in written if (count := count_letters_of_one_language(text))}
    if len(letters) == 1 and max(letters.values()) >= ENOUGH_LETTERS:
        return next(iter(letters))
    sure = _most_coherent(content, written)
    if sure is not None:
        return sure
    candidates = written or dict(list(readings.items())[:SHOWN_CANDIDATES])
    if otherwise is None and candidates:
        return next(iter(candidates))
    otherwise = otherwise or "save it as UTF-8"
    if not candidates:
        raise UserError(f"{what}: no text that can be read; {otherwise}")
    raise UnsureEncodingError(what, _show_candidates(candidates), list(candidates.values()), otherwise)


def is_unicode(file: Path) -> bool:
    """Whether the text of a file needs no code page: it is in UTF-8, or in UTF-16 and says so."""
    content = file.read_bytes()
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def check_encoding(name: str) -> str:
    """Python's name of a code page.

    Raises:
        UserError: there is none of this name.
    """
    try:
        found = codecs.lookup(name)
    except (LookupError, ValueError):
        found = None
    if found is None or not found._is_text_encoding:
        close = get_close_matches(name.lower(), ["utf-8", "utf-16", *ARCHIVE_PAGES], n=1)
        hint = f"; did you mean {close[0]}?" if close else "; names are utf-8, cp1252, cp1251, gbk, cp932 and the like"
        raise UserError(f"data.encoding: '{name}' is not known{hint}")
    return found.name


def _decode_as_given(content: bytes, what: str, given: str) -> str:
    name = check_encoding(given)
    try:
        return content.decode("utf-8-sig" if name == "utf-8" else name)
    except UnicodeError as error:
        raise UserError(f"data.encoding: {what} cannot be read as {given} ({error}); give another one") from error


def _read_unicode(content: bytes) -> str | None:
    """The text where it is in UTF-8, or in ASCII with signs that switch to other characters; else None."""
    escapes = [page for sign, page in _ESCAPES.items() if sign.search(content)] if content.isascii() else []
    for page in (*escapes[:1], "utf-8-sig"):
        try:
            text = content.decode(page)
        except UnicodeDecodeError:
            continue
        if not _NEVER_ASSIGNED.search(text):
            return text
    return None


def _read(content: bytes, pages: Iterable[str]) -> dict[str, str]:
    """Each way in which the bytes can be read, with the first page that reads them so."""
    readings: dict[str, str] = {}
    for page in pages:
        try:
            readings.setdefault(content.decode(page), page)
        except UnicodeDecodeError:
            continue
    return readings


def _drop_rare_capitals(written: dict[str, str], pages: Sequence[str]) -> dict[str, str]:
    """Without the readings in a rare page that are all in capitals where a usual page has small letters.

    Cyrillic pages have small letters where others have capitals, so that each is words in the other.
    """
    if all(_is_shouted(text) for text, page in written.items() if page in pages):
        return written
    return {text: page for text, page in written.items() if page in pages or not _is_shouted(text)}


def _is_shouted(text: str) -> bool:
    """Whether the letters beyond ASCII are capitals."""
    return "".join(character for character in text if not character.isascii()).isupper()


def _is_written(text: str, page: str, odd: float) -> bool:
    """Whether the words of a text look written, but for a share of odd ones."""
    if _LOOSE_SPACE.search(text):
        return False
    words = {word for word in _BETWEEN_WORDS.split(text) if not word.isascii()}
    return sum(not looks_written(word, page) for word in words) <= odd * len(words)


def _most_coherent(content: bytes, written: dict[str, str]) -> str | None:
    """The reading that is a language by its letters and their frequency, where no other one is half as much."""
    if len(written) < 2:
        return None
    from charset_normalizer import from_bytes  # only for what is not UTF-8

    lines = b"\n".join(line for line in content.splitlines() if not line.isascii())
    matches = from_bytes(lines, cp_isolation=list(written.values()), enable_fallback=False)
    coherences = {codecs.lookup(match.encoding).name: float(match.coherence) for match in matches}
    ranked = sorted(written, key=lambda text: -coherences.get(codecs.lookup(written[text]).name, 0.0))
    best, second = (coherences.get(codecs.lookup(written[text]).name, 0.0) for text in ranked[:2])
    return ranked[0] if best >= ENOUGH_COHERENCE and second < best / 2 else None


def _show_candidates(candidates: dict[str, str]) -> str:
    """One word as each page reads it."""
    texts = list(candidates)
    words = [_BETWEEN_NAMES.split(text) for text in texts]
    odd = [number for number, word in enumerate(words[0]) if not word.isascii()]
    place = next((number for number in odd if len(words[0][number].strip()) > 1), odd[0])
    return ", ".join(
        f"'{word[place].strip()}' in {candidates[text]}"
        for text, word in list(zip(texts, words, strict=True))[:SHOWN_CANDIDATES]
        if place < len(word)
    )
