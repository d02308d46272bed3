import pytest

from vitrine.data.sources.alphabets import count_letters_of_one_language, looks_written


@pytest.mark.parametrize(
    ("word", "page"),
    [
        ("café", "cp1252"), ("İstanbul", "cp1254"), ("ŁÓDŹ", "cp1250"), ("кошка", "cp1251"), ("σκύλος", "cp1253"),
        ("חתולים", "cp1255"), ("卡拉OK", "gbk"), ("狗", "gbk"), ("トマト桜", "cp932"),
        ("แมว", "cp874"), ("น้ำ", "cp874"), ("เกาะ", "cp874"), ("สิทธิ์", "cp874"), ("ไม้โต๊ะ", "cp874"), ("สุนัข", "cp874"),
        ("£10", "cp1252"), ("5 €", "cp1252"),
        ("«café»", "cp1252"), ("n° 5", "cp1252"), ("km²", "cp1252"), ("Lego®", "cp1252"),
    ],
)  # fmt: skip
def test_what_people_write_looks_written(word, page):
    assert looks_written(word, page)


@pytest.mark.parametrize(
    ("word", "page"),
    [
        ("R¢dspætte", "cp437"),  # a cent within a word
        ("êîøêà", "cp1252"),  # letters of no one language
        ("Mьller", "cp1251"),  # two scripts
        ("KŠse", "cp1252"),  # a capital after a capital before small letters
        ("M黮ler", "gbk"),  # small letters at a Chinese one
        ("ךמרךא", "cp1255"),  # final letters at the start
        ("ξσκΰά", "cp1253"),  # a letter of old Greek
        ("brّd", "cp1256"),  # an Arabic mark on a Latin letter
        ("專", "gbk"),  # no character of everyday
        ("ﾓﾏﾂﾁ", "cp932"),  # narrow kana
        ("£ódŸ", "cp1252"),  # money at letters
        ("ำฯยมหม", "cp874"),  # a vowel sign of Thai at the start
        ("โืษ", "cp874"),  # one vowel of Thai upon another
        ("a\x8fb", "cp1252"),
    ],
)
def test_what_another_page_makes_of_it_does_not(word, page):
    assert not looks_written(word, page)


def test_different_letters_are_counted_where_one_alphabet_has_them():
    assert count_letters_of_one_language("forêt, façade, PÈRE, père") == 3
    assert count_letters_of_one_language("pão, año") == 0
    assert count_letters_of_one_language("plain") == 0
