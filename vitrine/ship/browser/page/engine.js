// ONNX Runtime Web with a model in it: loaded at once, compiled while it arrives. wasm is the processor, webgpu the
// graphics processor.

import * as processor from "./runtime/ort.wasm.min.mjs";
import { Refusal } from "./refusal.js";

const MOST_THREADS = 4;
// A module with one instruction on a vector of 128 bits: only browsers that have these take it for valid.
const SIMD = [0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 10, 1, 8, 0, 65, 0, 253, 15, 253, 98, 11];
const WASM = "application/wasm";
const APIS = { wasm: async () => processor, webgpu: () => import("./runtime/ort.jspi.min.mjs") };

// {threads, outputNames, run}; run gives the tensors of the wanted outputs by name. facts are those of page.json; throws a
// Refusal where this browser cannot run the model.
export async function openEngine(facts, name) {
  // Some browsers have none of it, as phones in a mode for people who are in danger.
  if (!self.WebAssembly?.validate(new Uint8Array(SIMD))) throw new Refusal("old_browser");
  const { glue, binary } = facts.runtimes[name];
  const [ort, compiled, model] = await Promise.all([APIS[name](), compile(binary), loadBytes(facts.model.file)]);
  self.runtime = { compiled, glue: new URL(glue, self.location.href).href }; // factory.js takes it
  const threads = self.crossOriginIsolated ? Math.min(MOST_THREADS, navigator.hardwareConcurrency || 1) : 1;
  Object.assign(ort.env.wasm, { numThreads: threads, wasmPaths: { mjs: new URL("factory.js", self.location.href).href } });
  ort.env.logLevel = "error"; // that some operators are left to the processor is meant so
  const session = await ort.InferenceSession.create(model, {
    executionProviders: [name],
    graphOptimizationLevel: facts.model.fused ? "disabled" : "all",
  });
  const run = (numbers, shape, wanted) => session.run({ pixel_values: new ort.Tensor("float32", numbers, shape) }, wanted);
  return { threads, outputNames: session.outputNames, run };
}

// Browsers keep the machine code of a file that a service worker gave as it is, and start sooner the next time; what they
// unpacked, as at the first visit, they would compile again at the second.
export async function keepCode(facts) {
  self.runtime.kept = await compile(facts.runtimes.wasm.binary);
}

// Packed by us, since not every server packs what it sends; the service worker gives it as it is.
async function compile(file) {
  const answer = await load(file);
  if (answer.headers.get("content-type") === WASM) return WebAssembly.compileStreaming(answer);
  const unpacked = answer.body.pipeThrough(new DecompressionStream("gzip"));
  return WebAssembly.compileStreaming(new Response(unpacked, { headers: { "content-type": WASM } }));
}

async function loadBytes(file) {
  return new Uint8Array(await (await load(file)).arrayBuffer());
}

export async function load(file) {
  let response = null;
  try {
    response = await fetch(file);
  } catch {
    throw new Refusal("not_loaded", { file });
  }
  if (!response.ok) throw new Refusal("not_loaded", { file });
  return response;
}
