// From logits to probabilities and to a decision, by the rule and the thresholds of Python.

const LEAST_LIKELY = 0.05; // below it, a class is not named as what a picture may show

export function softmax(logits) {
  const highest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - highest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return powers.map((power) => power / sum);
}

// {ranking, decision, second}: the ranking is [label id, probability], likeliest first; decision is answered, unsure or
// none; second is the label id that an unsure model names too, or null. trust is null for a model that always answers.
export function decide(probabilities, trust, similarity) {
  const ranking = probabilities.map((share, labelId) => [labelId, share]).sort((one, other) => other[1] - one[1]);
  const second = ranking.length > 1 && ranking[1][1] >= LEAST_LIKELY ? ranking[1][0] : null;
  return { ranking, decision: chooseKind(ranking, trust, similarity), second, similarity };
}

function chooseKind(ranking, trust, similarity) {
  if (!trust) return "answered";
  const least = trust.similarity_threshold;
  if (similarity !== null && least !== null && similarity < least) return "none";
  const threshold = trust.confidence_threshold;
  return ranking.length === 1 || (threshold !== null && ranking[0][1] >= threshold) ? "answered" : "unsure";
}
