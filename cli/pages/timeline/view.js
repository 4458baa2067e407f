// The part of the time axis that is shown, and where on the screen times and rows are.

const SHORTEST = 50; // milliseconds that a screen shows at least
const MARGIN = 0.01; // of the axis, before its begin and after its end
const NARROW = 700; // below this many pixels, labels are above the rows

/** Sizes in CSS pixels. Labels are beside the rows or, on a narrow screen, above them. */
const BESIDE = { gutter: 250, row: 26, wait: 3, bar: 10, label: 17 };
const ABOVE = { gutter: 0, row: 42, wait: 19, bar: 26, label: 12 };
export const WAIT_HEIGHT = 5;
export const BAR_HEIGHT = 13;

/** The shown part of the axis, from `begin` to `end`, on a screen of some width. */
export class View {
  constructor(begin, end) {
    const margin = (end - begin) * MARGIN;
    this.least = begin - margin;
    this.most = end + margin;
    this.resize(1000, 600);
    this.reset();
  }

  resize(width, height) {
    this.width = width;
    this.height = height;
    this.sizes = width < NARROW ? ABOVE : BESIDE;
  }

  /** Show all of the axis. */
  reset() {
    this.begin = this.least;
    this.end = this.most;
  }

  /** Return the pixel of a time. */
  x(at) {
    const { gutter } = this.sizes;
    return gutter + ((at - this.begin) / (this.end - this.begin)) * (this.width - gutter);
  }

  /** Return the time of a pixel. */
  time(x) {
    const { gutter } = this.sizes;
    return this.begin + ((x - gutter) / (this.width - gutter)) * (this.end - this.begin);
  }

  /** Show `factor` times as much of the axis, with the time at a pixel where it is. */
  zoom(factor, x = this.x((this.begin + this.end) / 2)) {
    const at = this.time(x);
    const whole = this.most - this.least;
    const length = Math.min(whole, Math.max(SHORTEST, (this.end - this.begin) * factor));
    const before = (at - this.begin) / (this.end - this.begin);
    this.moveTo(at - before * length, length);
  }

  /** Move by some pixels: to later times if they are positive. */
  pan(pixels) {
    const length = this.end - this.begin;
    this.moveTo(this.begin + (pixels / (this.width - this.sizes.gutter)) * length, length);
  }

  /** Show that much of the axis from a time on, or as near to it as the axis allows. */
  moveTo(begin, length) {
    this.begin = Math.max(this.least, Math.min(begin, this.most - length));
    this.end = this.begin + length;
  }

  /** Return the index of the row at a vertical position; `top` is how far rows are scrolled. */
  rowAt(y, top) {
    return Math.floor((y + top) / this.sizes.row);
  }

  /** Return whether a vertical position in a row belongs to the wait of its job. */
  isWait(y, top) {
    return (y + top) % this.sizes.row < this.sizes.wait + WAIT_HEIGHT + 1;
  }
}
