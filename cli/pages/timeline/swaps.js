// Arrows between two rows: from a job's own runner to the one that it took.

import { BAR_HEIGHT } from "./view.js";

const HEAD = 4.5; // half the width of an arrow's head, and its length, in pixels
const BULGE = 14; // pixels by which the line of a swap bends to the right
const FAR = 0.35; // the opacity of arrows that leave the screen

/** Return where the arrows are, of the swaps of which both runners are among the rows. */
export function arrows(swaps, rows) {
  const places = new Map(rows.map((row, index) => [row.id, index]));
  const found = swaps.map((one) => ({
    ...one,
    from: places.get(one.own),
    to: places.get(one.taken),
  }));
  return found.filter((one) => one.from !== undefined && one.to !== undefined);
}

/** Return the arrows that begin or end at a row, near a pixel. */
export function arrowsAt(found, view, index, x, near) {
  const isHere = (one) => one.from === index || one.to === index;
  return found.filter((one) => isHere(one) && Math.abs(view.x(one.at) - x) < near);
}

/** Draw the arrows that are visible; those of a row are drawn thicker. */
export function drawArrows(context, view, found, { top, first, last, highlighted, colours }) {
  const { row, bar } = view.sizes;
  const middle = bar + BAR_HEIGHT / 2 - top;
  for (const one of found) {
    if (one.at < view.begin || one.at > view.end) continue;
    if (Math.max(one.from, one.to) < first || Math.min(one.from, one.to) > last) continue;
    const isWhole = [one.from, one.to].every((index) => first <= index && index <= last);
    const isOf = one.from === highlighted || one.to === highlighted;
    context.globalAlpha = isWhole || isOf ? 1 : FAR;
    const ends = [one.from, one.to].map((index) => index * row + middle);
    drawArrow(context, view.x(one.at), ends, one.isMutual, isOf ? 2.5 : 1.5, colours);
  }
  context.globalAlpha = 1;
}

function drawArrow(context, x, [from, to], isMutual, width, colours) {
  const down = Math.sign(to - from);
  const begin = isMutual ? from + down * HEAD : from;
  const bend = x + BULGE;
  for (const [colour, size] of [[colours.page, width + 2.5], [colours.swap, width]]) {
    context.strokeStyle = colour;
    context.lineWidth = size;
    context.beginPath();
    context.moveTo(x, begin);
    context.bezierCurveTo(bend, begin + down * HEAD, bend, to - 2 * down * HEAD, x, to - down * HEAD);
    context.stroke();
  }
  context.fillStyle = colours.swap;
  drawHead(context, x, to, down);
  if (isMutual) drawHead(context, x, from, -down);
}

/** Draw a head whose point is at a position; `down` is 1 if it points down, or else -1. */
function drawHead(context, x, y, down) {
  context.beginPath();
  context.moveTo(x, y);
  context.lineTo(x - HEAD, y - down * 2 * HEAD);
  context.lineTo(x + HEAD, y - down * 2 * HEAD);
  context.closePath();
  context.fill();
}
