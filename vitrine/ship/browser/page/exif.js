// The orientation of a picture, 1 to 8, where Python reads it too: in EXIF, else in XMP. Browsers forget some of them.

const ORIENTATION = 0x0112;
const SIZES = { 1: 1, 3: 2, 4: 4 }; // bytes of the types of whole numbers

// exif is the TIFF structure without "Exif\0\0" before it; xmp a text; null where there is none.
export function readOrientation(exif, xmp) {
  const found = exif && orientationOfTiff(exif);
  if (found) return found;
  const match = /tiff:Orientation(?:="|>)([0-9])/.exec(xmp ?? "");
  return usable(match ? Number(match[1]) : 1);
}

// null where the structure says nothing of it.
function orientationOfTiff(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  try {
    const little = view.getUint16(0) === 0x4949;
    const directory = view.getUint32(4, little);
    const entries = view.getUint16(directory, little);
    for (let entry = 0; entry < entries; entry++) {
      const place = directory + 2 + 12 * entry;
      if (view.getUint16(place, little) === ORIENTATION) return usable(readNumber(view, place, little));
    }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // a damaged block: the pixels are sound
  }
  return null;
}

function readNumber(view, place, little) {
  const size = SIZES[view.getUint16(place + 2, little)];
  if (size === 1) return view.getUint8(place + 8);
  return size === 2 ? view.getUint16(place + 8, little) : size === 4 ? view.getUint32(place + 8, little) : 1;
}

function usable(orientation) {
  return orientation >= 2 && orientation <= 8 ? orientation : 1;
}

// The picture upright; see resize.js for what a picture is.
export function turnUpright(picture, orientation) {
  if (orientation === 1) return picture;
  const { width, height, data } = picture;
  const sideways = orientation > 4;
  const turned = { width: sideways ? height : width, height: sideways ? width : height };
  turned.data = new Uint8Array(data.length);
  // Where the first pixel of the result lies in the source, and how far the next ones in its row and column are.
  const [right, down, start] = {
    2: [-1, width, width - 1],
    3: [-1, -width, width * height - 1],
    4: [1, -width, width * (height - 1)],
    5: [width, 1, 0],
    6: [-width, 1, width * (height - 1)],
    7: [-width, -1, width * height - 1],
    8: [width, -1, width - 1],
  }[orientation];
  for (let row = 0, target = 0; row < turned.height; row++) {
    let source = 3 * (start + row * down);
    for (let column = 0; column < turned.width; column++, target += 3, source += 3 * right) {
      turned.data[target] = data[source];
      turned.data[target + 1] = data[source + 1];
      turned.data[target + 2] = data[source + 2];
    }
  }
  return turned;
}
