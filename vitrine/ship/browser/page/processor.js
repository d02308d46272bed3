// The worker that computes on the processor: a script of its own, so that it starts before the page's modules are there.

export const processor = new Worker("worker.js", { type: "module", name: "wasm" });
