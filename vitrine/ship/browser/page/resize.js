// Resizing to the very numbers that Python gives: bicubic with antialias, in whole numbers, columns before rows, rounded
// to 8 bits in between. A canvas resizes otherwise, and changes one answer in ten.
//
// A picture is {width, height, data}: data holds red, green and blue of each pixel, row by row.

const CUBIC = -0.5; // the free parameter of the kernel where it averages
const REACH = 2; // of the kernel to each side, in pixels of the source, or of the result where the picture shrinks
const PILLOW_PRECISION = 22; // bits behind the point of a weight
const MOST_PRECISION = 22;
const WEIGHT_LIMIT = 1 << 15; // torch keeps its weights in 16 bits
const LARGEST_BETWEEN = 1 << 22; // pixels of the picture between the two scalings
const MOST_OBLONG = 64;
export const FILL_COLORS = { white: [255, 255, 255], grey: [128, 128, 128], black: [0, 0, 0] };

// The square that the network sees. resize is squash, crop or letterbox, as in the recipe.
export function resizeToSquare(picture, side, resize, fillColor) {
  if (resize === "squash") return scale(shrinkFirst(picture, side), side, side);
  if (resize === "crop") return cropToSquare(cutEnds(picture), side);
  if (resize === "letterbox") return letterbox(picture, side, FILL_COLORS[fillColor]);
  throw new Error(`there is no way to resize called '${resize}'`);
}

// As torch scales a picture of 8 bits.
export function scale(picture, width, height) {
  return scaleRows(scaleColumns(picture, width, choosePrecision), height, choosePrecision);
}

// A long, narrow picture, as Pillow shrinks it: torch would make it very wide first.
function shrinkFirst(picture, side) {
  if (picture.width >= side || side * picture.height <= LARGEST_BETWEEN) return picture;
  return scaleRows(picture, side, () => PILLOW_PRECISION);
}

function cutEnds(picture) {
  const most = MOST_OBLONG * Math.min(picture.width, picture.height);
  const width = Math.min(picture.width, most);
  const height = Math.min(picture.height, most);
  const left = Math.floor((picture.width - width) / 2);
  const top = Math.floor((picture.height - height) / 2);
  return cut(picture, left, top, width, height);
}

function cropToSquare(picture, side) {
  const longest = Math.max(picture.width, picture.height);
  const longer = Math.trunc((side * longest) / Math.min(picture.width, picture.height));
  const [width, height] = picture.width <= picture.height ? [side, longer] : [longer, side];
  const scaled = scale(picture, width, height);
  return cut(scaled, Math.floor((width - side) / 2), Math.floor((height - side) / 2), side, side);
}

function letterbox(picture, side, color) {
  const share = side / Math.max(picture.width, picture.height);
  const width = Math.max(1, roundHalfToEven(picture.width * share));
  const height = Math.max(1, roundHalfToEven(picture.height * share));
  const scaled = scale(picture, width, height);
  const square = fill(side, side, color);
  const left = Math.floor((side - width) / 2);
  const top = Math.floor((side - height) / 2);
  for (let row = 0; row < height; row++) {
    const line = scaled.data.subarray(3 * width * row, 3 * width * (row + 1));
    square.data.set(line, 3 * ((top + row) * side + left));
  }
  return square;
}

export function cut(picture, left, top, width, height) {
  if (width === picture.width && height === picture.height) return picture;
  const data = new Uint8Array(3 * width * height);
  for (let row = 0; row < height; row++) {
    const start = 3 * ((top + row) * picture.width + left);
    data.set(picture.data.subarray(start, start + 3 * width), 3 * width * row);
  }
  return { width, height, data };
}

function fill(width, height, color) {
  const data = new Uint8Array(3 * width * height);
  for (let place = 0; place < data.length; place++) data[place] = color[place % 3];
  return { width, height, data };
}

// As Python rounds.
export function roundHalfToEven(value) {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

function scaleColumns(picture, width, precisionOf) {
  if (picture.width === width) return picture;
  const { firsts, counts, weights, most, precision } = weigh(picture.width, width, precisionOf);
  const half = 1 << (precision - 1);
  const { height, data } = picture;
  const scaled = new Uint8ClampedArray(3 * width * height); // cuts off below 0 and above 255
  for (let row = 0, target = 0; row < height; row++) {
    const line = 3 * row * picture.width;
    for (let column = 0; column < width; column++, target += 3) {
      let red = half, green = half, blue = half;
      let source = line + 3 * firsts[column];
      const start = column * most;
      for (let weight = start; weight < start + counts[column]; weight++, source += 3) {
        red += weights[weight] * data[source];
        green += weights[weight] * data[source + 1];
        blue += weights[weight] * data[source + 2];
      }
      scaled[target] = red >> precision;
      scaled[target + 1] = green >> precision;
      scaled[target + 2] = blue >> precision;
    }
  }
  return { width, height, data: new Uint8Array(scaled.buffer) };
}

function scaleRows(picture, height, precisionOf) {
  if (picture.height === height) return picture;
  const { firsts, counts, weights, most, precision } = weigh(picture.height, height, precisionOf);
  const { width, data } = picture;
  const stride = 3 * width;
  const scaled = new Uint8ClampedArray(stride * height);
  const sums = new Int32Array(stride);
  for (let row = 0; row < height; row++) {
    sums.fill(1 << (precision - 1));
    for (let tap = 0; tap < counts[row]; tap++) {
      const weight = weights[row * most + tap];
      const start = (firsts[row] + tap) * stride;
      for (let place = 0; place < stride; place++) sums[place] += weight * data[start + place];
    }
    for (let place = 0; place < stride; place++) scaled[row * stride + place] = sums[place] >> precision;
  }
  return { width, height, data: new Uint8Array(scaled.buffer) };
}

// For each pixel of the result: the first pixel of the source, how many there are, and their weights in whole numbers.
function weigh(source, size, precisionOf) {
  const ratio = source / size;
  const shrink = Math.max(ratio, 1);
  const reach = REACH * shrink;
  const firsts = new Int32Array(size);
  const counts = new Int32Array(size);
  const lines = [];
  let largest = 0;
  for (let place = 0; place < size; place++) {
    const center = ratio * (place + 0.5);
    firsts[place] = Math.max(Math.trunc(center - reach + 0.5), 0);
    counts[place] = Math.min(Math.trunc(center + reach + 0.5), source) - firsts[place];
    const line = new Float64Array(counts[place]);
    for (let tap = 0; tap < line.length; tap++) line[tap] = kernel((tap + firsts[place] - center + 0.5) / shrink);
    const sum = line.reduce((total, weight) => total + weight, 0);
    for (let tap = 0; tap < line.length; tap++) line[tap] /= sum;
    largest = line.reduce((one, other) => Math.max(one, other), largest);
    lines.push(line);
  }
  const precision = precisionOf(largest);
  const most = Math.max(...counts);
  const weights = new Int32Array(size * most);
  lines.forEach((line, place) => {
    line.forEach((weight, tap) => {
      const scaled = weight * 2 ** precision;
      weights[place * most + tap] = Math.trunc(scaled + (scaled < 0 ? -0.5 : 0.5));
    });
  });
  return { firsts, counts, weights, most, precision };
}

function kernel(distance) {
  const x = Math.abs(distance);
  if (x < 1) return ((CUBIC + 2) * x - (CUBIC + 3)) * x * x + 1;
  return x < REACH ? (((x - 5) * x + 8) * x - 4) * CUBIC : 0;
}

// Bits behind the point, as many as let torch keep the largest weight in 16 bits with its sign.
function choosePrecision(largest) {
  let precision = 0;
  while (precision < MOST_PRECISION && Math.trunc(0.5 + largest * 2 ** (precision + 1)) < WEIGHT_LIMIT) precision++;
  return precision;
}
