/** Which lines of two texts the other one lacks. */
// @ts-check

/** Beyond so many pairs of lines all that lies between what is alike is taken for different. */
const most = 4_000_000;

/**
 * @param {readonly string[]} left
 * @param {readonly string[]} right
 * @returns {[left: Set<number>, right: Set<number>]} places of the lines that differ, from 0
 */
export function differentLines(left, right) {
  let start = 0;
  while (start < Math.min(left.length, right.length) && left[start] === right[start]) start += 1;
  let [leftEnd, rightEnd] = [left.length, right.length];
  for (; leftEnd > start && rightEnd > start && left[leftEnd - 1] === right[rightEnd - 1]; leftEnd -= 1)
    rightEnd -= 1;
  /** @type {[Set<number>, Set<number>]} */
  const different = [between(start, leftEnd), between(start, rightEnd)];
  const [height, width] = [leftEnd - start, rightEnd - start];
  if (height * width > most) return different;
  const common = commonLengths(left.slice(start, leftEnd), right.slice(start, rightEnd));
  for (let [i, j] = [0, 0]; i < height && j < width; ) {
    if (left[start + i] === right[start + j]) {
      different[0].delete(start + i);
      different[1].delete(start + j);
      i += 1;
      j += 1;
    } else if (at(common, i + 1, j, width) >= at(common, i, j + 1, width)) i += 1;
    else j += 1;
  }
  return different;
}

/**
 * How long the longest common sequence of what is left from each pair of places on is.
 * @param {readonly string[]} left
 * @param {readonly string[]} right
 */
function commonLengths(left, right) {
  const lengths = new Uint32Array((left.length + 1) * (right.length + 1));
  for (let i = left.length - 1; i >= 0; i -= 1)
    for (let j = right.length - 1; j >= 0; j -= 1)
      lengths[i * (right.length + 1) + j] =
        left[i] === right[j]
          ? at(lengths, i + 1, j + 1, right.length) + 1
          : Math.max(at(lengths, i + 1, j, right.length), at(lengths, i, j + 1, right.length));
  return lengths;
}

/**
 * @param {Uint32Array} lengths
 * @param {number} i
 * @param {number} j
 * @param {number} width
 */
const at = (lengths, i, j, width) => lengths[i * (width + 1) + j] ?? 0;

/**
 * @param {number} from
 * @param {number} to
 */
const between = (from, to) => new Set(Array.from({ length: to - from }, (_, i) => from + i));
