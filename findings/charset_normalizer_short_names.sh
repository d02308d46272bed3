#!/bin/sh
# charset-normalizer: of a few short names it is sure of the wrong code page, and says so with the best score.
#
# One would guess: where the text is too short to tell code pages apart, there is no best guess, or one with a bad score;
#   a program may take a guess whose chaos is 0 for the truth.
# What happens: class names are such short texts, and the best guess is a wrong page with a chaos of 0, the best there is:
#   two Chinese words in GBK are read as other Chinese words (big5), Russian ones as Urdu letters (cp1006), French and Czech
#   ones with Korean letters (cp949), German ones from a Mac with Cyrillic letters or as UTF-16. The coherence is 0 in
#   all of them, so only a threshold on the coherence tells a sure guess from a lucky one.
# Seen with: charset-normalizer 3.5.3, Python 3.11: six of six texts are read wrongly, with a chaos of 0.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"${PYTHON:-python3}" -m venv "$work/env"
"$work/env/bin/pip" install --quiet charset-normalizer==3.5.3
"$work/env/bin/python" - <<'PY'
from charset_normalizer import from_bytes

TEXTS = (
    ("狗 猫", "gbk"), ("кот пёс", "cp1251"), ("Käfer Vögel", "mac_roman"), ("犬 猫", "cp932"), ("chien éléphant", "cp850"),
    ("žába kůň", "cp1250"),
)
wrong = 0
for words, page in TEXTS:
    best = from_bytes(words.encode(page)).best()
    print(f"{words} in {page}: read as {best} in {best.encoding}, chaos {best.chaos}, coherence {best.coherence}")
    wrong += str(best) != words and best.chaos == 0 and best.coherence == 0
print(f"{wrong} of {len(TEXTS)} wrong")
assert wrong == len(TEXTS), "changed"
PY
