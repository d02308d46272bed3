// Preparation steps: from a picture to a picture, to the bit as Pillow does them.

import { spreadBrightness } from "./brightness.js";
import { cut, roundHalfToEven } from "./resize.js";

export const WHITEN = "whiten"; // done to the numbers of the square; see preprocess.js
const BORDER_TOLERANCE = 16; // levels by which an even border may vary

export function applyStep(picture, step, settings) {
  const steps = {
    contrast: () => changeContrast(picture, settings.contrast_factor),
    autocontrast: () => widenContrast(picture),
    equalize: () => spreadBrightness(picture),
    grayscale: () => removeColors(picture),
    denoise: () => takeMedians(picture),
    crop_centre: () => cropCenter(picture, settings.center_share),
    crop_content: () => cropContent(picture),
    mirror_horizontal: () => mirror(picture, true),
    mirror_vertical: () => mirror(picture, false),
    [WHITEN]: () => picture,
  };
  if (!(step in steps)) throw new Error(`there is no preparation step '${step}'`);
  return steps[step]();
}

// How many pixels there are of each level of grey.
function grayHistogram({ data }) {
  const histogram = new Float64Array(256);
  for (let place = 0; place < data.length; place += 3) {
    histogram[grayLevel(data, place)]++;
  }
  return histogram;
}

function grayLevel(data, place) {
  return (19595 * data[place] + 38470 * data[place + 1] + 7471 * data[place + 2] + 0x8000) >> 16;
}

function removeColors({ width, height, data }) {
  const gray = new Uint8Array(data.length);
  for (let place = 0; place < data.length; place += 3) gray.fill(grayLevel(data, place), place, place + 3);
  return { width, height, data: gray };
}

// The median of each pixel and its eight neighbours, for each colour; the edge is repeated beyond itself.
function takeMedians({ width, height, data }) {
  const medians = new Uint8Array(data.length);
  const levels = new Uint8Array(9);
  for (let row = 0; row < height; row++) {
    const rows = [Math.max(0, row - 1), row, Math.min(height - 1, row + 1)];
    for (let column = 0; column < width; column++) {
      const columns = [Math.max(0, column - 1), column, Math.min(width - 1, column + 1)];
      for (let channel = 0; channel < 3; channel++) {
        let count = 0;
        for (const y of rows) for (const x of columns) levels[count++] = data[3 * (y * width + x) + channel];
        levels.sort();
        medians[3 * (row * width + column) + channel] = levels[4];
      }
    }
  }
  return { width, height, data: medians };
}

function changeContrast(picture, factor) {
  const histogram = grayHistogram(picture);
  const sum = histogram.reduce((total, count, level) => total + count * level, 0);
  const mean = Math.trunc(sum / (picture.width * picture.height) + 0.5);
  const share = Math.fround(factor); // Pillow mixes in numbers of 32 bits
  return changeLevels(picture, (level) => Math.trunc(Math.fround(mean + Math.fround(share * (level - mean)))));
}

function widenContrast(picture) {
  const histogram = grayHistogram(picture);
  const darkest = histogram.findIndex((count) => count > 0);
  const lightest = histogram.findLastIndex((count) => count > 0);
  if (lightest <= darkest) return picture;
  const scale = 255 / (lightest - darkest);
  const offset = -darkest * scale;
  return changeLevels(picture, (level) => Math.trunc(level * scale + offset));
}

function changeLevels({ width, height, data }, change) {
  const table = Uint8ClampedArray.from({ length: 256 }, (_, level) => change(level));
  return { width, height, data: data.map((level) => table[level]) };
}

function cropCenter(picture, share) {
  const width = Math.max(1, roundHalfToEven(picture.width * share));
  const height = Math.max(1, roundHalfToEven(picture.height * share));
  const left = Math.floor((picture.width - width) / 2);
  return cut(picture, left, Math.floor((picture.height - height) / 2), width, height);
}

// Cuts off the rows and columns at the edges that have the colour of the corners; an even picture stays whole.
function cropContent(picture) {
  const { width, height, data } = picture;
  const border = borderColor(picture);
  let left = width, right = -1, top = height, bottom = -1;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      if (areAlike(data, 3 * (row * width + column), border)) continue;
      left = Math.min(left, column);
      right = Math.max(right, column);
      top = Math.min(top, row);
      bottom = row;
    }
  }
  return bottom < 0 ? picture : cut(picture, left, top, right - left + 1, bottom - top + 1);
}

// The colour of the corner that most other corners resemble.
function borderColor({ width, height, data }) {
  const places = [0, width - 1, width * (height - 1), width * height - 1].map((pixel) => 3 * pixel);
  const colors = places.map((place) => data.subarray(place, place + 3));
  const votes = colors.map((color) => places.filter((place) => areAlike(data, place, color)).length);
  return colors[votes.indexOf(Math.max(...votes))];
}

function areAlike(data, place, color) {
  for (let channel = 0; channel < 3; channel++) {
    if (Math.abs(data[place + channel] - color[channel]) > BORDER_TOLERANCE) return false;
  }
  return true;
}

function mirror({ width, height, data }, isHorizontal) {
  const mirrored = new Uint8Array(data.length);
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const source = isHorizontal ? row * width + (width - 1 - column) : (height - 1 - row) * width + column;
      mirrored.set(data.subarray(3 * source, 3 * source + 3), 3 * (row * width + column));
    }
  }
  return { width, height, data: mirrored };
}
