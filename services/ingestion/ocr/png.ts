/** Small changes to PNG files. */

const signature = 8;

/**
 * Drops the resolution (`pHYs`): Pillow, through which legacy's pictures go, does not keep it, and Tesseract reads a
 * picture of known resolution differently from one whose resolution it has to guess.
 */
export function withoutResolution(png: Uint8Array): Uint8Array {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const kept = [png.subarray(0, signature)];
  for (let at = signature; at + 12 <= png.length; ) {
    // Length, type, data, checksum.
    const end = at + 12 + view.getUint32(at);
    if (String.fromCharCode(...png.subarray(at + 4, at + 8)) !== 'pHYs') kept.push(png.subarray(at, end));
    at = end;
  }
  return Buffer.concat(kept);
}
