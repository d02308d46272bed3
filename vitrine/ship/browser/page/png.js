// PNG, decoded here and not by the browser: 16 bits, transparency and palettes as Python has them, to the bit.

import { startsWith, text } from "./containers.js";
import { Refusal } from "./refusal.js";

const GRAY = 0, RGB = 2, PALETTE = 3, GRAY_ALPHA = 4, RGB_ALPHA = 6; // color types
const CHANNELS = { [GRAY]: 1, [RGB]: 3, [PALETTE]: 1, [GRAY_ALPHA]: 2, [RGB_ALPHA]: 4 };
// Of an interlaced picture: first column and row, and steps between columns and rows, of each pass.
const PASSES = [[0, 0, 8, 8], [4, 0, 8, 8], [0, 4, 4, 8], [2, 0, 4, 4], [0, 2, 2, 4], [1, 0, 2, 2], [0, 1, 1, 2]];
const WHOLE = [[0, 0, 1, 1]];
const XMP = "XML:com.adobe.xmp\0";

// {width, height, depth, kind, interlaced, palette, transparency, exif, xmp, profile, packed}.
export async function readPng(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const found = { palette: null, transparency: null, exif: null, xmp: null, profile: null, packed: [] };
  let ended = false;
  for (let place = 8; place + 12 <= bytes.length && !ended; ) {
    const length = view.getUint32(place);
    const kind = text(bytes.subarray(place + 4, place + 8));
    const content = bytes.subarray(place + 8, place + 8 + length);
    place += 12 + length;
    if (place > bytes.length) throw new Refusal("cut_short");
    if (kind === "IHDR") readHeader(view, found);
    else if (kind === "PLTE") found.palette = content;
    else if (kind === "tRNS") found.transparency = content;
    else if (kind === "eXIf") found.exif = content;
    else if (kind === "iTXt" && startsWith(content, XMP)) found.xmp = text(content);
    else if (kind === "iCCP") found.profile = await readProfile(content);
    else if (kind === "IDAT") found.packed.push(content);
    ended = kind === "IEND";
  }
  if (!ended || !found.width || !found.packed.length) throw new Refusal("cut_short");
  return found;
}

function readHeader(view, found) {
  found.width = view.getUint32(16);
  found.height = view.getUint32(20);
  found.depth = view.getUint8(24);
  found.kind = view.getUint8(25);
  found.interlaced = view.getUint8(28) === 1;
  if (!(found.kind in CHANNELS)) throw new Refusal("damaged");
}

async function readProfile(content) {
  const start = content.indexOf(0) + 2; // its name, and the way in which it is packed
  try {
    return await unpack([content.subarray(start)]);
  } catch {
    return null; // damaged: Python passes it over
  }
}

async function unpack(parts) {
  const stream = new Blob(parts).stream().pipeThrough(new DecompressionStream("deflate"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

// The levels of a file that readPng read: {width, height, data, alpha}; alpha is null where all is opaque.
export async function decodePng(file) {
  let packed;
  try {
    packed = await unpack(file.packed);
  } catch {
    throw new Refusal("damaged");
  }
  const channels = CHANNELS[file.kind];
  const samples = new Uint8Array(channels * file.width * file.height);
  let place = 0;
  for (const [left, top, across, down] of file.interlaced ? PASSES : WHOLE) {
    const columns = Math.ceil((file.width - left) / across);
    const rows = Math.ceil((file.height - top) / down);
    if (columns <= 0 || rows <= 0) continue;
    const stride = Math.ceil((columns * channels * file.depth) / 8);
    const lines = packed.subarray(place, (place += rows * (stride + 1)));
    if (lines.length < rows * (stride + 1)) throw new Refusal("cut_short");
    unfilter(lines, rows, stride, Math.max(1, (channels * file.depth) >> 3));
    for (let row = 0; row < rows; row++) {
      const line = lines.subarray(row * (stride + 1) + 1, (row + 1) * (stride + 1));
      const levels = unpackLine(line, columns * channels, file);
      const start = channels * ((top + row * down) * file.width + left);
      if (across === 1) samples.set(levels, start);
      else for (let i = 0; i < levels.length; i++) samples[start + channels * across * Math.floor(i / channels) + (i % channels)] = levels[i];
    }
  }
  return spread(samples, file);
}

// Undoes what was done to each row to pack it better; in place. Each row begins with the number of its filter.
function unfilter(lines, rows, stride, pixel) {
  for (let row = 0; row < rows; row++) {
    const start = row * (stride + 1) + 1;
    const above = row ? start - stride - 1 : -1;
    const filter = lines[start - 1];
    if (filter > 4) throw new Refusal("damaged");
    if (filter === 0) continue;
    for (let i = 0; i < stride; i++) {
      const left = i >= pixel ? lines[start + i - pixel] : 0;
      const up = above >= 0 ? lines[above + i] : 0;
      let guess = left;
      if (filter === 2) guess = up;
      else if (filter === 3) guess = (left + up) >> 1;
      else if (filter === 4) guess = paeth(left, up, i >= pixel && above >= 0 ? lines[above + i - pixel] : 0);
      lines[start + i] += guess;
    }
  }
}

function paeth(left, up, corner) {
  const byLeft = Math.abs(up - corner), byUp = Math.abs(left - corner), byCorner = Math.abs(left + up - 2 * corner);
  if (byLeft <= byUp && byLeft <= byCorner) return left;
  return byUp <= byCorner ? up : corner;
}

// Samples of a row with 8 bits each: numbers of colours stay what they are, levels are brought to 0 to 255.
function unpackLine(line, count, file) {
  if (file.depth === 8) return line;
  const levels = new Uint8Array(count);
  if (file.depth === 16) {
    // Python takes the upper 8 bits of colours, and scales grey.
    const isGray = file.kind === GRAY;
    for (let i = 0; i < count; i++) levels[i] = isGray ? Math.floor(((line[2 * i] << 8) | line[2 * i + 1]) / 257) : line[2 * i];
    return levels;
  }
  const most = (1 << file.depth) - 1;
  const factor = file.kind === PALETTE ? 1 : 255 / most;
  for (let i = 0; i < count; i++) {
    const bit = i * file.depth;
    levels[i] = ((line[bit >> 3] >> (8 - file.depth - (bit & 7))) & most) * factor;
  }
  return levels;
}

// Red, green and blue, and alpha, of samples of any kind.
function spread(samples, file) {
  const pixels = file.width * file.height;
  const data = new Uint8Array(3 * pixels);
  const { kind, palette, transparency } = file;
  const hasAlpha = kind === GRAY_ALPHA || kind === RGB_ALPHA;
  const alpha = hasAlpha || transparency ? new Uint8Array(pixels).fill(255) : null;
  const channels = CHANNELS[kind];
  if (kind === PALETTE && !palette) throw new Refusal("damaged");
  if (transparency && kind === RGB && file.depth === 16) throw new Refusal("png_kind");
  for (let pixel = 0; pixel < pixels; pixel++) {
    const source = channels * pixel;
    for (let color = 0; color < 3; color++) {
      if (kind === PALETTE) data[3 * pixel + color] = palette[3 * samples[source] + color] ?? 0;
      else data[3 * pixel + color] = samples[source + (channels < 3 ? 0 : color)];
    }
    if (hasAlpha) alpha[pixel] = samples[source + channels - 1];
    else if (transparency && kind === PALETTE) alpha[pixel] = transparency[samples[source]] ?? 255;
  }
  if (transparency && (kind === GRAY || kind === RGB)) markColor(data, alpha, file);
  const isGray = (kind === GRAY && file.depth > 1) || kind === GRAY_ALPHA;
  return { width: file.width, height: file.height, data, alpha, isGray };
}

// One colour of a grey or coloured picture is transparent; Python passes over it in grey of 16 bits.
function markColor(data, alpha, file) {
  if (file.depth === 16) return;
  const at = (color) => (file.kind === GRAY ? 0 : 2 * color);
  const wanted = [0, 1, 2].map((color) => (file.transparency[at(color)] << 8) | file.transparency[at(color) + 1]);
  for (let pixel = 0; pixel < alpha.length; pixel++) {
    if (wanted.every((level, color) => data[3 * pixel + color] === level)) alpha[pixel] = 0;
  }
}
