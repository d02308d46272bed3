// A picture that is not used, for a reason that the page says in words: a key below browser.refusal in the catalogues.

export class Refusal extends Error {
  constructor(key, values = {}) {
    super(key);
    this.key = key;
    this.values = values;
  }
}
