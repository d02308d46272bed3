// Keeps the page for use without a network, and lets the model use several threads.
//
// The line before this comment says which files there are and which version they are of; it is written with the page.

const { version, files, later } = self.PAGE;
const SCOPE = new URL("./", self.location.href).href;
const CACHE = `${SCOPE} ${version}`;
const PACKED = ".packed"; // by gzip
// Browsers give threads to pages that are sealed off from others; not every server can be told to say so.
const SEALED = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
  "Cross-Origin-Resource-Policy": "same-origin",
};

self.addEventListener("install", (event) => {
  event.waitUntil(keep().then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(forgetOlder().then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const address = event.request.url.split(/[?#]/)[0];
  if (event.request.method === "GET" && address.startsWith(SCOPE)) event.respondWith(answer(address, event.request));
});

async function forgetOlder() {
  const names = (await caches.keys()).filter((name) => name.startsWith(`${SCOPE} `) && name !== CACHE);
  await Promise.all(names.map((name) => caches.delete(name)));
}

async function keep() {
  const cache = await caches.open(CACHE);
  await Promise.all(files.map(async (file) => cache.put(file, prepare(file, await fetch(file)))));
}

// As the page wants it, once for all: browsers keep machine code with an answer that they get as it was stored.
function prepare(file, response) {
  if (!response.ok) throw new Error(`${file}: ${response.status}`);
  if (!file.endsWith(PACKED)) return seal(response);
  const unpacked = response.body.pipeThrough(new DecompressionStream("gzip"));
  return seal(new Response(unpacked, { headers: { "content-type": "application/wasm" } }));
}

function seal(response) {
  const headers = new Headers(response.headers);
  for (const [name, value] of Object.entries(SEALED)) headers.set(name, value);
  return new Response(response.body, { status: response.status, statusText: response.statusText, headers });
}

async function answer(address, request) {
  const cache = await caches.open(CACHE);
  const stored = await cache.match(address === SCOPE ? `${SCOPE}index.html` : address);
  return stored ?? (await fetchAndKeep(address, request, cache));
}

// Files that few browsers ask for are kept when they are asked for.
async function fetchAndKeep(address, request, cache) {
  const file = address.slice(SCOPE.length);
  const response = await fetch(request);
  if (!later.includes(file) || !response.ok) return seal(response);
  await cache.put(address, prepare(file, response));
  return cache.match(address);
}
