// From an upright picture to the numbers that the network sees, as the model's image processor makes them.

import { resizeToSquare } from "./resize.js";
import { applyStep, WHITEN } from "./steps.js";

// Float32Array of 3 x side x side numbers. isPrepared: the picture is as the network sees it, and is only normalised.
export function preprocess(picture, settings, isPrepared) {
  const square = isPrepared ? picture : prepare(picture, settings);
  if (square.width !== settings.side || square.height !== settings.side) throw new Error("not the network's size");
  const scale = settings.steps.includes(WHITEN) ? whiteningOf(square.data) : (channel) => ({
    mean: 255 * settings.image_mean[channel],
    deviation: 255 * settings.image_std[channel],
  });
  const pixels = square.width * square.height;
  const numbers = new Float32Array(3 * pixels);
  for (let channel = 0; channel < 3; channel++) {
    const { mean, deviation } = scale(channel);
    const values = Float32Array.from({ length: 256 }, (_, level) => (level - mean) / deviation);
    for (let pixel = 0; pixel < pixels; pixel++) numbers[channel * pixels + pixel] = values[square.data[3 * pixel + channel]];
  }
  return numbers;
}

function prepare(picture, settings) {
  const stepped = settings.steps.reduce((image, step) => applyStep(image, step, settings), picture);
  return resizeToSquare(stepped, settings.side, settings.resize, settings.fill_color);
}

// Mean and deviation over all pixels and colours, which every channel is scaled by.
function whiteningOf(data) {
  const mean = data.reduce((sum, level) => sum + level, 0) / data.length;
  const variance = data.reduce((sum, level) => sum + (level - mean) ** 2, 0) / data.length;
  const deviation = Math.max(Math.sqrt(variance), data.length ** -0.5);
  return () => ({ mean, deviation });
}
