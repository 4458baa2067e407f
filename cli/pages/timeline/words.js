// Texts about a row: for the tip, the table, the story and screen readers.

import { clock, span } from "./time.js";

/** Return the phase at a time, of the job that waits or of the runner; undefined if none is. */
export function phaseAt(row, at, isWait) {
  const bars = isWait && row.waits.length ? row.waits : row.bars.length ? row.bars : row.waits;
  return bars.find((bar) => bar.start <= at && at < bar.end);
}

/** Return a phase's duration, "so far" if it has not ended. */
export function duration(bar) {
  return `${span(bar.end - bar.start)}${bar.isOpen ? " so far" : ""}`;
}

/** Return a phase's begin and end. */
export function between(bar) {
  return `${clock(bar.start)} to ${bar.isOpen ? "now" : clock(bar.end)}`;
}

/** Return how long the runner was on a job. */
export function worked(row, kinds) {
  const busy = row.bars.filter((bar) => kinds[bar.kind] === "on a job");
  return busy.reduce((sum, bar) => sum + bar.end - bar.start, 0);
}

/** Return the job's names. */
export function jobNames(row) {
  return [row.repository, row.workflow, row.name].filter(Boolean).join(" · ");
}

/** Return one sentence on a row. */
export function sentence(row) {
  const parts = [`${row.id}, ${row.status}`, `job ${row.job}`, jobNames(row)];
  return [...parts, `waited ${span(row.waited)}`, row.outcome].filter(Boolean).join(", ");
}

/** Return who took whose runner. */
export function swapped({ job, taken, displaced, own, isMutual }) {
  const took = `job ${job} took ${taken}, for which job ${displaced} had waited`;
  return isMutual ? `swap: ${took}; that one gets ${own}` : took;
}
