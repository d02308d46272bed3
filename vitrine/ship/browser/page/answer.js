// What the page says of the model and of a picture, as elements. Names come from outside: they are text, never markup.

const LABELS_SHOWN = 12;
const NAMELESS = ["image.png", "clipboard.png", "camera.png"]; // what browsers call a pasted picture, and we a photo

export function element(tag, className = "", content = "") {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (Array.isArray(content)) made.append(...content);
  else made.textContent = content;
  return made;
}

export function describeModel(page, texts) {
  const count = page.label_names.length;
  return [
    element("p", "kicker", texts.say("app.header.kicker")),
    element("h1", "", page.name),
    element("p", "lead", texts.say("app.header.lead", { count })),
    ...listLabels(page.label_names, texts),
    ...describeTest(page, texts),
  ];
}

function listLabels(names, texts) {
  const items = names.map((name) => element("li", "", name));
  const first = element("ul", "labels", items.slice(0, LABELS_SHOWN));
  first.setAttribute("aria-label", texts.say("app.header.labels"));
  if (items.length <= LABELS_SHOWN) return [first];
  const more = texts.say("app.header.more_labels", { count: items.length - LABELS_SHOWN });
  const rest = element("ul", "labels", items.slice(LABELS_SHOWN));
  return [first, element("details", "", [element("summary", "", more), rest])];
}

function describeTest(page, texts) {
  if (!page.test) return [element("p", "record-missing", texts.say("browser.record.unknown"))];
  const say = (key, values) => texts.say(`app.record.${key}`, values);
  const right = texts.number(Math.round(page.test.accuracy * page.test.pictures));
  const pictures = texts.say("common.pictures", { count: page.test.pictures });
  const cells = [[say("right"), say("right_value", { right, pictures }), say("right_note", { share: texts.percent(page.test.accuracy) })]];
  if (page.test.interval) {
    const [low, high] = page.test.interval;
    const range = { low: texts.number(Math.floor(100 * low + 1e-9)), high: texts.number(Math.ceil(100 * high - 1e-9)) };
    cells.push([say("expected"), say("expected_value", range), say("expected_note")]);
  }
  const made = cells.map(([title, value, note]) =>
    element("div", "", [element("dt", "", title), element("dd", "", value), element("dd", "note", note)]));
  return [element("dl", "record", made)];
}

// answer is what decide.js gives; shown is {name, labelName}, labelName where the right answer is known.
export function describeAnswer(answer, shown, page, texts, topK) {
  const names = page.label_names;
  const [lead, label] = sayDecision(answer, shown, names, texts);
  const parts = [element("p", "answer-lead", lead), element("p", "answer-label", label)];
  if (shown.labelName !== undefined) parts.push(sayVerdict(answer, shown.labelName, names, texts));
  const bars = element("ol", "bars", answer.ranking.slice(0, topK).map(([id, share]) => drawBar(names[id], share, texts)));
  bars.setAttribute("aria-label", texts.say("app.answer.bars"));
  return element("div", `answer answer-${answer.decision}`, [...parts, bars, element("p", "hint", sayHint(answer, page.trust, texts))]);
}

function sayDecision(answer, shown, names, texts) {
  const say = (key, values) => texts.say(`app.answer.${key}`, values);
  const picture = NAMELESS.includes(shown.name) ? say("this_picture") : shown.name;
  const first = names[answer.ranking[0][0]];
  if (answer.decision === "none") return [say("none", { picture }), say("none_label")];
  if (answer.decision === "answered") return [say("given", { picture }), first];
  if (answer.second === null) return [say("unsure_one", { picture }), say("unsure_one_label", { first })];
  return [say("unsure", { picture }), say("unsure_label", { first, second: names[answer.second] })];
}

function sayVerdict(answer, label, names, texts) {
  const first = names[answer.ranking[0][0]] === label;
  const second = answer.second !== null && names[answer.second] === label;
  const unsure = answer.second === null ? ["guessed", "not_guessed"] : ["one_of_two", "neither"];
  const [right, wrong] = answer.decision === "unsure" ? unsure : ["right", "wrong"];
  const isRight = answer.decision === "answered" ? first : answer.decision === "unsure" && (first || second);
  const kind = isRight ? "right" : "wrong";
  return element("p", `verdict verdict-${kind}`, texts.say(`app.verdict.${isRight ? right : wrong}`, { label }));
}

function sayHint(answer, trust, texts) {
  const say = (key, values) => texts.say(`app.hint.${key}`, values);
  if (!trust) return say("always");
  if (answer.decision === "none") return say("if_it_had_to");
  const precision = texts.number(100 * trust.precision, Number.isInteger(100 * trust.precision) ? 0 : 1);
  if (trust.confidence_threshold === null) return say("never", { precision });
  const rule = say(trust.proven ? "rule" : "unproven", { precision });
  return answer.similarity === null ? `${rule} ${say("every_picture")}` : rule;
}

function drawBar(name, share, texts) {
  const filled = element("span");
  filled.style.width = `${(100 * share).toFixed(2)}%`;
  const bar = element("span", "bar", [filled]);
  bar.setAttribute("aria-hidden", "true");
  const item = element("li", "", [element("span", "bar-name", name), element("span", "bar-share", texts.certainty(share)), bar]);
  item.dataset.probability = share;
  return item;
}
