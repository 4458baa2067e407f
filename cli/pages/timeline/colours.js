// The colours of the page, which its style sheet defines, for the canvases; and light or dark.

/** Return the colours as they are now. The legend's samples have those of the kinds. */
export function colours(kinds) {
  const sample = (name) => {
    const element = document.querySelector(`[data-colour="${name}"]`);
    return getComputedStyle(element).backgroundColor;
  };
  const body = getComputedStyle(document.body);
  return {
    kinds: kinds.map(sample),
    slots: sample("slots in use"),
    waitingJobs: sample("waiting jobs"),
    fault: sample("fault"),
    notice: sample("notice"),
    swap: sample("swap"),
    grid: sample("grid"),
    line: sample("line"),
    focus: sample("focus"),
    quiet: sample("quiet"),
    page: body.backgroundColor,
    text: body.color,
  };
}

const DARK = matchMedia("(prefers-color-scheme: dark)");

function isDark() {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : DARK.matches;
}

/** Make a button switch between light and dark. `changed` is called after each change. */
export function switchable(button, changed) {
  const label = () => {
    button.textContent = isDark() ? "Light" : "Dark";
    changed();
  };
  button.addEventListener("click", () => {
    document.documentElement.dataset.theme = isDark() ? "light" : "dark";
    label();
  });
  DARK.addEventListener("change", label);
  label();
}
