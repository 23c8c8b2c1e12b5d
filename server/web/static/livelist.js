// A list that changes under the reader's eyes: only what differs is drawn again, and the focus stays where it is.

/** Makes the children of `list` show `items`: `key(item)` identifies one, `draw(item)` makes its element. */
export function sync(list, items, { key, draw }) {
  const left = new Map([...list.children].map((child) => [child.dataset.key, child]));
  items.forEach((item, at) => {
    const name = key(item);
    const shown = current(left.get(name), item, draw);
    shown.dataset.key = name;
    left.delete(name);
    if (list.children[at] !== shown) list.insertBefore(shown, list.children[at] ?? null);
  });
  for (const child of left.values()) child.remove();
}

const seen = new WeakMap(); // element -> the item it shows, as JSON

function current(before, item, draw) {
  const text = JSON.stringify(item);
  if (before && seen.get(before) === text) return before;
  const now = draw(item);
  seen.set(now, text);
  if (before) {
    const focused = before.contains(document.activeElement);
    before.replaceWith(now);
    if (focused) now.querySelector("a, button")?.focus();
  }
  return now;
}
