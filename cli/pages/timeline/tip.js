// The tip beside the pointer: the phase there, its duration and reason, and the last events.

import { clock } from "./time.js";
import { make } from "./dom.js";
import { lastUntil } from "./search.js";
import { between, duration, phaseAt, swapped } from "./words.js";

const EVENTS = 3;
const AWAY = 14; // pixels between pointer and tip

/**
 * Show a tip for the row at a pointer; null hides it.
 *
 * The pointer has the row, the time, whether it is at the wait of the row's job, and the incidents
 * and swaps that it is near to.
 */
export function showTip(element, chart, pointer) {
  element.hidden = pointer === null;
  if (pointer === null) return;
  const { row, at, isWait } = pointer;
  const bar = phaseAt(row, at, isWait);
  element.replaceChildren(
    make("strong", {}, row.id),
    ...(bar ? phase(bar, row, isWait) : []),
    ...pointer.incidents.map((one) => make("p", { className: "fault" }, `${one.kind}: ${one.reason}`)),
    ...pointer.swaps.map((one) => make("p", { className: "swap" }, swapped(one))),
    ...lastEvents(chart.story(row.story), at),
  );
  place(element, pointer);
}

/** Show a tip with the levels at a pointer on the strip, which is `{ at }` with its place. */
export function showLevels(element, chart, pointer) {
  const value = ({ times, values }) => values[Math.max(0, lastUntil(times, pointer.at))];
  const limit = chart.maxRunners === null ? "" : ` of ${chart.maxRunners}`;
  element.hidden = false;
  element.replaceChildren(
    make("strong", {}, clock(pointer.at)),
    make("p", {}, `${value(chart.slots)}${limit} slots in use`),
    make("p", {}, `${value(chart.waiting)} jobs waiting`),
  );
  place(element, pointer);
}

function phase(bar, row, isWait) {
  const whose = isWait && row.waits.includes(bar) ? `job ${row.job}: ` : "";
  const lines = [make("p", {}, `${whose}${bar.name}, ${duration(bar)}`)];
  lines.push(make("p", { className: "quiet" }, between(bar)));
  if (bar.why) lines.push(make("p", {}, bar.why));
  return lines;
}

function lastEvents(story, at) {
  const past = story.filter((one) => one.at <= at).slice(-EVENTS);
  if (past.length === 0) return [];
  const items = past.map((one) => make("li", {}, `${clock(one.at)} ${one.what}`));
  return [make("ul", {}, ...items)];
}

/** Place the tip at the pointer, on whichever side there is room. */
function place(element, { pageX, pageY }) {
  const { offsetWidth: width, offsetHeight: height } = element;
  const left = pageX + AWAY + width > innerWidth ? pageX - AWAY - width : pageX + AWAY;
  const top = pageY + AWAY + height > innerHeight ? pageY - AWAY - height : pageY + AWAY;
  element.style.left = `${Math.max(4, left)}px`;
  element.style.top = `${Math.max(4, top)}px`;
}
