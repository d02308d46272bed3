// Colours by a file's ICC profile, in sRGB, where the profile is a matrix with a curve for each colour, or a curve of
// grey: those of cameras, phones and screens. Profiles with tables, as presses have them, are refused in words.

import { Refusal } from "./refusal.js";
import { text } from "./containers.js";

const EQUAL = 1; // level: rounding alone
const PROBES = [0, 31, 63, 95, 127, 159, 191, 223, 255];
// From XYZ under D50 to linear sRGB: the inverse of its colorants.
const TO_SRGB = [
  [3.13427, -1.61732, -0.490673],
  [-0.978749, 1.91613, 0.0334333],
  [0.0719486, -0.228985, 1.4053],
];
const SIGNATURES = { rTRC: "rXYZ", gTRC: "gXYZ", bTRC: "bXYZ" };

// Changes the levels of {data, isGray, isCmyk} in place. Passes over a profile that is damaged, is about another kind of
// colours or changes nothing, as Python does.
export function applyProfile(picture, profile) {
  const tables = readTables(profile);
  const space = tables && text(profile.subarray(16, 20)).trim();
  if (space === "CMYK" && picture.isCmyk) throw new Refusal("profile_kind");
  if (picture.isCmyk || !["RGB", "GRAY"].includes(space) || (space === "GRAY" && !picture.isGray)) return;
  if (tables.A2B0 || tables.D2B0 || text(profile.subarray(20, 24)) !== "XYZ ") throw new Refusal("profile_kind");
  const convert = space === "GRAY" ? grayTransform(tables) : colorTransform(tables);
  if (!convert || changesNothing(convert, space)) return;
  const { data } = picture;
  const color = [0, 0, 0];
  for (let place = 0; place < data.length; place += 3) {
    convert(data[place], data[place + 1], data[place + 2], color);
    data[place] = color[0];
    data[place + 1] = color[1];
    data[place + 2] = color[2];
  }
}

// Contents by their signatures; null of a damaged profile.
function readTables(profile) {
  if (profile.length < 132) return null;
  const view = new DataView(profile.buffer, profile.byteOffset, profile.byteLength);
  const tables = {};
  const count = view.getUint32(128);
  if (count > 200 || 132 + 12 * count > profile.length) return null;
  for (let entry = 0; entry < count; entry++) {
    const place = 132 + 12 * entry;
    const start = view.getUint32(place + 4);
    const end = start + view.getUint32(place + 8);
    if (end > profile.length) return null;
    tables[text(profile.subarray(place, place + 4))] = new DataView(profile.buffer, profile.byteOffset + start, end - start);
  }
  return tables;
}

function grayTransform(tables) {
  const curve = tables.kTRC && readCurve(tables.kTRC);
  return curve && ((gray, _green, _blue, color) => color.fill(encode(curve[gray])));
}

function colorTransform(tables) {
  const names = Object.entries(SIGNATURES);
  if (names.some(([curve, colorant]) => !tables[curve] || !tables[colorant])) return null;
  const curves = names.map(([curve]) => readCurve(tables[curve]));
  if (curves.some((curve) => !curve)) return null;
  const colorants = names.map(([, colorant]) => [8, 12, 16].map((place) => readFixed(tables[colorant], place)));
  const matrix = TO_SRGB.map((row) => colorants.map((xyz) => row.reduce((sum, part, axis) => sum + part * xyz[axis], 0)));
  return (red, green, blue, color) => {
    const linear = [curves[0][red], curves[1][green], curves[2][blue]];
    matrix.forEach((row, channel) => {
      color[channel] = encode(row[0] * linear[0] + row[1] * linear[1] + row[2] * linear[2]);
    });
  };
}

// What 256 levels are in linear light, 0 to 1.
function readCurve(view) {
  const kind = text(new Uint8Array(view.buffer, view.byteOffset, 4));
  const curve = kind === "curv" ? sampledCurve(view) : kind === "para" ? formula(view) : null;
  return curve && Float64Array.from({ length: 256 }, (_, level) => curve(level / 255));
}

function sampledCurve(view) {
  const count = view.getUint32(8);
  if (count === 0) return (x) => x;
  if (count === 1) return (x) => x ** (view.getUint16(12) / 256);
  if (view.byteLength < 12 + 2 * count) return null;
  const at = (index) => view.getUint16(12 + 2 * index) / 65535;
  return (x) => {
    const place = x * (count - 1);
    const below = Math.min(Math.floor(place), count - 2);
    return at(below) + (place - below) * (at(below + 1) - at(below));
  };
}

// ICC.1, parametricCurveType: y = (a x + b)^g + e from d on, c x + f below.
function formula(view) {
  const kind = view.getUint16(8);
  const given = [1, 3, 4, 5, 7][kind];
  if (!given || view.byteLength < 12 + 4 * given) return null;
  const [g, a = 1, b = 0, ...rest] = Array.from({ length: given }, (_, index) => readFixed(view, 12 + 4 * index));
  const [c, d, e, f] = {
    0: [0, -Infinity, 0, 0],
    1: [0, -b / a, 0, 0],
    2: [0, -b / a, rest[0], rest[0]],
    3: [rest[0], rest[1], 0, 0],
    4: rest,
  }[kind];
  return (x) => (x >= d ? Math.max(a * x + b, 0) ** g + e : c * x + f);
}

function readFixed(view, place) {
  return view.getInt32(place) / 65536;
}

function encode(linear) {
  const clipped = Math.min(Math.max(linear, 0), 1);
  const value = clipped <= 0.0031308 ? 12.92 * clipped : 1.055 * clipped ** (1 / 2.4) - 0.055;
  return Math.round(255 * value);
}

function changesNothing(convert, space) {
  const color = [0, 0, 0];
  const isSame = (...levels) => {
    convert(...levels, color);
    return levels.every((level, channel) => Math.abs(level - color[channel]) <= EQUAL);
  };
  if (space === "GRAY") return Array.from({ length: 256 }, (_, level) => level).every((level) => isSame(level, level, level));
  return PROBES.every((red) => PROBES.every((green) => PROBES.every((blue) => isSame(red, green, blue))));
}
