// The graphics processor: tried after the first answer, and used only where it gives the same answers and sooner.

// Why a trial is not worth its download, as a key below browser.engine.why; null where it is. wanted is what the page's
// address asks for: "wasm", "webgpu" (a slow one too), or null.
export async function findObstacle(facts, wanted) {
  if (wanted === "wasm") return "asked";
  if (facts.model.fused) return "whole_numbers";
  if (!navigator.gpu || !("Suspending" in WebAssembly)) return "unknown";
  const adapter = await navigator.gpu.requestAdapter().catch(() => null);
  if (!adapter) return "none";
  if (wanted === "webgpu") return null;
  if (adapter.info.isFallbackAdapter) return "imitated";
  return navigator.connection?.saveData ? "saving" : null;
}

// Starts a second worker and asks both. Gives {worker, times}, or {why, values} where the processor goes on answering.
export async function tryGraphics(processor, facts, wanted) {
  const worker = new Worker("worker.js", { type: "module", name: "webgpu" });
  const refuse = (why, values = {}) => {
    worker.terminate();
    return { why, values };
  };
  const started = await tell(worker, { kind: "start" }, ["ready", "failed"]);
  if (started.kind === "failed") {
    return "gap" in started.values ? refuse("deviates", { gap: started.values.gap }) : refuse("fails");
  }
  const times = await timeBoth(processor, worker);
  return times > 1 || wanted === "webgpu" ? { worker, times } : refuse("slower");
}

// How many times as fast the graphics processor is.
async function timeBoth(processor, graphics) {
  const sooner = await tell(graphics, { kind: "time" }, ["timed"]);
  const usual = await tell(processor, { kind: "time" }, ["timed"]);
  return usual.milliseconds / sooner.milliseconds;
}

function tell(worker, message, kinds) {
  return new Promise((resolve) => {
    const hear = ({ data }) => {
      if (!kinds.includes(data.kind)) return;
      worker.removeEventListener("message", hear);
      resolve(data);
    };
    worker.addEventListener("message", hear);
    worker.addEventListener("error", () => resolve({ kind: "failed", values: {} }), { once: true });
    worker.postMessage(message);
  });
}
