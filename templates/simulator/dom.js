// Builds elements. Text only ever becomes text nodes, so nothing that a message says is read as HTML.

export const byId = (id) => document.getElementById(id);

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null && child !== ""));
  return made;
}

export function icon(path, size = 18) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of Object.entries({ width: size, height: size, viewBox: "0 0 24 24", "aria-hidden": "true" })) {
    svg.setAttribute(name, value);
  }
  const shape = document.createElementNS("http://www.w3.org/2000/svg", "path");
  shape.setAttribute("d", path);
  svg.append(shape);
  return svg;
}

export function avatar(target, name) {
  const words = name.replace(/[^\p{L}\p{N} ]/gu, "").split(" ").filter(Boolean);
  target.textContent = words.slice(0, 2).map((word) => [...word][0]).join("").toUpperCase();
  let hash = 0;
  for (const character of name) hash = (hash * 31 + character.codePointAt(0)) % 360;
  target.style.setProperty("--hue", hash);
  return target;
}

// Opens a popover over a button, or under it if that is wanted or there is no room above.
export function openAt(popover, button, under = false) {
  popover.showPopover();
  const place = button.getBoundingClientRect();
  const left = Math.max(8, Math.min(place.right - popover.offsetWidth, innerWidth - popover.offsetWidth - 8));
  const above = place.top - popover.offsetHeight - 6;
  popover.style.left = `${left}px`;
  popover.style.top = `${above > 8 && !under ? above : place.bottom + 6}px`;
  popover.querySelector("button").focus();
}
