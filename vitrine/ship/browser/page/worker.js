// The model at work on the engine that the worker is named after, beside the page, so that the page answers meanwhile.

import { decide, softmax } from "./decide.js";
import { decode } from "./decode.js";
import { keepCode, load, openEngine } from "./engine.js";
import { preprocess } from "./preprocess.js";
import { explain, Refusal } from "./refusal.js";

const PREVIEW_SIDE = 1024; // pixels
const TIMINGS = 5;
const REHEARSALS = 30; // answers, after which browsers have made fast most code that is run often

let page = null;
let engine = null;
let unchecked = []; // golden pictures of formats that no picture had yet
let work = Promise.resolve(); // one picture after the other
const opening = open(self.name); // at once, while the page's own modules load
opening.catch(() => {}); // start says it

const jobs = { start, classify, time, rehearse };
self.onmessage = ({ data: { kind, ...message } }) => {
  work = work.then(() => jobs[kind](message));
};

async function open(name) {
  page = await (await load("page.json")).json();
  unchecked = page.golden.pictures;
  const [opened, first] = await Promise.all([openEngine(page, name), decodeGolden(unchecked[0].file)]);
  engine = opened;
  await compareGolden(unchecked[0], first);
  if (name !== "wasm") for (const { format } of unchecked) await checkGolden(format); // nobody waits for it
}

// The page asks when it can hear: what a worker says before that is lost.
async function start() {
  try {
    await opening;
    self.postMessage({ kind: "ready", threads: engine.threads });
  } catch (error) {
    engine = null;
    self.postMessage({ kind: "failed", ...explain(error) });
  }
}

// Pictures whose answers Python stored: where this browser decodes or computes otherwise, nothing is answered. Those of
// other formats than the first wait until a picture of their format comes.
async function checkGolden(format) {
  for (const golden of unchecked.filter((one) => one.format === format)) {
    await compareGolden(golden, await decodeGolden(golden.file));
  }
}

async function compareGolden(golden, picture) {
  const { probabilities, similarity } = await compute(picture, false);
  const gaps = golden.probabilities.map((share, labelId) => Math.abs(share - probabilities[labelId]));
  if (golden.similarity !== null) gaps.push(Math.abs(golden.similarity - similarity));
  const gap = Math.max(...gaps);
  if (!(gap <= page.golden.tolerance)) {
    throw new Refusal(golden === page.golden.pictures[0] ? "deviates" : "format_deviates", { gap, format: golden.format.toUpperCase() });
  }
  unchecked = unchecked.filter((one) => one !== golden);
}

// Milliseconds that the engine takes, the median of some: less than a second for whom a picture waits. Infinite where it fails.
async function time() {
  const found = [];
  try {
    const numbers = preprocess(await decodeGolden(page.golden.pictures[0].file), page.preprocessing, false);
    for (let turn = 0; turn < TIMINGS; turn++) {
      const start = performance.now();
      await askEngine(numbers);
      found.push(performance.now() - start);
    }
  } catch {
    found.length = 0;
  }
  self.postMessage({ kind: "timed", milliseconds: found.sort((one, other) => one - other)[TIMINGS >> 1] ?? Infinity });
}

// For the next visit, since browsers keep only machine code that they made fast. Pictures that come meanwhile go first.
async function rehearse() {
  try {
    await keepCode(page);
    const numbers = preprocess(await decodeGolden(page.golden.pictures[0].file), page.preprocessing, false);
    repeat(numbers, REHEARSALS);
  } catch {
    // The next visit starts as late as this one.
  }
}

function repeat(numbers, times) {
  if (times) work = work.then(() => askEngine(numbers)).then(() => repeat(numbers, times - 1), () => {});
}

async function decodeGolden(file) {
  try {
    return await decodeStored(file);
  } catch (error) {
    if (error instanceof Refusal && error.key !== "not_loaded") throw new Refusal("not_decoded", { file });
    throw error;
  }
}

async function decodeStored(file) {
  return decode(await (await load(file)).blob(), page.preprocessing);
}

async function classify({ id, file, example }) {
  try {
    const picture = example ? await decodeStored(example.file) : await decode(file, page.preprocessing);
    await checkGolden(picture.format);
    const { probabilities, similarity } = await compute(picture, Boolean(example?.prepared));
    const preview = await drawPreview(picture);
    const answer = decide(probabilities, page.trust, similarity);
    self.postMessage({ kind: "answer", id, answer, preview }, [preview]);
  } catch (error) {
    self.postMessage({ kind: "refused", id, ...explain(error) });
  }
}

async function compute(picture, isPrepared) {
  const outputs = await askEngine(preprocess(picture, page.preprocessing, isPrepared));
  const similarity = outputs[page.outputs.similarity]?.data[0] ?? null;
  const numbers = [...outputs[page.outputs.logits].data, similarity ?? 0];
  if (!numbers.every(Number.isFinite)) throw new Refusal("not_a_number");
  return { probabilities: softmax(outputs[page.outputs.logits].data), similarity };
}

function askEngine(numbers) {
  const { side } = page.preprocessing;
  const wanted = Object.values(page.outputs).filter((name) => engine.outputNames.includes(name));
  return engine.run(numbers, [1, 3, side, side], wanted);
}

// As the model sees it: upright, on the fill colour. Made small by the browser, since nobody measures it.
async function drawPreview({ width, height, data }) {
  const levels = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let source = 0, target = 0; source < data.length; source += 3, target += 4) {
    levels[target] = data[source];
    levels[target + 1] = data[source + 1];
    levels[target + 2] = data[source + 2];
  }
  const share = Math.min(1, PREVIEW_SIDE / Math.max(width, height));
  return createImageBitmap(new ImageData(levels, width, height), {
    resizeWidth: Math.max(1, Math.round(width * share)),
    resizeHeight: Math.max(1, Math.round(height * share)),
    resizeQuality: "high",
  });
}
