// A picture that is not used, for a reason that the page says in words: a key below browser.refusal in the catalogues.

export class Refusal extends Error {
  constructor(key, values = {}) {
    super(key);
    this.key = key;
    this.values = values;
  }
}

// {key, values} of any error, for whoever says it in words.
export function explain(error) {
  if (error instanceof Refusal) return { key: error.key, values: error.values };
  if (/memory|alloc|OOM/i.test(String(error))) return { key: "no_memory", values: {} };
  return { key: "broken", values: { reason: String(error) } };
}
