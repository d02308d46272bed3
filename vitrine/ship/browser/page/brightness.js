// Brightness and colour apart (YCbCr), in Pillow's whole numbers, and brightness spread evenly.

const POINT = 6; // bits behind the point
const MIDDLE = 128; // of the two colours
const BRIGHTNESS = [0.299, 0.587, 0.114].map((share) => table(share));
const BLUE = [-0.16874, -0.33126, 0.5].map((share) => table(share));
const RED = [0.5, -0.41869, -0.08131].map((share) => table(share));
const [RED_BACK, GREEN_OF_BLUE, GREEN_OF_RED, BLUE_BACK] = [1.402, -0.34414, -0.71414, 1.772].map((share) => table(share, MIDDLE));

function table(share, zero = 0) {
  return Int32Array.from({ length: 256 }, (_, level) => Math.trunc(share * (1 << POINT) * (level - zero) + 0.5));
}

export function spreadBrightness({ width, height, data }) {
  const pixels = width * height;
  const brightness = new Uint8Array(pixels), blue = new Uint8Array(pixels), red = new Uint8Array(pixels);
  const mix = (tables, place) => (tables[0][data[place]] + tables[1][data[place + 1]] + tables[2][data[place + 2]]) >> POINT;
  for (let pixel = 0; pixel < pixels; pixel++) {
    brightness[pixel] = mix(BRIGHTNESS, 3 * pixel);
    blue[pixel] = mix(BLUE, 3 * pixel) + MIDDLE;
    red[pixel] = mix(RED, 3 * pixel) + MIDDLE;
  }
  const spread = equalizing(brightness);
  const changed = new Uint8ClampedArray(data.length);
  for (let pixel = 0; pixel < pixels; pixel++) {
    const base = spread[brightness[pixel]] << POINT;
    changed[3 * pixel] = (base + RED_BACK[red[pixel]]) >> POINT;
    changed[3 * pixel + 1] = (base + GREEN_OF_BLUE[blue[pixel]] + GREEN_OF_RED[red[pixel]]) >> POINT;
    changed[3 * pixel + 2] = (base + BLUE_BACK[blue[pixel]]) >> POINT;
  }
  return { width, height, data: new Uint8Array(changed.buffer) };
}

// What becomes of each level, so that all are about equally frequent; Pillow's ImageOps.equalize.
function equalizing(levels) {
  const histogram = new Float64Array(256);
  for (const level of levels) histogram[level]++;
  const used = histogram.filter((count) => count > 0);
  const step = Math.floor((levels.length - used[used.length - 1]) / 255);
  if (used.length <= 1 || !step) return Uint8Array.from({ length: 256 }, (_, level) => level);
  let sum = Math.floor(step / 2);
  return Uint8ClampedArray.from(histogram, (count) => {
    const level = Math.floor(sum / step);
    sum += count;
    return level;
  });
}
