// What every page begins with: its data, small helpers, and the switch between dark and light.

const DATA = JSON.parse(document.getElementById("data").textContent);

const find = (selector, root = document) => root.querySelector(selector);

const clamp = (x, low, high) => Math.min(Math.max(x, low), high);

const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

// An HTML element: make("td", {class: "name"}, "text", another).
function make(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function makeSvg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

// Icons are drawn on a field of 24 by 24.
function icon(path) {
  return makeSvg("svg", { viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" }, makeSvg("path", { d: path }));
}

// --- dark and light ----------------------------------------------------------------------------------

const theme = {
  key: "autograd_lite.theme",
  asked: matchMedia("(prefers-color-scheme: dark)"),

  kept() {
    try {
      return localStorage.getItem(this.key);
    } catch {
      return null; // a frame without a store of its own
    }
  },

  set(name, keep) {
    document.documentElement.dataset.theme = name;
    const button = find("#theme");
    if (button) {
      const other = name === "dark" ? "light" : "dark";
      button.setAttribute("aria-label", `Switch to ${other} colours`);
      button.title = button.getAttribute("aria-label");
      button.replaceChildren(icon(name === "dark" ? SUN : MOON));
    }
    document.dispatchEvent(new CustomEvent("themechange", { detail: name }));
    if (!keep) return;
    try {
      localStorage.setItem(this.key, name);
    } catch {
      // it lasts as long as the page
    }
  },

  start() {
    this.set(this.kept() || (this.asked.matches ? "dark" : "light"), false);
    this.asked.addEventListener("change", (event) => {
      if (!this.kept()) this.set(event.matches ? "dark" : "light", false);
    });
    const button = find("#theme");
    if (button) button.addEventListener("click", () => this.set(this.other(), true));
  },

  other() {
    return document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  },
};

const MOON = "M20 14.5A8.5 8.5 0 0 1 9.5 4 8.5 8.5 0 1 0 20 14.5Z";
const SUN =
  "M12 7a5 5 0 1 0 0 10 5 5 0 0 0 0-10ZM11 1h2v4h-2ZM11 19h2v4h-2ZM1 11h4v2H1ZM19 11h4v2h-4Z" +
  "M4.2 5.6 5.6 4.2 8.4 7 7 8.4ZM15.6 17 17 15.6l2.8 2.8-1.4 1.4ZM4.2 18.4 7 15.6 8.4 17l-2.8 2.8ZM15.6 7l2.8-2.8 1.4 1.4L17 8.4Z";

theme.start();
