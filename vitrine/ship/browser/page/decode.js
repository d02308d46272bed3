// From a file to an upright picture in 8-bit RGB, as Python decodes it, or a Refusal.

import { join, readJpeg, readWebp, startsWith, text } from "./containers.js";
import { readOrientation, turnUpright } from "./exif.js";
import { MAX_MEGABYTES, MAX_MEGAPIXELS } from "./limits.js";
import { decodePng, readPng } from "./png.js";
import { applyProfile } from "./profiles.js";
import { Refusal } from "./refusal.js";
import { FILL_COLORS } from "./resize.js";

const MOST_TIMES_AS_LONG = 65536;
const TILE = 4096; // pixels: what every browser's canvas holds
// Formats that are recognised to be refused by name.
const NAMED = [["II*\0", "TIFF"], ["MM\0*", "TIFF"], ["\xff\x0a", "JPEG XL"], ["\0\0\0\x0cJXL ", "JPEG XL"],
  ["<svg", "SVG"], ["<?xml", "XML"], ["%PDF", "PDF"], ["BM", "BMP"], ["8BPS", "PSD"], ["P5", "PGM"], ["P6", "PPM"], ["\0\0\0\x0cjP  ", "JPEG 2000"]];
const BRANDS = { avif: "AVIF", avis: "AVIF", heic: "HEIC", heix: "HEIC", mif1: "HEIC", msf1: "HEIC" };

// rendering is {fill_color, color_profiles}, as in the model's preprocessing; see resize.js for what a picture is. The name
// of its format comes with it.
export async function decode(file, rendering) {
  if (!file.size) throw new Refusal("empty");
  if (file.size > MAX_MEGABYTES * 1048576) throw new Refusal("too_large", { size: Math.round(file.size / 1048576) });
  const bytes = new Uint8Array(await file.arrayBuffer());
  const format = findFormat(bytes);
  const found = await read(format, bytes);
  checkSize(found);
  const picture = await format.decode(found, rendering.fill_color);
  if (found.profile && rendering.color_profiles === "apply") {
    if (found.hasAlpha && !picture.alpha) throw new Refusal("profile_kind"); // the fill colour is in the pixels already
    applyProfile(picture, found.profile);
  }
  if (picture.alpha) composite(picture, FILL_COLORS[rendering.fill_color]);
  return { ...turnUpright(picture, readOrientation(found.exif, found.xmp)), format: format.name };
}

async function read(format, bytes) {
  try {
    return await format.read(bytes);
  } catch (error) {
    if (error instanceof RangeError) throw new Refusal("damaged"); // a place beyond the end of the file
    throw error;
  }
}

function findFormat(bytes) {
  if (startsWith(bytes, "\xff\xd8\xff")) return { name: "jpeg", read: readJpeg, decode: decodeByBrowser("image/jpeg") };
  if (startsWith(bytes, "\x89PNG\r\n\x1a\n")) return { name: "png", read: readPng, decode: decodePng };
  if (startsWith(bytes, "RIFF") && startsWith(bytes.subarray(8), "WEBP")) {
    return { name: "webp", read: readWebp, decode: decodeByBrowser("image/webp") };
  }
  if (startsWith(bytes, "GIF8")) return { name: "gif", read: readGif, decode: decodeByBrowser("image/gif") };
  const named = NAMED.find(([start]) => startsWith(bytes, start));
  const brand = startsWith(bytes.subarray(4), "ftyp") && BRANDS[text(bytes.subarray(8, 12))];
  if (named || brand) throw new Refusal("format", { format: brand || named[1] });
  throw new Refusal("not_a_picture");
}

function readGif(bytes) {
  if (bytes.length < 14) throw new Refusal("cut_short");
  const view = new DataView(bytes.buffer);
  return { width: view.getUint16(6, true), height: view.getUint16(8, true), parts: [bytes], hasAlpha: true };
}

function checkSize({ width, height }) {
  const megapixels = Math.ceil((width * height) / 1e6);
  if (!megapixels) throw new Refusal("damaged");
  if (width * height > MAX_MEGAPIXELS * 1e6) throw new Refusal("too_many_pixels", { megapixels, limit: MAX_MEGAPIXELS });
  if (Math.max(width, height) > MOST_TIMES_AS_LONG * Math.min(width, height)) throw new Refusal("too_oblong");
}

function decodeByBrowser(type) {
  return async (found, fillColor) => {
    let bitmap;
    try {
      // As a whole: Firefox cannot decode a file whose first part is shorter than its signature.
      bitmap = await createImageBitmap(new Blob([join(found.parts)], { type }), { colorSpaceConversion: "none" });
    } catch {
      throw new Refusal("damaged");
    }
    if (bitmap.width !== found.width || bitmap.height !== found.height) throw new Refusal("damaged");
    const picture = readPixels(bitmap, FILL_COLORS[fillColor]);
    bitmap.close();
    return { ...picture, isCmyk: found.isCmyk, isGray: found.isGray };
  };
}

// Over an opaque canvas, whose pixels are not multiplied with alpha; in tiles, since canvases are of limited size.
function readPixels(bitmap, color) {
  const { width, height } = bitmap;
  const data = new Uint8Array(3 * width * height);
  const canvas = new OffscreenCanvas(Math.min(width, TILE), Math.min(height, TILE));
  const pen = canvas.getContext("2d", { alpha: false, willReadFrequently: true, colorSpace: "srgb" });
  pen.fillStyle = `rgb(${color.join(" ")})`;
  for (let top = 0; top < height; top += TILE) {
    for (let left = 0; left < width; left += TILE) {
      pen.fillRect(0, 0, TILE, TILE);
      pen.drawImage(bitmap, -left, -top);
      const columns = Math.min(TILE, width - left), rows = Math.min(TILE, height - top);
      copyTile(pen.getImageData(0, 0, columns, rows).data, columns, data, 3 * (top * width + left), 3 * width);
    }
  }
  return { width, height, data, alpha: null };
}

function copyTile(tile, columns, data, start, stride) {
  for (let source = 0, line = start; source < tile.length; line += stride) {
    for (let target = line; target < line + 3 * columns; target += 3, source += 4) {
      data[target] = tile[source];
      data[target + 1] = tile[source + 1];
      data[target + 2] = tile[source + 2];
    }
  }
}

// Pillow's alpha_composite over an opaque colour; in place.
function composite({ data, alpha }, color) {
  for (let pixel = 0; pixel < alpha.length; pixel++) {
    if (alpha[pixel] === 255) continue;
    const above = alpha[pixel] << 7;
    for (let channel = 0; channel < 3; channel++) {
      const sum = data[3 * pixel + channel] * above + color[channel] * ((255 << 7) - above) + (0x80 << 7);
      data[3 * pixel + channel] = (((sum >> 8) + sum) >> 8) >> 7;
    }
  }
}
