// Which rows are shown, and in which order; and where a time is among sorted times.

/** The orders, by the values of the page's list. */
const ORDERS = {
  newest: (one, other) => other.begin - one.begin,
  oldest: (one, other) => one.begin - other.begin,
  wait: (one, other) => other.waited - one.waited,
  faults: (one, other) => faults(other) - faults(one) || other.begin - one.begin,
};

function faults(row) {
  return row.incidents.filter((one) => !one.isNotice).length;
}

/** Return the rows that have every word of a text, in an order. */
export function chosen(rows, text, order) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = rows.filter((row) => words.every((word) => row.text.includes(word)));
  return found.sort(ORDERS[order]);
}

/** Return the index of the last of sorted times that is not after a time, or -1. */
export function lastUntil(times, at) {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (times[middle] <= at) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** Call a function once things have been quiet for some milliseconds. */
export function debounced(milliseconds, call) {
  let timer = 0;
  return () => {
    clearTimeout(timer);
    timer = setTimeout(call, milliseconds);
  };
}
