// Times and durations as text, and round times for an axis. All times are in UTC, in milliseconds.

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  ...[1, 2, 5, 10, 20, 50, 100, 200, 500],
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 7, 14, 28].map((n) => n * DAY),
];

/** Return "2026-11-29". */
export function date(at) {
  return new Date(at).toISOString().slice(0, 10);
}

/** Return "14:05:09.3". */
export function clock(at) {
  return new Date(at).toISOString().slice(11, 21);
}

/** Return date and time to the second. */
export function moment(at) {
  return `${date(at)} ${clock(at).slice(0, 8)}`;
}

/** Return a duration with a precision that suits its length, as the command line writes it. */
export function span(milliseconds) {
  if (milliseconds < 0) return `-${span(-milliseconds)}`;
  const seconds = Math.floor(milliseconds / SECOND);
  const two = (number) => String(Math.floor(number)).padStart(2, "0");
  if (seconds < 10) return `${(Math.floor(milliseconds / 100) / 10).toFixed(1)}s`;
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m ${two(seconds % 60)}s`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)}h ${two((seconds % 3600) / 60)}m`;
  return `${Math.floor(seconds / 86400)}d ${two((seconds % 86400) / 3600)}h`;
}

/** Return round times between two times, at most about `most`, each with its text. */
export function ticks(begin, end, most) {
  const step = STEPS.find((one) => (end - begin) / one <= most) ?? STEPS.at(-1);
  const found = [];
  for (let at = Math.ceil(begin / step) * step; at <= end; at += step) {
    found.push({ at, text: tickText(at, step) });
  }
  return found;
}

function tickText(at, step) {
  if (at % DAY === 0) return date(at).slice(5);
  if (step < SECOND) return new Date(at).toISOString().slice(14, 23);
  return step < MINUTE ? clock(at).slice(0, 8) : clock(at).slice(0, 5);
}
