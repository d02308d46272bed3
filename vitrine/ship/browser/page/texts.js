// The sentences of the page in one language, and how it writes numbers and days; the catalogues are Vitrine's own.

const LOCALES = { en: "en-GB", fr: "fr-FR" };
const NO_BREAK = "\u00a0";
const STORED = "vitrine-language";

export function chooseLanguage() {
  const asked = new URLSearchParams(location.search).get("lang") ?? readStored();
  const wanted = [asked, ...navigator.languages].map((tag) => tag?.slice(0, 2));
  return wanted.find((tag) => tag in LOCALES) ?? "en";
}

export function rememberLanguage(language) {
  try {
    localStorage.setItem(STORED, language);
  } catch {
    // Some people allow no page to keep anything; then it is asked anew next time.
  }
}

function readStored() {
  try {
    return localStorage.getItem(STORED);
  } catch {
    return null;
  }
}

export class Texts {
  constructor(language, entries) {
    this.language = language;
    this.locale = LOCALES[language];
    this.entries = entries;
  }

  static async load(language) {
    return new Texts(language, await (await fetch(`texts.${language}.json`)).json());
  }

  // The sentence of a key, its places filled; count chooses between singular and plural.
  say(key, values = {}) {
    const form = "count" in values ? `${key}.${new Intl.PluralRules(this.locale).select(values.count)}` : key;
    const sentence = this.entries[form] ?? this.entries[`${key}.other`] ?? this.entries[key];
    const filled = "count" in values ? { ...values, count: this.number(values.count) } : values;
    return sentence.replace(/<[^>]*>/g, "").replace(/\{(\w+)\}/g, (_, name) => filled[name]);
  }

  number(value, decimals = 0) {
    const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
    return new Intl.NumberFormat(this.locale, digits).format(value);
  }

  // With two digits, wherever they stand.
  roughly(value) {
    return new Intl.NumberFormat(this.locale, { maximumSignificantDigits: 2 }).format(value);
  }

  percent(share, decimals = 1) {
    return `${this.number(100 * share, decimals)}${NO_BREAK}%`;
  }

  // A probability; never 0 % or 100 %, which a network's rounded figure does not mean.
  certainty(probability) {
    if (probability < 0.0005) return `< ${this.percent(0.001)}`;
    return probability > 0.9995 ? `> ${this.percent(0.999)}` : this.percent(probability);
  }

  size(bytes) {
    return `${this.number(bytes / 1e6, 1)}${NO_BREAK}${this.say("common.sizes.mega")}`;
  }
}
