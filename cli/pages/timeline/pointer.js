// The pointer on the canvases: it drags, zooms by wheel and by two fingers, hovers and selects.

const CLICK = 4; // pixels within which a press is a click and not a drag
const LINE = 20; // pixels of a wheel's line
const PER_PIXEL = 0.0018; // how much a wheel's pixel zooms

/**
 * Listen to the pointer on an element.
 *
 * `on` has the functions that are called: `zoom(factor, x)`, `pan(pixels)`, `scroll(pixels)`,
 * `hover(event)`, `leave()` and `click(event)`. `gutter()` returns the width of the labels, where
 * the wheel scrolls.
 */
export function listen(element, on, gutter) {
  const pressed = new Map(); // the place of each finger, by the id of its pointer
  let travelled = 0;
  element.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    if (pressed.size === 0) travelled = 0;
    pressed.set(event.pointerId, event);
    element.setPointerCapture(event.pointerId);
  });
  element.addEventListener("pointermove", (event) => {
    const before = pressed.get(event.pointerId);
    if (before === undefined) {
      on.hover(event);
      return;
    }
    const other = [...pressed.values()].find((one) => one.pointerId !== event.pointerId);
    if (other) pinch(before, event, other, on, element);
    else drag(before, event, on);
    travelled += Math.abs(event.clientX - before.clientX) + Math.abs(event.clientY - before.clientY);
    pressed.set(event.pointerId, event);
  });
  const released = (event) => {
    const isClick = pressed.delete(event.pointerId) && event.type === "pointerup";
    if (isClick && travelled < CLICK) on.click(event);
  };
  element.addEventListener("pointerup", released);
  element.addEventListener("pointercancel", released);
  element.addEventListener("pointerleave", on.leave);
  element.addEventListener("wheel", (event) => wheel(event, on, gutter()), { passive: false });
}

/** A finger scrolls by itself: `touch-action` leaves vertical movement to the browser. */
function drag(before, event, on) {
  on.pan(before.clientX - event.clientX);
  if (event.pointerType === "mouse") on.scroll(before.clientY - event.clientY);
}

function pinch(before, event, other, on, element) {
  const distance = (one) => Math.max(20, Math.abs(one.clientX - other.clientX));
  const middle = (event.clientX + other.clientX) / 2 - element.getBoundingClientRect().left;
  on.zoom(distance(before) / distance(event), middle);
}

function wheel(event, on, gutter) {
  const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE : 1;
  const [dx, dy] = [event.deltaX * unit, event.deltaY * unit];
  if (event.offsetX < gutter && !event.ctrlKey) return;
  event.preventDefault();
  if (event.shiftKey) on.scroll(dy || dx);
  else if (Math.abs(dx) > Math.abs(dy)) on.pan(dx);
  else on.zoom(Math.exp(dy * PER_PIXEL), event.offsetX);
}
