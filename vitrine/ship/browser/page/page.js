// The page: what people do with it, and what they then see. The model computes in worker.js.

import { describeAnswer, describeModel, element } from "./answer.js";
import { openCamera } from "./camera.js";
import { MAX_MEGABYTES, MAX_MEGAPIXELS } from "./decode.js";
import { chooseLanguage, rememberLanguage, Texts } from "./texts.js";

const DEFAULT_BARS = 5;
const MOST_BARS = 20;
const SWITCH = { en: "fr", fr: "en" };
const at = (id) => document.getElementById(id);

const worker = new Worker("worker.js", { type: "module" }); // first: its modules load meanwhile
const loaded = await Promise.all([fetch("page.json").then((answer) => answer.json()), Texts.load(chooseLanguage())]);
const page = loaded[0];
let texts = loaded[1];
let topK = Math.min(DEFAULT_BARS, page.label_names.length);
let status = ["loading", { size: texts.size(page.model.bytes) }];
let complaint = null; // the sentence is made when it is shown: the language may change
let shown = null; // {name, labelName, answer} of the last picture that was answered
let asked = 0; // number of the last picture that was given; answers to earlier ones come too late

worker.onmessage = ({ data }) => handlers[data.kind](data);
worker.onerror = (event) => fail({ key: "broken", values: { reason: event.message || "worker.js" } });

const handlers = {
  ready() {
    status = ["ready", {}];
    document.body.dataset.state = "ready";
    render();
    keepForLater();
  },
  failed: fail,
  answer({ id, answer, preview }) {
    if (id !== asked) return;
    shown = { ...pending, answer };
    complaint = null;
    drawPicture(preview);
    settle();
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
  pending = { name, labelName, example: question.example };
  asked += 1;
  if (document.body.dataset.state === "ready") document.body.dataset.state = "computing";
  worker.postMessage({ kind: "classify", id: asked, ...question });
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
  renderMessage();
  renderAnswer();
  renderExamples();
}

function renderMessage() {
  at("message").hidden = !complaint;
  if (!complaint) return;
  const { name, key, values } = complaint;
  const spelled = Object.fromEntries(Object.entries(values).map(([place, value]) => [place, spell(value)]));
  const reason = texts.say(`browser.refusal.${key}`, { megabytes: MAX_MEGABYTES, ...spelled });
  const advice = texts.say("browser.advice", { megabytes: MAX_MEGABYTES, megapixels: MAX_MEGAPIXELS });
  const sentence = { name: nameOf(name), reason, advice };
  at("message").textContent = name === null ? reason : texts.say("app.refusal.message", sentence);
}

function spell(value) {
  return typeof value === "number" ? texts.number(value, Number.isInteger(value) ? 0 : 4) : value;
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

// The service worker loads everything once more, from the browser's own store, so it comes last.
async function keepForLater() {
  if (!("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register("service-worker.js");
    await navigator.serviceWorker.ready;
    status = ["offline", {}];
    render();
  } catch {
    // Private windows have none: the page works as long as there is a network.
  }
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
worker.postMessage({ kind: "start", page });
render();
