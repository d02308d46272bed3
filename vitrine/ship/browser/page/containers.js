// What JPEG and WebP files say beside their pixels, and the file without it.
//
// Browsers differ in what they do with orientations and colour profiles. So both are taken out of what the browser is
// given to decode, and are applied here, as Python applies them.

import { Refusal } from "./refusal.js";

const FRAMES = [0xc0, 0xc1, 0xc2]; // baseline, extended, progressive: what browsers decode
const OTHER_FRAMES = [0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf, 0xf7];
const SCAN = 0xda, END = 0xd9, EXIF = 0xe1, PROFILE = 0xe2;
const EXIF_START = "Exif\0\0", XMP_START = "http://ns.adobe.com/xap/1.0/\0", PROFILE_START = "ICC_PROFILE\0";
const HAS_PROFILE = 0x20, HAS_ALPHA = 0x10, HAS_EXIF = 0x08, HAS_XMP = 0x04; // flags of WebP

// {width, height, exif, xmp, profile, hasAlpha, isCmyk, isGray, parts}: parts make the file without what stands before them.
export function readJpeg(bytes) {
  const found = { exif: null, xmp: null, profile: null, hasAlpha: false, isCmyk: false, parts: [bytes.subarray(0, 2)] };
  const profiles = [];
  let place = 2;
  while (place + 4 <= bytes.length && bytes[place] === 0xff && bytes[place + 1] !== SCAN) {
    const marker = bytes[place + 1];
    if (marker === 0xff) { place++; continue; } // filling
    const end = place + 2 + ((bytes[place + 2] << 8) | bytes[place + 3]);
    const content = bytes.subarray(place + 4, end);
    if (OTHER_FRAMES.includes(marker)) throw new Refusal("jpeg_kind");
    if (FRAMES.includes(marker)) readFrame(content, found);
    if (marker === EXIF) readNote(content, found);
    else if (marker === PROFILE && startsWith(content, PROFILE_START)) profiles.push(content.subarray(14));
    else found.parts.push(bytes.subarray(place, end));
    place = end;
  }
  if (!found.width || !found.height || place >= bytes.length || !hasEnd(bytes, place)) throw new Refusal("cut_short");
  found.parts.push(bytes.subarray(place));
  if (profiles.length) found.profile = join(profiles);
  return found;
}

function readFrame(content, found) {
  if (content[0] !== 8) throw new Refusal("jpeg_kind");
  found.height = (content[1] << 8) | content[2];
  found.width = (content[3] << 8) | content[4];
  found.isCmyk = content[5] === 4;
  found.isGray = content[5] === 1;
}

function readNote(content, found) {
  if (startsWith(content, EXIF_START)) found.exif ??= content.subarray(EXIF_START.length);
  else if (startsWith(content, XMP_START)) found.xmp = text(content.subarray(XMP_START.length));
}

function hasEnd(bytes, start) {
  for (let place = bytes.indexOf(0xff, start + 2); place >= 0; place = bytes.indexOf(0xff, place + 1)) {
    if (bytes[place + 1] === END) return true;
  }
  return false;
}

export function readWebp(bytes) {
  const found = { exif: null, xmp: null, profile: null, hasAlpha: false, isCmyk: false };
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = 8 + view.getUint32(4, true);
  if (length > bytes.length) throw new Refusal("cut_short");
  const kept = [];
  for (let place = 12; place + 8 <= length; ) {
    const kind = text(bytes.subarray(place, place + 4));
    const size = view.getUint32(place + 4, true);
    const end = Math.min(length, place + 8 + size + (size % 2));
    const content = bytes.subarray(place + 8, place + 8 + size);
    if (kind === "EXIF") found.exif ??= startsWith(content, EXIF_START) ? content.subarray(6) : content;
    else if (kind === "XMP ") found.xmp ??= text(content);
    else if (kind === "ICCP") found.profile ??= content;
    else kept.push(readWebpPart(kind, bytes.slice(place, end), found));
    place = end;
  }
  if (!found.width) throw new Refusal("cut_short");
  const head = bytes.slice(0, 12);
  new DataView(head.buffer).setUint32(4, 4 + kept.reduce((sum, part) => sum + part.length, 0), true);
  found.parts = [head, ...kept];
  return found;
}

function readWebpPart(kind, part, found) {
  const view = new DataView(part.buffer);
  if (kind === "VP8X") {
    found.hasAlpha = (part[8] & HAS_ALPHA) !== 0;
    part[8] &= ~(HAS_PROFILE | HAS_EXIF | HAS_XMP);
    setSize(found, 1 + readThreeBytes(view, 12), 1 + readThreeBytes(view, 15));
  } else if (kind === "VP8 ") {
    setSize(found, view.getUint16(14, true) & 0x3fff, view.getUint16(16, true) & 0x3fff);
  } else if (kind === "VP8L") {
    const bits = view.getUint32(9, true);
    found.hasAlpha ||= (bits >>> 28 & 1) === 1;
    setSize(found, 1 + (bits & 0x3fff), 1 + (bits >>> 14 & 0x3fff));
  }
  return part;
}

function readThreeBytes(view, place) {
  return view.getUint16(place, true) | (view.getUint8(place + 2) << 16);
}

function setSize(found, width, height) {
  found.width ??= width; // that of the whole picture comes first
  found.height ??= height;
}

export function startsWith(bytes, start) {
  return [...start].every((letter, place) => bytes[place] === letter.charCodeAt(0));
}

export function text(bytes) {
  return new TextDecoder("latin1").decode(bytes);
}

export function join(parts) {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  parts.reduce((place, part) => (joined.set(part, place), place + part.length), 0);
  return joined;
}
