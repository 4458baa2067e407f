// The keys on the chart.

const PAN = 80; // pixels of an arrow key
const ZOOM = 1.5;

/** Call what a key is for. `on` has the functions `zoom`, `reset`, `pan`, `select`, `open`, `close`. */
export function listenToKeys(element, on, page) {
  const actions = {
    "+": () => on.zoom(1 / ZOOM),
    "=": () => on.zoom(1 / ZOOM),
    "-": () => on.zoom(ZOOM),
    0: on.reset,
    ArrowLeft: () => on.pan(-PAN),
    ArrowRight: () => on.pan(PAN),
    ArrowUp: () => on.select(-1),
    ArrowDown: () => on.select(1),
    PageUp: () => on.select(-page()),
    PageDown: () => on.select(page()),
    Home: () => on.select(-Infinity),
    End: () => on.select(Infinity),
    Enter: on.open,
    Escape: on.close,
  };
  element.addEventListener("keydown", (event) => {
    const action = actions[event.key];
    if (action === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    action();
  });
}
