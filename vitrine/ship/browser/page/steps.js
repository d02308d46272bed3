// Preparation steps: from a picture to a picture, to the bit as Pillow does them.

import { cut, roundHalfToEven } from "./resize.js";

export const WHITEN = "whiten"; // done to the numbers of the square; see preprocess.js

export function applyStep(picture, step, settings) {
  const steps = {
    crop_centre: () => cropCenter(picture, settings.center_share),
    mirror_horizontal: () => mirror(picture, true),
    mirror_vertical: () => mirror(picture, false),
    [WHITEN]: () => picture,
  };
  if (!(step in steps)) throw new Error(`there is no preparation step '${step}'`);
  return steps[step]();
}

function cropCenter(picture, share) {
  const width = Math.max(1, roundHalfToEven(picture.width * share));
  const height = Math.max(1, roundHalfToEven(picture.height * share));
  const left = Math.floor((picture.width - width) / 2);
  return cut(picture, left, Math.floor((picture.height - height) / 2), width, height);
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
