// Keys: which letter does what stands in the list of keys (#keys), as this moderator has them. They never fire in a
// field, nor with Ctrl, Alt or Cmd; a capital does the same to all that is selected.
const shown = document.getElementById("keys");
const letters = new Map([...(shown?.querySelectorAll("[data-act]") ?? [])].map((key) => [key.textContent, key.dataset.act]));
const FIELDS = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";
const MAY_REPEAT = new Set(["next", "previous"]);

export function listen(single, together) {
  paint(document);
  const shows = document.getElementById("show-keys");
  shows?.addEventListener("click", help);
  if (shows) shows.hidden = false;
  addEventListener("keydown", (event) => {
    const { key, altKey, ctrlKey, metaKey, shiftKey, isComposing, target } = event;
    if (event.defaultPrevented || altKey || ctrlKey || metaKey || isComposing || target.closest?.(FIELDS)) return;
    const capital = shiftKey && key.toLowerCase() !== key.toUpperCase();
    const act = letters.get(key.toLowerCase());
    const does = act === "help" ? help : shown?.open ? undefined : (capital ? together : single)[act];
    if (!does) return;
    event.preventDefault();
    if (!event.repeat || MAY_REPEAT.has(act)) does();
  });
}

// Writes its letter on each button that has one.
export function paint(root) {
  for (const [letter, act] of letters)
    for (const button of root.querySelectorAll(`[name=decision][value="${act}"], [data-does="${act}"]`)) {
      if (button.querySelector("kbd")) continue;
      const key = document.createElement("kbd");
      key.setAttribute("aria-hidden", "true");
      key.textContent = button.form?.id === "chosen" ? `⇧${letter}` : letter;
      button.setAttribute("aria-keyshortcuts", button.form?.id === "chosen" ? `Shift+${letter}` : letter);
      button.append(key);
    }
}

function help() {
  if (shown.open) shown.close();
  else shown.showModal();
}
