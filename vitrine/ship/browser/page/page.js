// The page: what people do with it, and what they then see. The model computes in worker.js.

import { describeAnswer, describeModel, element } from "./answer.js";
import { openCamera } from "./camera.js";
import { findObstacle, tryGraphics } from "./graphics.js";
import { MAX_MEGABYTES, MAX_MEGAPIXELS } from "./limits.js";
import { processor } from "./processor.js";
import { chooseLanguage, rememberLanguage, Texts } from "./texts.js";

const DEFAULT_BARS = 5;
const MOST_BARS = 20;
const SWITCH = { en: "fr", fr: "en" };
const ENGINE = new URLSearchParams(location.search).get("engine"); // "wasm" or "webgpu", where the address asks for one
// What an engine says of a picture that the other one may answer all the same.
const FAULTS = ["broken", "format_deviates", "no_memory", "not_a_number"];
const at = (id) => document.getElementById(id);
at("closed").remove();

const loaded = await Promise.all([fetch("page.json").then((answer) => answer.json()), Texts.load(chooseLanguage())]);
const page = loaded[0];
let texts = loaded[1];
let topK = Math.min(DEFAULT_BARS, page.label_names.length);
let status = ["loading", { size: texts.size(page.model.bytes) }];
let complaint = null; // the sentence is made when it is shown: the language may change
let shown = null; // {name, labelName, answer} of the last picture that was answered
let asked = 0; // number of the last picture that was given; answers to earlier ones come too late
let graphics = null; // a worker on the graphics processor, once that is known to be as right and faster
let engine = ["processor", {}]; // what is said of who computes
let kept = null; // settled when the page is kept for use without a network: whether that was done at this visit
let isTried = false;

processor.onmessage = ({ data }) => handlers[data.kind]?.(data);
processor.onerror = (event) => fail({ key: "broken", values: { reason: event.message || "worker.js" } });

const handlers = {
  ready() {
    status = ["ready", {}];
    document.body.dataset.state = "ready";
    render();
    kept = keepForLater();
  },
  failed: fail,
  answer({ id, answer, preview }) {
    if (id !== asked) return;
    shown = { ...pending, answer };
    complaint = null;
    drawPicture(preview);
    settle();
    if (!isTried) lookAhead();
  },
  refused({ id, key, values }) {
    if (id !== asked) return;
    complaint = { name: pending.name, key, values };
    settle();
  },
};
let pending = null;

function fail({ key, values }) {
  status = ["failed", {}];
  complaint = { name: null, key, values };
  document.body.dataset.state = "failed";
  render();
}

function settle() {
  if (document.body.dataset.state === "computing") document.body.dataset.state = "ready";
  render();
  (complaint ? at("message") : at("answer")).scrollIntoView({ block: "nearest" });
}

function ask(name, question, labelName) {
  if (document.body.dataset.state === "failed") return;
  asked += 1;
  pending = { name, labelName, question: { kind: "classify", id: asked, ...question } };
  if (document.body.dataset.state === "ready") document.body.dataset.state = "computing";
  (graphics ?? processor).postMessage(pending.question);
  render();
}

// After the first answer, which nothing may delay: for the next visit, and for the next pictures. What is loaded for the
// graphics processor is kept for use without a network, too.
async function lookAhead() {
  isTried = true;
  if (await kept) processor.postMessage({ kind: "rehearse" });
  const obstacle = await findObstacle(page, ENGINE);
  const { worker, times, why, values } = obstacle ? { why: obstacle } : await tryGraphics(processor, page, ENGINE);
  engine = why ? [`why.${why}`, values ?? {}] : ["graphics", { times }];
  if (worker) {
    graphics = worker;
    graphics.onmessage = ({ data }) => (FAULTS.includes(data.key) ? loseGraphics() : handlers[data.kind]?.(data));
    graphics.onerror = loseGraphics;
  }
  render();
}

// It may go at any time: drivers fail, and devices sleep. The processor answers on, also what is asked already.
function loseGraphics() {
  graphics?.terminate();
  graphics = null;
  engine = ["why.lost", {}];
  if (document.body.dataset.state === "computing") processor.postMessage(pending.question);
  render();
}

function askFile(file) {
  if (file) ask(file.name, { file });
}

function askExample(number) {
  const example = page.examples[number];
  ask(number, { example }, example.label_name);
}

function drawPicture(preview) {
  const canvas = at("canvas");
  canvas.width = preview.width;
  canvas.height = preview.height;
  canvas.getContext("bitmaprenderer").transferFromImageBitmap(preview);
  canvas.hidden = false;
}

// Everything in words, anew: after each event, and when the language changes.
function render() {
  document.documentElement.lang = texts.language;
  document.title = `${page.name} · Vitrine`;
  for (const part of document.querySelectorAll("[data-text]")) part.textContent = texts.say(part.dataset.text);
  for (const part of document.querySelectorAll("[data-label]")) part.setAttribute("aria-label", texts.say(part.dataset.label));
  at("language").lang = SWITCH[texts.language];
  at("model").replaceChildren(...describeModel(page, texts));
  const [key, values] = document.body.dataset.state === "computing" ? ["computing", {}] : status;
  at("status").textContent = texts.say(`browser.status.${key}`, values);
  at("engine").textContent = texts.say(`browser.engine.${engine[0]}`, spellAll(engine[1]));
  renderMessage();
  renderAnswer();
  renderExamples();
}

function renderMessage() {
  at("message").hidden = !complaint;
  if (!complaint) return;
  const { name, key, values } = complaint;
  const reason = texts.say(`browser.refusal.${key}`, { megabytes: MAX_MEGABYTES, ...spellAll(values) });
  const advice = texts.say("browser.advice", { megabytes: MAX_MEGABYTES, megapixels: MAX_MEGAPIXELS });
  const sentence = { name: nameOf(name), reason, advice };
  at("message").textContent = name === null ? reason : texts.say("app.refusal.message", sentence);
}

function spellAll(values) {
  return Object.fromEntries(Object.entries(values).map(([place, value]) => [place, spell(value)]));
}

function spell(value) {
  if (typeof value !== "number") return value;
  return Number.isInteger(value) ? texts.number(value) : texts.roughly(value);
}

// Test pictures have numbers, other pictures the names of their files.
function nameOf(name) {
  return typeof name === "number" ? texts.say("app.answer.test_picture", { number: name + 1 }) : name;
}

function renderAnswer() {
  const answer = shown
    ? describeAnswer(shown.answer, { ...shown, name: nameOf(shown.name) }, page, texts, topK)
    : element("div", "answer answer-empty", [
        element("p", "answer-lead", texts.say("app.answer.empty")),
        element("p", "hint", texts.say("app.answer.empty_hint")),
      ]);
  at("answer").replaceChildren(answer);
  at("top-k").parentElement.hidden = page.label_names.length < 2;
}

function renderExamples() {
  at("gallery").hidden = !page.examples.length;
  if (at("examples").childElementCount) return;
  at("examples").append(...page.examples.map((example, number) => {
    const image = element("img");
    image.src = example.file;
    image.alt = "";
    const button = element("button", "", [image, element("span", "", example.label_name)]);
    button.type = "button";
    button.onclick = () => askExample(number);
    return element("li", "", [button]);
  }));
}

// Whether the page was kept just now. The service worker loads everything once more, from the browser's own store, so it
// comes last.
async function keepForLater() {
  if (!("serviceWorker" in navigator)) return false;
  try {
    const registration = await navigator.serviceWorker.register("service-worker.js");
    const isNew = !registration.active;
    if (isNew) await settleDown(registration.installing ?? registration.waiting);
    if (registration.active) status = ["offline", {}];
    render();
    return isNew && Boolean(registration.active);
  } catch {
    return false; // private windows have none: the page works as long as there is a network
  }
}

function settleDown(serviceWorker) {
  return new Promise((resolve) => {
    serviceWorker.addEventListener("statechange", () => {
      if (["activated", "redundant"].includes(serviceWorker.state)) resolve();
    });
  });
}

async function pasteFromButton() {
  try {
    for (const item of await navigator.clipboard.read()) {
      const type = item.types.find((one) => one.startsWith("image/"));
      if (type) return askFile(new File([await item.getType(type)], "clipboard.png", { type }));
    }
  } catch {
    // Not allowed, or not by this browser: the keys still paste.
  }
  complaint = { name: null, key: "nothing_to_paste", values: {} };
  return render();
}

function listen() {
  at("file").onchange = () => {
    askFile(at("file").files[0]);
    at("file").value = ""; // the same file may be chosen again
  };
  at("choose").onclick = () => at("file").click();
  at("drop").onclick = () => at("file").click();
  at("paste").onclick = pasteFromButton;
  at("open-camera").onclick = async () => {
    if (await openCamera(at("camera"), at("video"), askFile)) return;
    complaint = { name: null, key: "no_camera", values: {} };
    render();
  };
  document.addEventListener("paste", (event) => askFile(event.clipboardData.files[0]));
  document.addEventListener("dragover", (event) => event.preventDefault());
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    askFile(event.dataTransfer.files[0]);
  });
  at("top-k").max = Math.min(MOST_BARS, page.label_names.length);
  at("top-k").value = topK;
  at("top-k").oninput = () => {
    topK = Number(at("top-k").value);
    renderAnswer();
  };
  at("language").onclick = async () => {
    texts = await Texts.load(SWITCH[texts.language]);
    rememberLanguage(texts.language);
    if (status[0] === "loading") status[1].size = texts.size(page.model.bytes);
    render();
  };
}

listen();
processor.postMessage({ kind: "start" });
render();
