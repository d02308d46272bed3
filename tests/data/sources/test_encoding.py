import pytest

from vitrine.data.sources.encoding import ARCHIVE_PAGES, TABLE_PAGES, check_encoding, decode
from vitrine.errors import UserError

WORDS = {
    "cp1251": ("кошка", "собака"), "gbk": ("狗", "猫"), "cp932": ("犬", "猫"), "cp1250": ("žába", "člověk"),
    "mac_roman": ("Käse", "Brötchen"), "cp1253": ("γάτα", "σκύλος"), "cp1254": ("kuş", "ağaç"),
    "cp949": ("고양이", "개"), "big5": ("貓", "狗"), "cp1252": ("Müller", "café"), "cp1257": ("šuo", "katė"),
    "cp1256": ("قطة", "كلب"), "cp1255": ("חתול", "כלב"), "cp874": ("แมว", "สุนัข"),
}  # fmt: skip
ZIPPED = {
    "cp850": ("Rødspætte", "Ørred"), "cp866": ("кошка", "собака"), "cp437": ("Käse", "Brötchen"),
    "cp852": ("žába", "člověk"), "cp737": ("γάτα", "σκύλος"), "cp857": ("kuş", "ağaç"), "cp1252": ("Käse", "Öl"),
    "cp932": ("犬", "猫"), "gbk": ("狗", "猫"),
}  # fmt: skip
SURE = {"cp1251", "cp932", "cp1250", "mac_roman", "cp1253", "big5", "cp1252", "cp1256", "cp874"}
SURE_IN_ARCHIVES = {"cp850", "cp852", "cp737", "cp857", "cp932", "cp437"}


def table_of(words, page):
    return "\r\n".join(["image;label", *(f"{number}.png;{words[number % 2]}" for number in range(20))]).encode(page)


def read(content, pages=TABLE_PAGES, given=None):
    return decode(content, "labels.csv", pages, given, "save it as UTF-8")


@pytest.mark.parametrize("page", WORDS)
def test_words_of_a_table_come_out_right_or_are_asked_for_with_the_right_reading_shown(page):
    content = table_of(WORDS[page], page)
    if page in SURE:
        assert all(word in read(content) for word in WORDS[page])
        return
    with pytest.raises(UserError, match=f"'{WORDS[page][0]}' in {page}"):
        read(content)
    assert all(word in read(content, given=page) for word in WORDS[page])


@pytest.mark.parametrize("page", ZIPPED)
def test_names_of_an_archive_come_out_right_or_are_asked_for(page):
    content = "\n".join(f"{word}/1.jpg" for word in ZIPPED[page]).encode(page)
    if page in SURE_IN_ARCHIVES:
        assert all(word in read(content, ARCHIVE_PAGES) for word in ZIPPED[page])
        return
    with pytest.raises(UserError, match=f"'{ZIPPED[page][0]}' in {page}"):
        read(content, ARCHIVE_PAGES)


@pytest.mark.parametrize(
    "words",
    [
        ("forêt", "œillet", "façade", "père"),
        ("español", "árbol", "león", "pingüino"),
        ("Łódź", "kość"),
        ("Ångström",),
        ("maçã", "pão"),
        ("Fußgänger",),
    ],
)
def test_western_and_central_european_words_are_told_apart_by_their_alphabets(words):
    page = "cp1250" if "kość" in words else "cp1252"
    text = f"image,label\n{', '.join(words)}"
    assert read(text.encode(page)) == text


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("cp1252", ("pão", "año")), ("cp1252", ("forêt", "brød")), ("cp1252", ("£10", "£5")),
        ("cp1252", ("œuf", "sköldpadda")),
        ("cp1250", ("źrebię", "dům")), ("cp1250", ("ćevap", "mačka", "dům")), ("cp1250", ("pisică", "želva")),
        ("cp1254", ("İstanbul", "köpek")), ("cp1257", ("katė", "zāle")), ("mac_roman", ("Brötchen", "niño")),
    ],
)  # fmt: skip
@pytest.mark.parametrize("pages", [TABLE_PAGES, ARCHIVE_PAGES])
def test_few_words_of_several_languages_are_asked_rather_than_read_wrongly(page, words, pages):
    try:
        text = read("\n".join(words).encode(page), pages)
    except UserError:
        text = "\n".join(words)
    assert text.split("\n") == list(words)


def test_a_few_odd_words_in_a_long_text_do_not_matter():
    words = [f"Größe{chr(97 + number // 26)}{chr(97 + number % 26)}" for number in range(100)]
    text = "\n".join([*words, "a¤b"])
    assert read(text.encode("cp1252")) == text
    with pytest.raises(UserError, match="cannot be told"):
        read("\n".join([*words[:9], "a¤b"]).encode("cp1252"))


def test_a_long_text_is_told_by_the_frequency_of_its_letters():
    text = "подпись\n" + "в лесу родилась ёлочка, в лесу она росла, зимой и летом стройная, зелёная была\n" * 3
    assert read(text.encode("cp866"), ARCHIVE_PAGES) == text


def test_what_is_utf_8_is_utf_8():
    assert read("\ufefflabel;кошка".encode()) == "label;кошка"
    assert read("label;犬".encode()) == "label;犬"


def test_a_question_names_the_parameter_and_following_it_arrives():
    content = table_of(WORDS["gbk"], "gbk")
    with pytest.raises(UserError, match=r"labels\.csv: not in UTF-8.*'狗' in gbk.*data\.encoding=.*save it as UTF-8"):
        read(content)
    assert "狗" in read(content, given="gbk")


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("cp1215", r"data\.encoding: 'cp1215' is not known; did you mean cp125"),
        ("hex", r"data\.encoding: 'hex' is not known"),
        ("ascii", r"data\.encoding: labels\.csv cannot be read as ascii"),
    ],
)
def test_a_page_that_is_none_or_does_not_fit_is_named(given, message):
    with pytest.raises(UserError, match=message):
        read("кошка".encode("cp1251"), given=given)


@pytest.mark.parametrize(("given", "known"), [("CP1251", "cp1251"), ("windows-1251", "cp1251"), ("UTF8", "utf-8")])
def test_pages_are_known_by_their_usual_names(given, known):
    assert check_encoding(given) == known


def test_where_nobody_can_be_asked_the_likeliest_page_is_taken():
    assert decode("狗".encode("gbk"), "a.zip", ARCHIVE_PAGES, None, None)


@pytest.mark.parametrize(("page", "words"), [("iso2022_jp", ("犬", "猫")), ("iso2022_kr", ("개", "고양이"))])
def test_text_that_is_written_in_ascii_with_escapes_is_no_ascii(page, words):
    content = "\n".join(f"1.png,{word}" for word in words)
    assert decode(content.encode(page), "a.csv", TABLE_PAGES, None, None) == content


def test_russian_of_a_command_line_is_not_taken_for_thai_in_a_table():
    content = "\n".join(f"1.png,{word}" for word in ("кошка", "собака", "лошадь", "птица"))
    assert decode(content.encode("cp866"), "a.csv", TABLE_PAGES, None, "save it as UTF-8") == content
    assert decode(content.encode("cp866"), "a.zip", ARCHIVE_PAGES, None, "unpack it") == content


OTHER_PAGES = {
    "iso8859_2": ("kočka", "štěně", "žába"), "koi8_r": ("кошка", "щука"),
    "iso8859_15": ("œillet", "forêt"), "mac_latin2": ("kočka", "žaba"),
    "mac_cyrillic": ("Медведь", "волк"), "mac_turkish": ("kuş", "İstanbul"),
    "cp866": ("кошка", "собака"), "cp850": ("Brötchen", "Öl"),
    "cp852": ("wąż", "ćma"), "hz": ("狗", "老虎"),
}  # fmt: skip


@pytest.mark.parametrize("page", OTHER_PAGES)
def test_a_table_of_another_system_is_never_read_as_other_words(page):
    content = table_of(OTHER_PAGES[page], page)
    assert content.decode(page) == read(content, given=page)
    try:
        said = read(content)
    except UserError as question:
        said = str(question)
    assert content.decode(page) == said or f" in {page.replace('koi8_r', 'koi8_u')}" in said


def test_names_with_the_signs_of_another_code_stay_as_they_are():
    assert read(b"a~{b}.png,~{x~},cat") == "a~{b}.png,~{x~},cat"


def test_utf_8_has_no_characters_that_are_in_no_standard():
    assert "\u0451\u0436\u0438\u043a" in read("image,label\n1.png,ёжик".encode("cp866"))
